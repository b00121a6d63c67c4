"""From an object in landing to the function that reads it: event, queue, dead letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs

from infra.findings import acknowledge

if TYPE_CHECKING:
    from aws_cdk import Stack
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_s3 as s3

_TRIES = 5  # deliveries before a message is set aside; a refused export is none, it is quarantined by the function


@dataclass(frozen=True)
class Landing:
    """The queue of objects to read, and the messages that were given up."""

    queue: sqs.Queue
    dead: sqs.Queue


def dead_letters(stack: Stack, name: str) -> sqs.Queue:
    """A queue for messages that were given up; they name objects and schedules and hold nothing of them."""
    dead = sqs.Queue(
        stack,
        name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )
    acknowledge(dead, "AwsSolutions-SQS3", "The queue of dead letters itself.")
    return dead


def landing(stack: Stack, bucket: s3.Bucket, ingest: lambda_.Function) -> Landing:
    """Every object created in `bucket` under landing/ becomes one message for `ingest`."""
    timeout = ingest.timeout or Duration.minutes(15)
    dead = dead_letters(stack, "LandedDead")
    queue = sqs.Queue(
        stack,
        "Landed",
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        # Six times the function's time, as Lambda asks for: a message must not come back while it is being read.
        visibility_timeout=Duration.seconds(6 * int(timeout.to_seconds())),
        retention_period=Duration.days(14),
        dead_letter_queue=sqs.DeadLetterQueue(queue=dead, max_receive_count=_TRIES),
    )
    rule = events.Rule(
        stack,
        "ObjectLanded",
        description="Pulsverk: an export was pushed",
        event_pattern=events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={"bucket": {"name": [bucket.bucket_name]}, "object": {"key": [{"prefix": "landing/"}]}},
        ),
    )
    rule.add_target(targets.SqsQueue(queue, dead_letter_queue=dead))
    ingest.add_event_source(
        sources.SqsEventSource(
            queue,
            batch_size=10,
            max_batching_window=Duration.seconds(5),
            max_concurrency=5,
            report_batch_item_failures=True,
        )
    )
    return Landing(queue, dead)
