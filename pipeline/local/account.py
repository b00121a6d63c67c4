"""The account's parts, made through the same interfaces as the real ones: buckets, event rule, queue, functions, start.

infra/ declares the same for CloudFormation, which the interpreter here knows too little of.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from pipeline.local.lambdas import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_stepfunctions import SFNClient

    from pipeline.pseudonyms import PseudonymKey

DEFINITION = Path(__file__).parents[2] / "infra" / "pipeline.asl.json"
BUCKETS = ("landing", "quarantine", "private", "published")
TRIES = 5  # deliveries before a message is set aside, as deployed
_DAILY = {"daily": "cron(0 5 * * ? *)", "watch": "cron(0 7 * * ? *)"}


@dataclass(frozen=True)
class Account:
    """The addresses of what was made."""

    queue: str
    dead: str
    machine: str
    secret: str


def build(prefix: str, region: str, key: PseudonymKey, extra: Sequence[str]) -> Account:
    """Makes everything in the region of an empty account; `extra` are functions besides our five."""
    role = boto3.client("iam").create_role(RoleName=f"{prefix}-{region}", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    _buckets(prefix, region)
    queue, dead = _queue(f"{prefix}-landing")
    functions = {name: _function(f"pulsverk-{name}", role) for name in (*FUNCTIONS, *extra)}
    machine = state_machine(boto3.client("stepfunctions"), "pulsverk", DEFINITION.read_text("utf-8"), role)
    scheduler = boto3.client("scheduler")
    for name, target in (("daily", machine), ("watch", functions["watch"])):
        scheduler.create_schedule(
            Name=f"pulsverk-{name}",
            ScheduleExpression=_DAILY[name],
            ScheduleExpressionTimezone="Europe/Oslo",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": target, "RoleArn": role, "Input": "{}"},
        )
    secret = boto3.client("secretsmanager").create_secret(
        Name=f"{prefix}-pseudonyms",
        SecretString=json.dumps({"id": key.id, "secret": key.secret.decode()}),
    )["ARN"]
    return Account(queue, dead, machine, secret)


def remove(prefix: str, region: str, made: Account, functions: Sequence[str]) -> None:
    """Takes everything away again, state machines of others in the region included."""
    states, scheduler, sqs = boto3.client("stepfunctions"), boto3.client("scheduler"), boto3.client("sqs")
    for machine in states.list_state_machines()["stateMachines"]:
        states.delete_state_machine(stateMachineArn=machine["stateMachineArn"])
    for name in _DAILY:
        scheduler.delete_schedule(Name=f"pulsverk-{name}")
    for name in functions:
        boto3.client("lambda").delete_function(FunctionName=f"pulsverk-{name}")
    boto3.client("events").remove_targets(Rule="pulsverk-landed", Ids=["queue"])
    boto3.client("events").delete_rule(Name="pulsverk-landed")
    for queue in (made.queue, made.dead):
        sqs.delete_queue(QueueUrl=queue)
    boto3.client("secretsmanager").delete_secret(SecretId=made.secret, ForceDeleteWithoutRecovery=True)
    boto3.client("iam").delete_role(RoleName=f"{prefix}-{region}")
    for bucket in BUCKETS:
        everything = boto3.resource("s3").Bucket(f"{prefix}-{bucket}")
        everything.object_versions.delete()
        everything.delete()


def state_machine(client: SFNClient, name: str, definition: str, role: str) -> str:
    """A state machine of this definition, its functions named as deployed. Returns its ARN."""
    for function in FUNCTIONS:
        definition = definition.replace(f"${{{function.capitalize()}Function}}", f"pulsverk-{function}")
    # There is no Spark in this account, as in a stack without its image.
    for empty, value in {
        "Elsewhere": "Words",
        "SparkApplication": "none",
        "AggregateRole": role,
        "SparkParameters": "",
    }.items():
        definition = definition.replace(f"${{{empty}}}", value)
    return client.create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]


def _buckets(prefix: str, region: str) -> None:
    s3 = boto3.client("s3")
    for name in BUCKETS:
        bucket = f"{prefix}-{name}"
        where: Any = {"LocationConstraint": region}
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket=f"{prefix}-landing",
        NotificationConfiguration={"EventBridgeConfiguration": {}},
    )


def _queue(bucket: str) -> tuple[str, str]:
    """The queue that objects created in `bucket` go to, and its dead letters."""
    sqs, events = boto3.client("sqs"), boto3.client("events")
    dead = sqs.create_queue(QueueName="pulsverk-landed-dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": _arn(dead), "maxReceiveCount": TRIES}
    queue = sqs.create_queue(QueueName="pulsverk-landed", Attributes={"RedrivePolicy": json.dumps(redrive)})["QueueUrl"]
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "landing/"}]}},
    }
    events.put_rule(Name="pulsverk-landed", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="pulsverk-landed", Targets=[{"Id": "queue", "Arn": _arn(queue)}])
    return queue, dead


def _arn(queue: str) -> str:
    found = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return found["Attributes"]["QueueArn"]


def _function(name: str, role: str) -> str:
    return boto3.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler=f"functions.{name}.handler",
        Code={"ZipFile": b"the functions of this process"},
    )["FunctionArn"]
