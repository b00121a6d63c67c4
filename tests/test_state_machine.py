"""The state machine as it is deployed, run by an interpreter, with functions that answer what a test says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend

FILE = Path(__file__).parents[1] / "infra" / "pipeline.asl.json"
STEPS = ("watch", "aggregate", "check", "publish")
DUE = [{"survey": "demo", "wave": "2026-08", "what": "due"}, {"survey": "demo", "wave": "2026-09", "what": "due"}]
Fault = tuple[str, str]


class Cloud:
    """Functions that do as they should unless a test has planted a fault, and the order in which they were called."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.due: list[dict[str, str]] = DUE
        self.faults: dict[tuple[str, str], list[Fault]] = {}
        self.run: Callable[[dict[str, str]], dict[str, Any]]

    def answer(self, name: str, event: dict[str, Any]) -> dict[str, Any] | Fault:
        """What the function of this name says to this event."""
        self.calls.append((name, event))
        planted = self.faults.get((name, event.get("wave", "")))
        if planted:
            return planted.pop(0)
        if name == "watch":
            return {"due": self.due, "late": [], "missing": []}
        return event | ({"run": "0123456789abcdef"} if name == "aggregate" else {"release": "fedcba9876543210"})


def with_jobs(definition: str, elsewhere: str) -> str:
    """There is no EMR Serverless in moto: a job is a call, with all it is told, of a function nobody else calls."""
    read = json.loads(definition.replace("${Elsewhere}", elsewhere))
    job = read["States"]["Waves"]["ItemProcessor"]["States"]["Job"]
    job["Resource"], job["Parameters"] = (
        "arn:aws:states:::lambda:invoke",
        {"FunctionName": "pulsverk-job", "Payload": job["Parameters"]},
    )
    return json.dumps(read, indent=2)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """The machine in an account without Spark, or, with the parameter "Job", in one that has it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-north-1")
    made = Cloud()

    def invoke(_: object, name: str, __: object, body: str, ___: object, headers: dict[str, str]) -> bytes:
        answer = made.answer(name.rpartition("-")[2], json.loads(body))
        if isinstance(answer, tuple):
            headers["x-amz-function-error"] = "Unhandled"
            answer = {"errorType": answer[0], "errorMessage": answer[1], "stackTrace": ["a line of ours"]}
        return json.dumps(answer).encode()

    monkeypatch.setattr(LambdaSimpleBackend, "invoke", invoke)
    definition = FILE.read_text("utf-8").replace('"IntervalSeconds": 2', '"IntervalSeconds": 1')
    definition = with_jobs(definition, getattr(request, "param", "Words"))
    for step in STEPS:
        definition = definition.replace(f"${{{step.capitalize()}Function}}", f"pulsverk-{step}")
    with mock_aws(config={"lambda": {"use_docker": False}, "stepfunctions": {"execute_state_machine": True}}):
        role = boto3.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        functions = boto3.client("lambda")
        for step in (*STEPS, "job"):
            functions.create_function(
                FunctionName=f"pulsverk-{step}",
                Runtime="python3.13",
                Role=role,
                Handler="any.handler",
                Code={"ZipFile": b"any"},
            )
        states = boto3.client("stepfunctions")
        machine = states.create_state_machine(name="pulsverk", definition=definition, roleArn=role)["stateMachineArn"]

        def run(event: dict[str, str]) -> dict[str, Any]:
            started = states.start_execution(stateMachineArn=machine, name="one", input=json.dumps(event))
            while (seen := states.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
                time.sleep(0.01)
            return dict(seen)

        made.run = run
        yield made


def waves(execution: dict[str, Any]) -> list[dict[str, str]]:
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    return list(json.loads(execution["output"])["waves"])


def test_every_wave_that_is_due_goes_through_the_three_steps_one_after_another(cloud: Cloud) -> None:
    assert waves(cloud.run({})) == [
        {
            "survey": "demo",
            "wave": wave,
            "run": "0123456789abcdef",
            "state": "published",
            "release": "fedcba9876543210",
        }
        for wave in ("2026-08", "2026-09")
    ]
    one, two = ({"survey": "demo", "wave": wave} for wave in ("2026-08", "2026-09"))
    run = {"run": "0123456789abcdef"}
    assert cloud.calls == [
        ("watch", {}),
        *(("aggregate", one), ("check", one | run), ("publish", one | run)),
        *(("aggregate", two), ("check", two | run), ("publish", two | run)),
    ]


def test_a_named_wave_is_run_without_asking_what_is_due(cloud: Cloud) -> None:
    assert [one["wave"] for one in waves(cloud.run({"survey": "demo", "wave": "2026-10"}))] == ["2026-10"]
    assert [name for name, _ in cloud.calls] == ["aggregate", "check", "publish"]


def test_nothing_due_is_a_good_end(cloud: Cloud) -> None:
    cloud.due = []
    assert waves(cloud.run({})) == []


@pytest.mark.parametrize("half", [{"survey": "demo"}, {"wave": "2026-08"}])
def test_half_a_name_runs_nothing(cloud: Cloud, half: dict[str, str]) -> None:
    execution = cloud.run(half)
    assert (execution["status"], execution["error"]) == ("FAILED", "InputInvalid")
    assert cloud.calls == []


@pytest.mark.parametrize(
    ("step", "refusal"),
    [
        ("aggregate", "SurveyInvalid"),
        ("aggregate", "OrganisationInvalid"),
        ("check", "RunRefused"),
        ("publish", "RunRefused"),
    ],
)
def test_a_refused_wave_is_told_in_its_own_words_and_stops_no_other(cloud: Cloud, step: str, refusal: str) -> None:
    cloud.faults = {(step, "2026-08"): [(refusal, "q3: 2 of 40 rows; the sender mends them")]}
    first, second = waves(cloud.run({}))
    assert first == {
        "survey": "demo",
        "wave": "2026-08",
        "state": "refused",
        "why": "q3: 2 of 40 rows; the sender mends them",
    }
    assert second["state"] == "published"


@pytest.mark.parametrize("fault", ["DisclosureLeak", "ValueError"])
def test_a_fault_of_ours_fails_the_execution_after_the_others_had_their_turn(cloud: Cloud, fault: str) -> None:
    cloud.faults = {("publish", "2026-08"): [(fault, "somebody's answer")]}
    execution = cloud.run({})
    first, second = json.loads(execution["cause"])
    assert (execution["status"], execution["error"]) == ("FAILED", "WavesFailed")
    assert first == {"survey": "demo", "wave": "2026-08", "state": "failed", "why": fault}
    assert second["state"] == "published"
    assert "answer" not in execution["cause"]


def test_a_single_wave_that_fails_fails_the_execution(cloud: Cloud) -> None:
    cloud.faults = {("aggregate", "2026-08"): [("KeyError", "any")]}
    assert cloud.run({"survey": "demo", "wave": "2026-08"})["status"] == "FAILED"


def test_a_write_that_lost_a_race_is_tried_again(cloud: Cloud) -> None:
    cloud.faults = {("publish", "2026-08"): [("StoreConflict", "any")]}
    assert [one["state"] for one in waves(cloud.run({"survey": "demo", "wave": "2026-08"}))] == ["published"]
    assert [name for name, _ in cloud.calls] == ["aggregate", "check", "publish", "publish"]


MISSING = ("EngineMissing", "whoever runs this installs Spark")


def test_where_there_is_no_spark_a_wave_that_asks_for_it_is_refused_in_words(cloud: Cloud) -> None:
    cloud.faults = {("aggregate", "2026-08"): [MISSING]}
    first, second = waves(cloud.run({}))
    assert (first["state"], first["why"]) == ("refused", MISSING[1])
    assert second["state"] == "published"


@pytest.mark.parametrize("cloud", ["Job"], indirect=True)
def test_a_job_counts_a_wave_that_asks_for_spark_and_the_function_finds_it(cloud: Cloud) -> None:
    cloud.faults = {("aggregate", "2026-08"): [MISSING]}
    assert [one["state"] for one in waves(cloud.run({"survey": "demo", "wave": "2026-08"}))] == ["published"]
    assert [name for name, _ in cloud.calls] == ["aggregate", "job", "aggregate", "check", "publish"]
    assert cloud.calls[1][1]["JobDriver"]["SparkSubmit"]["EntryPointArguments"] == ["demo", "2026-08"]
    assert cloud.calls[2][1] == {"survey": "demo", "wave": "2026-08"}


@pytest.mark.parametrize("cloud", ["Job"], indirect=True)
def test_a_job_that_made_nothing_fails_the_wave_and_is_not_started_again(cloud: Cloud) -> None:
    cloud.faults = {("aggregate", "2026-08"): [MISSING, MISSING]}
    execution = cloud.run({"survey": "demo", "wave": "2026-08"})
    assert execution["status"] == "FAILED"
    assert [name for name, _ in cloud.calls] == ["aggregate", "job", "aggregate"]


def test_an_answer_without_what_is_due_is_a_failure_and_not_an_empty_day(cloud: Cloud) -> None:
    cloud.due = None  # type: ignore[assignment]  # what a broken watch might say
    assert cloud.run({})["status"] == "FAILED"


def every_task(states: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in states.items():
        if state["Type"] == "Task":
            yield name, state
        if "ItemProcessor" in state:
            yield from every_task(state["ItemProcessor"]["States"])


def test_every_task_retries_alike_and_every_step_of_a_wave_is_caught() -> None:
    tasks = dict(every_task(json.loads(FILE.read_text("utf-8"))["States"]))
    job = tasks.pop("Job")  # costs too much to be tried again by itself
    assert [one["Next"] for one in job["Catch"]] == ["Failed"]
    retries = [{key: one for key, one in task["Retry"][0].items() if key != "Comment"} for task in tasks.values()]
    assert list(tasks) == ["Due", "Aggregate", "Counted", "Check", "Publish"]
    assert all(retry == retries[0] for retry in retries)
    caught = {name: [one["Next"] for one in tasks[name]["Catch"]] for name in tasks if name != "Due"}
    assert caught.pop("Aggregate") == ["${Elsewhere}", "Words", "Failed"]
    assert list(caught.values()) == [["Words", "Failed"]] * 3
