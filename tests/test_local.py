"""The account inside the process: events, queue, schedules and state machine behave as the real ones are said to."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.awslambda_simple.models import LambdaSimpleBackend
from tiny_survey import INSTRUMENT, SURVEY

from functions import runtime as runtimes
from pipeline import ledger
from pipeline.local.account import TRIES
from pipeline.local.cloud import Answer, Cloud, Execution, cloud
from pipeline.local.schedules import last_before
from pipeline.store import open_store

RESPONSES = b"person,Q1,Q2,Q3\na,1,2,3\nb,2,9,4\n"


def configure(it: Cloud) -> Cloud:
    it.store.create("config/tiny/survey.toml", SURVEY.encode())
    it.store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    return it


def received(it: Cloud) -> list[str]:
    return [record.state for record in ledger.files(it.store, "tiny", "w1")]


def test_a_pushed_object_is_read_once_it_is_delivered(pulsverk_cloud: Cloud) -> None:
    it = configure(pulsverk_cloud)
    version = it.push("landing/tiny/w1/responses/a b+c & ø.csv", RESPONSES)
    assert received(it) == []
    assert it.drain() == 1
    (record,) = ledger.files(it.store, "tiny", "w1")
    assert (record.key, record.version, record.state) == ("landing/tiny/w1/responses/a b+c & ø.csv", version, "partly")
    assert record.landed_at == "2026-08-01T00:00:01Z"  # the account's time, not the machine's
    assert it.drain() == 0


def test_an_object_pushed_again_under_its_name_is_another_version_with_its_own_end(pulsverk_cloud: Cloud) -> None:
    it = configure(pulsverk_cloud)
    for data in (RESPONSES, RESPONSES, b"person,Q1,Q2,Q3\nc,5,5,5\n"):
        it.push("landing/tiny/w1/responses/a.csv", data)
    assert it.drain() == 3
    assert sorted(received(it)) == ["accepted", "duplicate", "partly"]


def test_only_landing_raises_events(pulsverk_cloud: Cloud) -> None:
    pulsverk_cloud.push("elsewhere/a.csv", b"")
    configure(pulsverk_cloud)
    assert pulsverk_cloud.drain() == 0


def test_more_objects_than_a_batch_holds_are_all_delivered(pulsverk_cloud: Cloud) -> None:
    it = configure(pulsverk_cloud)
    for n in range(23):
        it.push(f"landing/tiny/w1/responses/{n:02}.csv", f"person,Q1,Q2,Q3\np{n},3,3,3\n".encode())
    assert it.drain() == 23
    assert received(it) == ["accepted"] * 23


def test_the_message_in_the_queue_names_the_object_and_holds_nothing_of_it(pulsverk_cloud: Cloud) -> None:
    pulsverk_cloud.push("landing/tiny/w1/responses/a.csv", b"person,Q1\nkari@fjord.no,5\n")
    (message,) = boto3.client("sqs").receive_message(QueueUrl=pulsverk_cloud.account.queue)["Messages"]
    assert "kari" not in message["Body"]
    assert json.loads(message["Body"])["detail"]["object"]["key"] == "landing/tiny/w1/responses/a.csv"


def test_a_function_that_fails_answers_as_lambda_does() -> None:
    def fail(_: object, __: object) -> None:
        raise LookupError

    with cloud(functions={"watch": fail}) as it:
        payload = {"errorMessage": "", "errorType": "LookupError", "stackTrace": []}
        assert it.invoke("watch", {}) == Answer(payload, "LookupError")


def test_a_function_that_is_not_there_cannot_be_invoked(pulsverk_cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="not found"):
        pulsverk_cloud.invoke("nothing", {})


def test_what_a_function_writes_is_kept_and_read() -> None:
    def talk(_: object, context: Any) -> dict[str, str]:  # noqa: ANN401 - as Lambda has it
        sys.stdout.write('{"a": 1}\nwords\n[2]\n')
        return {"name": context.function_name, "left": context.get_remaining_time_in_millis()}

    with cloud(functions={"talk": talk}) as it:
        assert it.invoke("talk", {}).payload == {"name": "pulsverk-talk", "left": 900_000}
        assert it.logs == [{"a": 1}, {"message": "words"}, {"message": "[2]"}]


def run_of(published: list[str]) -> dict[str, Any]:
    """Stand-ins for the steps of a run: each says what ours say."""

    def aggregate(event: dict[str, str], _: object) -> dict[str, str]:
        return event | {"run": "0123456789abcdef"}

    def publish(event: dict[str, str], _: object) -> dict[str, str]:
        published.append(event["wave"])
        return event | {"release": "fedcba9876543210"}

    return {"aggregate": aggregate, "check": lambda event, _: event, "publish": publish}


def test_the_state_machine_runs_a_named_wave_to_its_end() -> None:
    with cloud(functions=run_of(done := [])) as it:
        execution = it.run("tiny", "w1")
    assert (execution.status, done) == ("SUCCEEDED", ["w1"])
    assert [one["state"] for one in execution.waves] == ["published"]


def test_half_a_name_is_a_failure_with_its_cause(pulsverk_cloud: Cloud) -> None:
    execution = pulsverk_cloud.run("tiny")
    assert (execution.status, execution.error, execution.waves) == ("FAILED", "InputInvalid", [])
    assert pulsverk_cloud.executions == [execution]


FILES = {
    "units": b"unit_id,parent_id,name\nU,,Fjord\n",
    "people": b"person_id,unit_id,kjonn\na,U,Kvinne\n",
    "responses": RESPONSES,
}


def at(day: str, hour: int = 6) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC)


def test_the_morning_after_a_wave_closed_the_schedule_runs_it_and_then_watches() -> None:
    with cloud(functions=run_of(done := [])) as it:
        configure(it)
        for kind, data in FILES.items():
            it.push(f"landing/tiny/w1/{kind}/a.csv", data)
        it.drain()
        it.tick(at("2026-08-31"))
        assert done == []
        run, seen = it.tick(at("2026-09-01"))
        assert done == ["w1"]
    assert isinstance(run, Execution)
    assert isinstance(seen, Answer)
    assert [one["wave"] for one in run.waves] == ["w1"]
    assert seen.payload["due"][0]["wave"] == "w1"  # the stand-in recorded nothing


def test_a_schedule_fires_once_for_the_time_that_went_by_and_not_before_its_hour(pulsverk_cloud: Cloud) -> None:
    assert len(pulsverk_cloud.tick(at("2026-08-05"))) == 2  # days later, each of the two once
    assert pulsverk_cloud.tick(at("2026-08-05", 23)) == []
    assert len(pulsverk_cloud.tick(at("2026-08-06", 4))) == 1  # 06:00 in Oslo: the run at 5, and not yet the watch at 7
    assert len(pulsverk_cloud.tick(at("2026-08-06", 5))) == 1


def test_a_schedule_that_was_switched_off_fires_no_more(pulsverk_cloud: Cloud) -> None:
    scheduler = boto3.client("scheduler")
    one: Any = scheduler.get_schedule(Name="pulsverk-daily")
    keep = {name: one[name] for name in ("Name", "ScheduleExpression", "FlexibleTimeWindow", "Target")}
    scheduler.update_schedule(**keep, ScheduleExpressionTimezone="Europe/Oslo", State="DISABLED")
    assert [type(one) for one in pulsverk_cloud.tick(at("2026-08-05"))] == [Answer]


@pytest.mark.parametrize(
    ("now", "fired"),
    [
        ("2026-07-01T03:00:00+00:00", "2026-07-01T03:00:00+00:00"),  # 5 in the morning in summer time
        ("2026-07-01T02:59:59+00:00", "2026-06-30T03:00:00+00:00"),
        ("2026-12-01T03:59:59+00:00", "2026-11-30T04:00:00+00:00"),  # and in winter time
        ("2026-12-01T04:00:00+00:00", "2026-12-01T04:00:00+00:00"),
    ],
)
def test_when_five_in_the_morning_in_oslo_was_last(now: str, fired: str) -> None:
    found = last_before("cron(0 5 * * ? *)", "Europe/Oslo", datetime.fromisoformat(now))
    assert found.isoformat() == fired


def test_a_schedule_of_another_kind_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="rate"):
        last_before("rate(1 day)", "UTC", datetime.now(UTC))


def state() -> tuple[object, ...]:
    named = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "LAMBDA_"))}
    return named, LambdaSimpleBackend.invoke, list(runtimes._held), boto3.DEFAULT_SESSION  # noqa: SLF001 - looked at only


def test_nothing_of_an_account_is_left_behind_even_by_a_test_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "the-users-own")
    before = state()

    def fail_inside() -> None:
        with cloud() as it:
            it.push("landing/tiny/w1/responses/a.csv", RESPONSES)
            it.invoke("nothing", {})

    with pytest.raises(ClientError):
        fail_inside()
    assert state() == before
    with cloud() as fresh:
        assert list(fresh.store.keys("landing/")) == []


def test_a_users_profile_and_endpoint_are_put_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "there-is-no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://203.0.113.9:9000")
    with no_network(), cloud() as it:
        assert it.push("landing/tiny/w1/responses/a.csv", RESPONSES)
        assert it.invoke("watch", {}).error == ""


@contextmanager
def no_network() -> Iterator[None]:
    """Within it any attempt to reach another machine fails loudly."""
    before = socket.socket.connect

    def refuse(*_: object) -> None:
        msg = "somebody tried to reach the network"
        raise AssertionError(msg)

    socket.socket.connect = refuse  # type: ignore[method-assign, assignment]  # restored below
    try:
        yield
    finally:
        socket.socket.connect = before  # type: ignore[method-assign]


def test_two_accounts_in_two_regions_do_not_see_each_other(pulsverk_cloud: Cloud) -> None:
    configure(pulsverk_cloud).push("landing/tiny/w1/responses/a.csv", RESPONSES)
    with cloud("other", region="eu-west-1") as other:
        assert list(other.store.keys("landing/")) == []
        assert other.drain() == 0
        assert other.invoke("watch", {}).payload["missing"] == []
    assert pulsverk_cloud.drain() == 1
    assert received(pulsverk_cloud) == ["partly"]


def test_an_account_inside_another_leaves_nothing_in_it_either(pulsverk_cloud: Cloud) -> None:
    for _ in range(2):
        with cloud("other", region="eu-west-1", functions={"more": lambda event, _: event}) as other:
            configure(other).push("landing/tiny/w1/responses/a.csv", RESPONSES)
            assert other.drain() == 1
    assert {one["Name"] for one in boto3.client("s3").list_buckets()["Buckets"]} == {
        f"pulsverk-{name}" for name in ("landing", "private", "published", "quarantine")
    }
    assert configure(pulsverk_cloud).invoke("watch", {}).error == ""


def test_the_workspace_address_opens_the_same_store(pulsverk_cloud: Cloud) -> None:
    configure(pulsverk_cloud)
    again = open_store(pulsverk_cloud.workspace)
    assert again.read("config/tiny/survey.toml").data == SURVEY.encode()


def test_a_message_is_tried_as_often_as_it_is_where_we_are_deployed() -> None:
    text = (Path(__file__).parents[1] / "infra" / "landing.py").read_text("utf-8")
    assert f"_TRIES = {TRIES} " in text


def test_the_plugin_loads_nothing_before_a_fixture_is_used(tmp_path: Path) -> None:
    (tmp_path / "test_empty.py").write_text("def test_nothing():\n    pass\n")
    code = (
        "import sys, pytest; assert pytest.main(['-q', '-p', 'no:cacheprovider', sys.argv[1]]) == 0; "
        "loaded = {'moto', 'boto3', 'pyarrow', 'duckdb', 'great_expectations'} & set(sys.modules); "
        "assert 'pipeline.local.pytest_plugin' in sys.modules; assert not loaded, loaded"
    )
    done = subprocess.run(  # noqa: S603 - this very interpreter
        [sys.executable, "-c", code, str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
