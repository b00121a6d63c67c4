"""What was set aside is read again: by whom and why is written down, and a second time changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import boto3
import pytest
from attack.villages import examples
from hypothesis import given
from hypothesis import strategies as st
from redriving import SIGNED
from test_store import buckets, cloud
from tiny_survey import INSTRUMENT, KEY, SURVEY

from pipeline import ledger
from pipeline.errors import Refused, SurveyInvalid
from pipeline.ingest import Landed, receive
from pipeline.redrive import Redrive, Redriven, Signed, of_file, of_wave, redrive, since
from pipeline.store import FolderStore

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cloud"]  # a fixture

HEAD = "person,sent,Q1,Q2,Q3\n"
GOOD = HEAD + "p1,2026-08-01,4,4,7\np2,2026-08-01,3,3,8\n"
PARTLY = HEAD + "p3,2026-08-01,4,4,7\np4,2026-08-01,9,4,7\n"
WIDER = INSTRUMENT.replace("low = 1\nhigh = 5", "low = 1\nhigh = 9")
A, B = "landing/tiny/w1/responses/a.csv", "landing/tiny/w1/responses/b.csv"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """Of two files the first is wholly accepted, and the second in part."""
    store = FolderStore(tmp_path / "work")
    store.create("config/tiny/survey.toml", SURVEY.encode())
    store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    push(store, A, GOOD)
    push(store, B, PARTLY, "02")
    return store


def push(store: FolderStore, key: str, text: str, day: str = "01") -> ledger.FileRecord:
    store.create(key, text.encode())
    return receive(store, KEY, Landed(key, landed_at=f"2026-08-{day}T10:00:00Z"))


def owner_writes(store: FolderStore, name: str, text: str) -> None:
    key = f"config/tiny/{name}"
    store.replace(key, text.encode(), store.read(key).etag)


def again(store: FolderStore, files: Sequence[ledger.FileRecord], signed: Signed | None = SIGNED) -> Redrive:
    return redrive(store, KEY, files, signed)


def unsigned(one: Redriven) -> Redriven:
    return replace(one, after=replace(one.after, redriven_by="", redriven_why=""))


def everything(store: FolderStore) -> dict[str, bytes]:
    return {one.key: store.read(one.key).data for one in store.keys("")}


def test_who_and_why_are_in_the_record_and_the_record_before_stays_as_it_was(store: FolderStore) -> None:
    (before,) = of_file(store, B)
    first = f"ledger/files/tiny/w1/{before.id}.json"
    written = store.read(first).data
    owner_writes(store, "tiny.toml", WIDER)
    (found,) = again(store, of_file(store, B)).read
    assert (found.before, found.changed) == (before, True)
    assert (found.before.accounts["accepted"], found.before.accounts["quarantined"]) == (1, 1)
    assert (found.after.accounts["accepted"], found.after.accounts["quarantined"]) == (2, 0)
    assert ledger.file(store, "tiny", "w1", before.id) == found.after
    assert (found.after.attempt, found.after.redriven_by, found.after.redriven_why) == (2, SIGNED.by, SIGNED.why)
    assert store.read(first).data == written
    assert (before.redriven_by, before.redriven_why) == ("", "")


def test_the_second_of_two_changes_nothing_byte_for_byte_and_says_so(store: FolderStore) -> None:
    owner_writes(store, "tiny.toml", WIDER)
    assert again(store, of_file(store, B)).changed == 1
    done = everything(store)
    second = again(store, of_file(store, B), Signed("ola", "again"))
    assert (second.changed, second.read) == (0, ())
    assert [one.reason for one in second.left] == ["accepted"]
    assert everything(store) == done


def test_a_file_that_stays_in_part_is_read_and_nothing_is_written_whoever_signs(store: FolderStore) -> None:
    owner_writes(store, "tiny.toml", WIDER.replace("high = 9", "high = 8"))  # as good as before
    before = everything(store)
    for who in ("kari", "ola"):
        (found,) = again(store, of_file(store, B), Signed(who, f"said {who}")).read
        assert (found.before.state, found.changed, found.after) == ("partly", False, found.before)
        assert everything(store) == before


def test_third_attempts_are_signed_by_their_own(store: FolderStore) -> None:
    push(store, "landing/tiny/w1/responses/c.csv", HEAD + "p5,2026-08-01,9,9,7\np6,2026-08-01,8,1,7\n")
    files = [one for one in of_wave(store, "tiny", "w1") if one.key.endswith("c.csv")]
    owner_writes(store, "tiny.toml", WIDER.replace("high = 9", "high = 8"))
    (second,) = again(store, files, Signed("kari", "eight is an answer")).read
    before = everything(store)
    (same,) = again(store, [second.after], Signed("ola", "nothing was mended since")).read
    assert (same.changed, same.after, everything(store)) == (False, second.after, before)
    owner_writes(store, "tiny.toml", WIDER)
    (third,) = again(store, [second.after], Signed("ola", "so is nine")).read
    assert [(one.after.attempt, one.after.redriven_by, one.after.redriven_why) for one in (second, third)] == [
        (2, "kari", "eight is an answer"),
        (3, "ola", "so is nine"),
    ]
    assert [one.after.state for one in (second, third)] == ["partly", "accepted"]


def test_without_a_signature_nothing_is_written_and_the_same_is_found(store: FolderStore) -> None:
    owner_writes(store, "tiny.toml", WIDER)
    before = everything(store)
    dry = again(store, of_wave(store, "tiny", "w1"), None)
    assert everything(store) == before
    wet = again(store, of_wave(store, "tiny", "w1"))
    assert [(one.key, one.changed, one.after.state, one.after.accounts) for one in dry.read] == [
        (one.key, one.changed, one.after.state, one.after.accounts) for one in wet.read
    ]
    assert dry.left == wet.left


def test_a_dry_run_also_tells_copies_from_the_file_that_will_count(store: FolderStore) -> None:
    odd = HEAD + "p7,2026-08-01,9,9,7\n"
    for day, name in enumerate("xyz", 3):
        assert push(store, f"landing/tiny/w1/responses/{name}.csv", odd, f"0{day}").state == "quarantined"
    owner_writes(store, "tiny.toml", WIDER)
    dry, wet = (again(store, of_wave(store, "tiny", "w1"), signed).read for signed in (None, SIGNED))
    assert [one.after.state for one in wet] == ["accepted", "accepted", "duplicate", "duplicate"]
    assert [unsigned(one) for one in dry] == [unsigned(one) for one in wet]


CONTENTS = (
    GOOD,
    PARTLY,
    HEAD + "p5,2026-08-01,9,9,7\n",
    HEAD + "p6,2026-08-01,8,1,99\n",
    "a,b\n1,2\n",
)


@examples(12, 300)
@given(st.lists(st.sampled_from(CONTENTS), min_size=1, max_size=5), st.lists(st.integers(-2, 4), max_size=6))
def test_however_a_wave_is_redriven_the_same_answers_are_stored_in_the_end(pushed: list[str], steps: list[int]) -> None:
    """Steps: one file, as a dry run (-1), or all since a day (-2); the whole wave is redriven last, and then again."""
    ends = []
    for way in ([], steps):
        with TemporaryDirectory() as folder:
            store = FolderStore(Path(folder))
            store.create("config/tiny/survey.toml", SURVEY.encode())
            store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
            keys = [f"landing/tiny/w1/responses/{at}.csv" for at in range(len(pushed))]
            for at, text in enumerate(pushed):
                push(store, keys[at], text, f"0{at + 1}")
            owner_writes(store, "tiny.toml", WIDER)
            for step in way:
                if step == -1:
                    before = everything(store)
                    again(store, of_wave(store, "tiny", "w1"), None)
                    assert everything(store) == before
                elif step == -2:
                    again(store, since(store, "tiny", date(2026, 8, 2)))
                elif step < len(keys):
                    again(store, of_file(store, keys[step]))
            dry, wet = (again(store, of_wave(store, "tiny", "w1"), signed) for signed in (None, SIGNED))
            assert [unsigned(one) for one in dry.read] == [unsigned(one) for one in wet.read]
            assert dry.left == wet.left
            done = everything(store)
            second = again(store, of_wave(store, "tiny", "w1"), Signed("ola", "once more"))
            assert second.changed == 0
            assert everything(store) == done
            ends.append({key: data for key, data in done.items() if key.split("/")[0] in {"responses", "quarantine"}})
    assert ends[0] == ends[1]


def test_why_a_file_is_left_as_it_is(store: FolderStore) -> None:
    keys = {name: f"landing/tiny/w1/responses/{name}.csv" for name in ("gone", "changed", "never", "copy")}
    push(store, keys["gone"], "a,b\n1,2\n")
    push(store, keys["changed"], "a,b\n1,3\n")
    push(store, keys["copy"], GOOD, "03")
    receive(store, KEY, Landed(keys["never"], landed_at="2026-08-04T10:00:00Z"))
    store.delete(keys["gone"])
    store.replace(keys["changed"], b"a,b\n1,4\n", store.read(keys["changed"]).etag)
    before = everything(store)
    done = again(store, of_wave(store, "tiny", "w1"))
    assert {one.record.key: one.reason for one in done.left} == {
        A: "accepted",
        keys["gone"]: "gone",
        keys["changed"]: "another_version",
        keys["never"]: "gone",
        keys["copy"]: "duplicate",
    }
    assert all("its sender" in one.message for one in done.left if one.reason in {"gone", "another_version"})
    assert [one.key for one in done.read] == [B]
    assert everything(store) == before


@pytest.mark.usefixtures("cloud")
def test_each_version_of_an_object_is_a_file_of_its_own() -> None:
    store, client = buckets(versioned=True), boto3.client("s3")
    store.create("config/tiny/survey.toml", SURVEY.encode())
    store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    texts = [PARTLY + f"p{number},2026-08-01,5,5,9\n" for number in (7, 8, 9)]
    versions = [client.put_object(Bucket="x-landing", Key=B, Body=text)["VersionId"] for text in texts]
    for day, version in enumerate(versions, 1):
        receive(store, KEY, Landed(B, version, f"2026-08-0{day}T10:00:00Z", "x-landing"))
    client.delete_object(Bucket="x-landing", Key=B, VersionId=versions[0])
    client.put_object(Bucket="x-private", Key="config/tiny/tiny.toml", Body=WIDER)
    done = again(store, of_file(store, B))
    assert [(one.record.version, one.reason) for one in done.left] == [(versions[0], "gone")]
    assert [(one.before.version, one.before.state, one.after.state) for one in done.read] == [
        (version, "partly", "accepted") for version in versions[1:]
    ]
    second = again(store, of_file(store, B))
    assert [one.reason for one in second.left] == ["gone", "accepted", "accepted"]


@pytest.mark.parametrize(
    ("day", "expected"), [(date(2026, 8, 1), [A, B]), (date(2026, 8, 2), [B]), (date(2026, 8, 3), [])]
)
def test_since_a_day(store: FolderStore, day: date, expected: list[str]) -> None:
    assert [one.key for one in since(store, "tiny", day)] == expected


def test_since_a_day_goes_over_the_waves_and_counts_days_in_utc(store: FolderStore) -> None:
    other = "landing/tiny/w2/responses/z.csv"
    store.create(other, GOOD.encode())
    receive(store, KEY, Landed(other, landed_at="2026-09-02T01:30:00+02:00"))  # still the first in UTC
    assert [one.key for one in since(store, "tiny", date(2026, 9, 1))] == [other]
    assert since(store, "tiny", date(2026, 9, 2)) == ()


def test_a_survey_file_that_cannot_be_used_takes_nothing_away(store: FolderStore) -> None:
    before = everything(store)
    owner_writes(store, "survey.toml", SURVEY + "surprise = 1\n")
    with pytest.raises(SurveyInvalid, match="surprise"):
        again(store, of_wave(store, "tiny", "w1"))
    owner_writes(store, "survey.toml", SURVEY.replace("mean = 5", "mean = 3"))
    with pytest.raises(SurveyInvalid, match="may not be lowered"):
        again(store, of_wave(store, "tiny", "w1"))
    owner_writes(store, "survey.toml", SURVEY)
    assert everything(store) == before


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("landing/tiny/w1/responses/c.csv", "nothing was ever received as .*its sender pushes it"),
        ("landing/tiny/w1/c.csv", "no landing key.*landing/<survey>/<wave>/<kind>/<file>"),
    ],
)
def test_a_key_that_nobody_knows(store: FolderStore, key: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        of_file(store, key)


def test_a_wave_that_there_is_not_and_one_that_is_empty(store: FolderStore) -> None:
    with pytest.raises(SurveyInvalid, match="has no wave 'w9'"):
        of_wave(store, "tiny", "w9")
    assert of_wave(store, "tiny", "w2") == ()
    with pytest.raises(ledger.SurveyUnknown, match="no survey 'none'"):
        since(store, "none", date(2026, 8, 1))


def test_files_of_a_wave_that_was_added_later(store: FolderStore) -> None:
    assert push(store, "landing/tiny/w3/responses/a.csv", GOOD).state == "rejected"
    owner_writes(store, "survey.toml", SURVEY.replace('id = "w2"', 'id = "w3"'))
    (found,) = again(store, of_wave(store, "tiny", "w3")).read
    assert (found.before.state, found.after.state) == ("rejected", "accepted")


@pytest.mark.parametrize(
    ("by", "why"),
    [("", "x"), ("x", ""), (" ", "x"), ("x", "\n"), ("x", "a\x1b[31mb"), ("x", "y" * 501), ("y" * 101, "x")],
)
def test_a_signature_is_words_of_a_line(by: str, why: str) -> None:
    with pytest.raises(Refused, match=r"--by|--why"):
        Signed(by, why)


def test_records_of_before_there_were_signatures_still_load(store: FolderStore) -> None:
    (record,) = of_file(store, B)
    key = f"ledger/files/tiny/w1/{record.id}.json"
    old = {name: value for name, value in json.loads(store.read(key).data).items() if "redriven" not in name}
    store.replace(key, json.dumps(old).encode(), store.read(key).etag)
    assert of_file(store, B) == (record,)
    owner_writes(store, "tiny.toml", WIDER)
    assert again(store, of_file(store, B)).changed == 1
