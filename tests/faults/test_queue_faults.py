"""What a queue may do to us: deliver twice, out of order, poison, late; and what a function may do to the queue."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from typing import Any

import boto3
import pytest
from one_question import INSTRUMENT, SURVEY

from functions.ingest import handler
from pipeline import ledger
from pipeline.local.account import TRIES
from pipeline.local.cloud import Cloud, cloud

PUSHED = {
    "a": b"person,Q1\np1,4\n",
    "b": b"person,Q1\np1,4\n",
    "c": b"person,Q9\np1,4\n",
    "d": b"person,Q1\np2,9\np3,5\n",
}


def configured(it: Cloud) -> Cloud:
    it.store.create("config/tiny/survey.toml", SURVEY)
    it.store.create("config/tiny/tiny.toml", INSTRUMENT)
    return it


def push(it: Cloud, name: str, data: bytes = PUSHED["a"]) -> None:
    it.push(f"landing/tiny/w1/responses/{name}.csv", data)


def ends(it: Cloud) -> dict[str, str]:
    return {record.key[-5]: record.state for record in ledger.files(it.store, "tiny", "w1")}


def everything(it: Cloud) -> dict[str, bytes]:
    zones = ("responses/", "quarantine/", "ledger/")
    return {one.key: it.store.read(one.key).data for zone in zones for one in it.store.keys(zone)}


def poisoned(names: str, times: int = 10**6, tried: Counter[str] | None = None) -> Any:  # noqa: ANN401 - a handler
    """An ingest whose messages about these files fail, each this many times, before it is let through."""
    tried = Counter() if tried is None else tried

    def ingest(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - as Lambda has it
        good, bad = [], []
        for record in event["Records"]:
            name = json.loads(record["body"])["detail"]["object"]["key"][-5]
            tried[name] += 1
            (bad if name in names and tried[name] <= times else good).append(record)
        answer = handler({"Records": good}, context) if good else {"batchItemFailures": []}
        answer["batchItemFailures"] += [{"itemIdentifier": one["messageId"]} for one in bad]
        return answer

    return ingest


def test_a_message_that_fails_now_and_then_is_delivered_again_and_the_others_are_not() -> None:
    tried: Counter[str] = Counter()
    with cloud(functions={"ingest": poisoned("b", 2, tried)}) as it:
        configured(it)
        for name, data in PUSHED.items():
            push(it, name, data)
        it.drain()
        assert tried == {"a": 1, "b": 3, "c": 1, "d": 1}
        assert ends(it) == {"a": "accepted", "b": "duplicate", "c": "quarantined", "d": "partly"}
        assert it.dead_letters() == []


def test_a_poison_message_is_set_aside_after_its_tries_and_stops_no_other() -> None:
    tried: Counter[str] = Counter()
    with cloud(functions={"ingest": poisoned("b", tried=tried)}) as it:
        configured(it)
        for name, data in PUSHED.items():
            push(it, name, data)
        it.drain()
        assert tried["b"] == TRIES
        assert ends(it) == {"a": "accepted", "c": "quarantined", "d": "partly"}
        (dead,) = it.dead_letters()
        assert dead["detail"]["object"]["key"] == "landing/tiny/w1/responses/b.csv"
        assert "p1" not in json.dumps(dead)


def test_a_message_set_aside_can_be_put_back_once_the_fault_is_mended() -> None:
    with cloud(functions={"ingest": poisoned("a", TRIES)}) as it:
        configured(it)
        push(it, "a")
        it.drain()
        (dead,) = it.dead_letters()
        boto3.client("sqs").send_message(QueueUrl=it.account.queue, MessageBody=json.dumps(dead))
        it.drain()
        assert ends(it) == {"a": "accepted"}


def test_a_function_that_breaks_down_altogether_loses_no_message() -> None:
    calls = itertools.count()

    def ingest(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - as Lambda has it
        if next(calls) == 0:
            raise MemoryError
        return dict(handler(event, context))

    with cloud(functions={"ingest": ingest}) as it:
        configured(it)
        for name, data in PUSHED.items():
            push(it, name, data)
        it.drain()
        assert set(ends(it)) == set(PUSHED)


def test_a_run_that_did_all_its_work_and_then_timed_out_is_repeated_without_a_trace() -> None:
    calls = itertools.count()

    def ingest(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 - as Lambda has it
        answer = handler(event, context)
        if next(calls) == 0:
            raise TimeoutError
        return dict(answer)

    results = []
    for stand_in in ({}, {"ingest": ingest}):
        with cloud(functions=stand_in) as it:
            configured(it)
            push(it, "d", PUSHED["d"])
            it.drain()
            kept = everything(it)
            named = (
                "ledger/files/",
                "ledger/contents/",
            )  # after the version of the object, which each account makes up
            results.append({key: data for key, data in kept.items() if not key.startswith(named)})
            assert [sum(key.startswith(one) for key in kept) for one in named] == [1, 1]
            assert ends(it) == {"d": "partly"}
    assert results[0] == results[1]


@pytest.mark.parametrize("order", [list("abcd"), list("dcba"), list("bdac")])
def test_each_message_delivered_twice_in_any_order_changes_nothing_more(order: list[str]) -> None:
    with cloud() as it:
        configured(it)
        for name, data in PUSHED.items():
            push(it, name, data)
        messages = {}
        received: Any = boto3.client("sqs").receive_message(QueueUrl=it.account.queue, MaxNumberOfMessages=10)
        for one in received["Messages"]:
            messages[json.loads(one["Body"])["detail"]["object"]["key"][-5]] = one["Body"]
        for name in order:
            boto3.client("sqs").send_message(QueueUrl=it.account.queue, MessageBody=messages[name])
        it.drain()
        once = everything(it)
        for name in order:
            boto3.client("sqs").send_message(QueueUrl=it.account.queue, MessageBody=messages[name])
        it.drain()
        assert everything(it) == once
        states = ends(it)
        assert (states["c"], states["d"]) == ("quarantined", "partly")
        assert sorted((states["a"], states["b"])) == [
            "accepted",
            "duplicate",
        ]  # of two alike the first delivered counts


@pytest.mark.parametrize(
    "body",
    ["", "not json", "[]", "{}", '{"detail": {}}', '{"detail": {"object": {"key": 7}, "bucket": {"name": "x"}}}'],
)
def test_a_message_that_is_no_event_is_set_aside_and_told_without_its_words(body: str) -> None:
    with cloud() as it:
        configured(it)
        boto3.client("sqs").send_message(QueueUrl=it.account.queue, MessageBody=body or " ")
        push(it, "a")
        it.drain()
        assert ends(it) == {"a": "accepted"}
        dead = boto3.client("sqs").get_queue_attributes(
            QueueUrl=it.account.dead, AttributeNames=["ApproximateNumberOfMessages"]
        )
        assert dead["Attributes"]["ApproximateNumberOfMessages"] == "1"
        assert sum(line.get("message") == "fault" for line in it.logs) == TRIES


def test_an_object_that_was_taken_away_before_it_was_read_has_an_end_too() -> None:
    with cloud() as it:
        configured(it)
        push(it, "a")
        it.store.delete("landing/tiny/w1/responses/a.csv")
        it.drain()
        assert ends(it) == {"a": "rejected"}
        assert it.dead_letters() == []
