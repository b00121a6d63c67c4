"""An AWS account inside this process, in which a pushed object becomes a release as it does in the real one.

moto keeps the buckets, the queue and the rest, and interprets the state machine; the handlers are ours. What moto
does not do is done here: delivering messages to a function, and letting schedules fire.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
from moto import mock_aws
from moto.core.models import MockAWS

from functions import runtime as runtimes
from pipeline.local import account, schedules
from pipeline.local.environment import sealed
from pipeline.local.lambdas import FUNCTIONS, Handler, invoked_for_real
from pipeline.pseudonyms import PseudonymKey

if TYPE_CHECKING:
    from functions.runtime import Runtime
    from pipeline.store import Store

KEY = PseudonymKey("demo", b"the demo's people do not exist, so this key is no secret")
BEGINNING = datetime(2026, 8, 1, tzinfo=UTC)  # before the first wave of the demo
REGION = "eu-north-1"
logging.getLogger("moto").addHandler(logging.NullHandler())  # it prints every JSONPath that is not there
_CONFIG: Any = {"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}
_HIDDEN = 3600  # seconds a message that was delivered stays away unless it comes back


@dataclass(frozen=True)
class Answer:
    """What a function said; `error` is the type of the exception that it ended with, "" otherwise."""

    payload: Any
    error: str = ""


@dataclass(frozen=True)
class Execution:
    """How an execution of the state machine ended: SUCCEEDED or FAILED, with its output, or its error and cause."""

    status: str
    output: Any
    error: str = ""
    cause: str = ""

    @property
    def waves(self) -> list[dict[str, str]]:
        """What became of each wave: survey, wave, state, and run and release or why; also when one of them failed."""
        if self.status == "SUCCEEDED":
            return list(self.output["waves"])
        return list(json.loads(self.cause)) if self.error == "WavesFailed" else []


@dataclass
class Clock:
    """The account's time. It moves when it is told to, and a second with each push, so that one comes after another."""

    now: datetime

    def timestamp(self) -> float:
        """Seconds since 1970."""
        return self.now.timestamp()


@dataclass
class Cloud:
    """The account. `logs` are the lines that functions wrote, metrics among them; `executions` have ended."""

    prefix: str
    account: account.Account
    clock: Clock
    runtime: Runtime
    logs: list[dict[str, Any]] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)

    @property
    def store(self) -> Store:
        """The workspace, over its four buckets."""
        return self.runtime.store

    @property
    def workspace(self) -> str:
        """Its address for the command line, within this process: `s3://name-{zone}`."""
        return f"s3://{self.prefix}-{{zone}}"

    def push(self, key: str, data: bytes) -> str:
        """Puts an object into the landing bucket, as a customer's system does; the queue gets its event.

        Under a key that is taken it becomes another version. Returns its version id.
        """
        self.clock.now += timedelta(seconds=1)
        put = boto3.client("s3").put_object(Bucket=f"{self.prefix}-landing", Key=key, Body=data)
        return put["VersionId"]

    def drain(self) -> int:
        """Delivers messages to `ingest`, ten at a time, until the queue is empty; how many deliveries that took.

        Whatever the function names in batchItemFailures comes again, and what failed five times is set aside.
        """
        delivered = 0
        while messages := self._received(self.account.queue):
            failed = self._deliver(messages)
            for message in messages:
                receipt: Any = {"QueueUrl": self.account.queue, "ReceiptHandle": message["ReceiptHandle"]}
                if message["MessageId"] in failed:
                    boto3.client("sqs").change_message_visibility(**receipt, VisibilityTimeout=0)
                else:
                    boto3.client("sqs").delete_message(**receipt)
            delivered += len(messages)
        return delivered

    def dead_letters(self) -> list[dict[str, Any]]:
        """The messages that were set aside, taken from their queue and read."""
        return [json.loads(message["Body"]) for message in self._received(self.account.dead)]

    def tick(self, now: datetime) -> list[Execution | Answer]:
        """Moves the time to `now`; what the schedules start meanwhile has ended when this returns.

        Each fires once, however many days went by.
        """
        before, self.clock.now = self.clock.now, now
        scheduler = boto3.client("scheduler")
        found = [scheduler.get_schedule(Name=one["Name"]) for one in scheduler.list_schedules()["Schedules"]]
        fires = [
            (schedules.last_before(one["ScheduleExpression"], one["ScheduleExpressionTimezone"], now), one["Target"])
            for one in found
            if one["State"] == "ENABLED"
        ]
        due = sorted((one for one in fires if one[0] > before), key=lambda one: one[0])
        return [self._start(target["Arn"], target["Input"]) for _, target in due]

    def run(self, survey: str = "", wave: str = "") -> Execution:
        """Runs the state machine for one wave, or for all that is due, to its end."""
        named = {"survey": survey, "wave": wave}
        return self.execute(self.account.machine, {key: one for key, one in named.items() if one})

    def execute(self, machine: str, event: Mapping[str, str]) -> Execution:
        """Runs a state machine of this account to its end."""
        states = boto3.client("stepfunctions")
        started = states.start_execution(
            stateMachineArn=machine,
            name=f"execution-{len(self.executions)}",
            input=json.dumps(event),
        )
        begun = time.monotonic()
        while (seen := states.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
            # Each look takes ten milliseconds from the execution itself, so looks become rarer the longer it runs.
            time.sleep(0.02 + (time.monotonic() - begun) / 20)
        output = json.loads(seen["output"]) if seen.get("output") else None
        done = Execution(seen["status"], output, seen.get("error", ""), seen.get("cause", ""))
        self.executions.append(done)
        return done

    def invoke(self, function: str, event: Any) -> Answer:  # noqa: ANN401 - any JSON
        """Invokes `pulsverk-<function>` and waits for what it says."""
        answer = boto3.client("lambda").invoke(FunctionName=f"pulsverk-{function}", Payload=json.dumps(event))
        payload = json.loads(answer["Payload"].read())
        return Answer(payload, payload["errorType"] if answer.get("FunctionError") else "")

    def _start(self, target: str, event: str) -> Execution | Answer:
        if ":states:" in target:
            return self.execute(target, json.loads(event))
        return self.invoke(target.rpartition("pulsverk-")[2], json.loads(event))

    def _received(self, queue: str) -> list[Any]:
        received = boto3.client("sqs").receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=10,
            VisibilityTimeout=_HIDDEN,
            MessageSystemAttributeNames=["All"],
        )
        return received.get("Messages", [])

    def _deliver(self, messages: list[Any]) -> set[str]:
        """Invokes `ingest` with a batch as Lambda's event source does; ids of the messages that must come again."""
        records = [
            {
                "messageId": one["MessageId"],
                "receiptHandle": one["ReceiptHandle"],
                "body": one["Body"],
                "attributes": one["Attributes"],
                "messageAttributes": {},
                "md5OfBody": one["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-north-1:123456789012:pulsverk-landed",
                "awsRegion": REGION,
            }
            for one in messages
        ]
        answer = self.invoke("ingest", {"Records": records})
        if answer.error:
            return {one["MessageId"] for one in messages}
        return {one["itemIdentifier"] for one in answer.payload["batchItemFailures"]}


@contextmanager
def cloud(
    prefix: str = "pulsverk",
    *,
    now: datetime = BEGINNING,
    key: PseudonymKey = KEY,
    code_version: str = "local",
    region: str = REGION,
    functions: Mapping[str, Callable[[Any, Any], Any]] | None = None,
) -> Iterator[Cloud]:
    """A fresh account: buckets `<prefix>-landing` and so on, empty, and everything that infra/ deploys around them.

    `functions` are handlers by name that stand in for ours, or beside them. Within it boto3 reaches this account
    and nothing else; a second one inside needs another region. Nothing of it is left behind.
    """
    clock, logs, others = Clock(now), list[dict[str, Any]](), dict[str, Handler](functions or {})
    with sealed(region), mock_aws(config=_CONFIG), _events_at(clock), invoked_for_real(others, logs):
        extra = sorted(others.keys() - set(FUNCTIONS))
        made = account.build(prefix, region, key, extra)
        environment = {
            "PULSVERK_WORKSPACE": f"s3://{prefix}-{{zone}}",
            "PULSVERK_SECRET": made.secret,
            "PULSVERK_CODE_VERSION": code_version,
        }
        runtime = replace(runtimes.from_environment(environment), now=lambda: clock.now)
        try:
            with runtimes.using(runtime):
                yield Cloud(prefix, made, clock, runtime, logs)
        finally:
            if MockAWS._nested_count > 1:  # noqa: SLF001 - moto forgets nothing until the outermost account is closed
                account.remove(prefix, region, made, (*FUNCTIONS, *extra))


@contextmanager
def _events_at(clock: Clock) -> Iterator[None]:
    """Events of the buckets carry the account's time."""
    with patch("moto.s3.notifications.unix_time", clock.timestamp):
        yield
