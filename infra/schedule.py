"""The state machine of infra/pipeline.asl.json, and what starts it and the watch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, TimeZone
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from infra.findings import acknowledge
from infra.functions import LOGS_KEPT
from infra.landing import dead_letters
from infra.spark import allow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Stack
    from aws_cdk import aws_lambda as lambda_

    from infra.spark import Spark

DEFINITION = Path(__file__).with_name("pipeline.asl.json")


@dataclass(frozen=True)
class Scheduled:
    """The state machine, and the starts that the scheduler gave up."""

    machine: sfn.StateMachine
    dead: sqs.Queue


def schedule(stack: Stack, functions: Mapping[str, lambda_.IFunction], spark: Spark) -> Scheduled:
    """Publishes what is due every morning, and after that looks for what is late, missing or overdue."""
    machine = _machine(stack, functions, spark)
    dead = dead_letters(stack, "ScheduleDead")
    role = iam.Role(
        stack,
        "ScheduleRole",
        assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
        description="Pulsverk: start the state machine and the function watch",
    )
    start = targets.StepFunctionsStartExecution(
        machine,
        role=role,
        input=scheduler.ScheduleTargetInput.from_object({}),
        dead_letter_queue=dead,
    )
    watch = targets.LambdaInvoke(
        functions["watch"],
        role=role,
        input=scheduler.ScheduleTargetInput.from_object({}),
        dead_letter_queue=dead,
    )
    acknowledge(
        role,
        f"AwsSolutions-IAM5[Resource::<{_logical_id(stack, functions['watch'])}.Arn>:*]",
        "The scheduler invokes a function by its name or one of its versions.",
    )
    for name, hour, target in (("Daily", "5", start), ("Watch", "7", watch)):
        scheduler.Schedule(
            stack,
            f"{name}Schedule",
            schedule=scheduler.ScheduleExpression.cron(minute="0", hour=hour, time_zone=TimeZone.of("Europe/Oslo")),
            target=target,
        )
    return Scheduled(machine, dead)


def _machine(stack: Stack, functions: Mapping[str, lambda_.IFunction], spark: Spark) -> sfn.StateMachine:
    """The definition as it stands in the file: CloudFormation fills in the functions' names."""
    used = ("watch", "aggregate", "check", "publish")
    role = iam.Role(stack, "PipelineRole", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
    role.add_to_policy(
        iam.PolicyStatement(
            actions=["lambda:InvokeFunction"],
            resources=[functions[name].function_arn for name in used],
        )
    )
    acknowledge(
        role,
        "AwsSolutions-IAM5[Resource::*]",
        "Delivery of logs and traces, which AWS grants for no particular resource.",
    )
    allow(stack, spark, role)
    return sfn.StateMachine(
        stack,
        "Pipeline",
        state_machine_name="pulsverk",
        definition_body=sfn.DefinitionBody.from_string(DEFINITION.read_text("utf-8")),
        definition_substitutions={
            **{f"{name.capitalize()}Function": functions[name].function_name for name in used},
            **spark.substitutions,
        },
        role=role,
        timeout=Duration.hours(6),
        tracing_enabled=True,
        logs=sfn.LogOptions(
            destination=logs.LogGroup(
                stack,
                "PipelineLog",
                log_group_name="/aws/vendedlogs/states/pulsverk",
                retention=LOGS_KEPT,
                removal_policy=RemovalPolicy.DESTROY,
            ),
            level=sfn.LogLevel.ALL,
            include_execution_data=False,  # the words of a fault of ours may hold anything
        ),
    )


def _logical_id(stack: Stack, function: lambda_.IFunction) -> str:
    found: str = stack.resolve(stack.get_logical_id(function.node.default_child))  # type: ignore[arg-type]  # an L1
    return found
