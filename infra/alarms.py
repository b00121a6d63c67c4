"""What somebody must be called for, and the topic that calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Stack
    from aws_cdk import aws_lambda as lambda_

    from infra.landing import Landing
    from infra.schedule import Scheduled

_EVERY = Duration.minutes(5)
_UNREAD = 3600  # seconds that an export may lie there before it counts as stuck


def alarms(
    stack: Stack, landing: Landing, scheduled: Scheduled, functions: Mapping[str, lambda_.IFunction]
) -> sns.Topic:
    """One alarm for each way in which the pipeline can stop without anybody being told. Returns their topic.

    A refused export or wave rings none of them: it is an answer, and the watch tells it.
    """
    machine = scheduled.machine
    at_least: dict[str, tuple[cloudwatch.IMetric, int, str]] = {
        "LandedDeadAlarm": (
            landing.dead.metric_approximate_number_of_messages_visible(period=_EVERY),
            1,
            "Exports were given up: read the log of ingest, mend the fault, and redrive the queue.",
        ),
        "ScheduleDeadAlarm": (
            scheduled.dead.metric_approximate_number_of_messages_visible(period=_EVERY),
            1,
            "The daily start was given up: look at the schedule's role, and start the state machine with {}.",
        ),
        "LandedAgeAlarm": (
            landing.queue.metric_approximate_age_of_oldest_message(period=_EVERY),
            _UNREAD,
            "Exports lie unread: ingest is failing or throttled.",
        ),
        "PipelineFailedAlarm": (
            machine.metric_failed(period=_EVERY),
            1,
            "A wave failed by a fault of ours, or by a disclosure leak that was stopped: read the execution.",
        ),
        "PipelineTimedOutAlarm": (machine.metric_timed_out(period=_EVERY), 1, "The state machine ran out of time."),
        "PipelineAbortedAlarm": (machine.metric_aborted(period=_EVERY), 1, "Somebody stopped the state machine."),
        "WatchAlarm": (
            functions["watch"].metric_errors(period=_EVERY),
            1,
            "The watch failed, so nobody is told what is late, missing or overdue.",
        ),
    }
    topic = sns.Topic(stack, "Alarms", display_name="Pulsverk", enforce_ssl=True)
    ring = actions.SnsAction(topic)
    for name, (metric, threshold, what) in at_least.items():
        alarm = cloudwatch.Alarm(
            stack,
            name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=what,
        )
        alarm.add_alarm_action(ring)
    return topic
