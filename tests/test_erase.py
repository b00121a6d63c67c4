"""A person is taken out, everybody else stays, and nobody comes back."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow.compute as pc
import pytest
from redriving import redrive
from tiny_survey import INSTRUMENT, KEY, SURVEY, who
from workbooks import workbook

from pipeline import fingerprints, ledger, parquet
from pipeline.erase import erase
from pipeline.errors import Refused
from pipeline.exports import holds
from pipeline.ingest import Landed, receive
from pipeline.store import FolderStore

HEAD = "person,sent,Q1,Q2,Q3\n"
FILES = {
    "landing/tiny/w1/responses/a.csv": HEAD + "p1,2026-08-01,4,4,7\np2,2026-08-01,3,3,8\n",
    "landing/tiny/w1/responses/b.csv": HEAD + "p1,2026-08-02,9,4,7\np3,2026-08-01,3,3,8\n",
    "landing/tiny/w1/responses/c.csv": HEAD + "p11,2026-08-01,4,4,7\n",
    "landing/tiny/w2/responses/d.csv": HEAD + "p1,2026-09-01,4,4,7\n",
    "landing/tiny/w1/people/p.csv": "person_id,unit_id,kjonn\np1,U1,f\np2,U1,m\n",
}


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    store = FolderStore(tmp_path)
    store.create("config/tiny/survey.toml", SURVEY.encode())
    store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    for key, text in FILES.items():
        store.create(key, text.encode())
        receive(store, KEY, Landed(key))
    return store


def rows(store: FolderStore, prefix: str) -> list[str]:
    """The pseudonyms in the tables under a prefix; fingerprints stand beside them, in tables called names."""
    keys = [one.key for one in store.keys(prefix) if "/names/" not in one.key]
    tables = [parquet.from_bytes(store.read(key).data) for key in keys]
    return sorted(person for table in tables for person in table["respondent"].to_pylist())


def named(store: FolderStore, *among: str) -> list[str]:
    """Who of these has a fingerprint in any table of them."""
    tables = [
        parquet.from_bytes(store.read(one.key).data) for one in store.keys("organisation/") if "/names/" in one.key
    ]
    kept = {whole for table in tables for whole in table["whole"].to_pylist()}
    return [one for one in among if not kept.isdisjoint(fingerprints.of([one], KEY, "tiny")["whole"].to_pylist())]


def everything(store: FolderStore) -> dict[str, bytes]:
    return {one.key: store.read(one.key).data for one in store.keys("")}


def test_the_persons_rows_are_gone_and_nobody_elses(store: FolderStore) -> None:
    done = erase(store, KEY, "tiny", " p1 ")
    assert (done.pseudonym, done.responses, done.people) == (who("p1"), 2, 1)
    assert rows(store, "responses/") == sorted([who("p2"), who("p3"), who("p11")])
    assert rows(store, "organisation/") == [who("p2")]
    assert list(store.keys("responses/survey=tiny/wave=w2/")) == []  # nobody else was in it
    assert who("p1").encode() not in b"".join(data for key, data in everything(store).items() if "ledger" not in key)
    people = ledger.current(store, "tiny", "w1", "people")
    assert people is not None
    assert rows(store, people) == [who("p2")]


def test_the_persons_fingerprint_is_gone_and_stays_away(store: FolderStore) -> None:
    assert named(store, "p1", "p2", "p3") == ["p1", "p2"]
    erase(store, KEY, "tiny", " p1 ")
    assert named(store, "p1", "p2") == ["p2"]
    store.create("landing/tiny/w1/people/q.csv", b"person_id,unit_id,kjonn\np1,U1,f\np2,U1,m\np4,U1,m\n")
    receive(store, KEY, Landed("landing/tiny/w1/people/q.csv"))
    assert named(store, "p1", "p2", "p4") == ["p2", "p4"]


def test_what_still_names_the_person_is_listed(store: FolderStore) -> None:
    done = erase(store, KEY, "tiny", "p1")
    aside = [one.key for one in store.keys("quarantine/") if one.key.endswith("rows.csv")]
    assert done.holding == tuple(sorted(set(FILES) - {"landing/tiny/w1/responses/c.csv"})) + tuple(aside)
    assert done.removed == ()


def test_raw_files_are_deleted_when_told(store: FolderStore) -> None:
    held = erase(store, KEY, "tiny", "p1").holding
    done = erase(store, KEY, "tiny", "p1", remove_raw=True)
    assert (done.removed, done.holding) == (held, ())
    assert [one.key for one in store.keys("landing/")] == ["landing/tiny/w1/responses/c.csv"]
    assert erase(store, KEY, "tiny", "p1").holding == ()


def test_doing_it_twice_changes_nothing(store: FolderStore) -> None:
    first = erase(store, KEY, "tiny", "p1")
    before = everything(store)
    second = erase(store, KEY, "tiny", "p1")
    assert everything(store) == before
    assert (second.responses, second.people, second.holding) == (0, 0, first.holding)


def test_an_erased_person_does_not_come_back(store: FolderStore) -> None:
    erase(store, KEY, "tiny", "p1")
    key = "landing/tiny/w1/responses/late.csv"
    store.create(key, (HEAD + "p1,2026-08-09,4,4,7\np1,2026-08-09,9,4,7\np4,2026-08-09,4,4,7\n").encode())
    record = receive(store, KEY, Landed(key))
    assert (record.state, record.accounts["tombstoned"], record.accounts["accepted"]) == ("accepted", 2, 1)
    redrive(store, KEY, "tiny", "w1")
    for name, text in FILES.items():
        store.create(f"{name}.again", text.encode())
        receive(store, KEY, Landed(f"{name}.again"))
    assert who("p1") not in rows(store, "responses/") + rows(store, "organisation/")


def test_somebody_who_never_answered_leaves_only_a_tombstone(store: FolderStore) -> None:
    before = everything(store)
    done = erase(store, KEY, "tiny", "p99")
    assert (done.responses, done.people, done.holding) == (0, 0, ())
    assert set(everything(store)) - set(before) == {f"ledger/erasures/tiny/{who('p99')}.json"}


@pytest.mark.parametrize("person", ["", "  \n"])
def test_nobody_cannot_be_erased(store: FolderStore, person: str) -> None:
    with pytest.raises(Refused, match="none was given"):
        erase(store, KEY, "tiny", person)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a,b\np1,2\n", True),
        (b"a,b\np11,2\n", False),
        (b"a,b\n p1 ,2\n", True),
        (b'a;b\n="p1";2\n', True),
        (b"a,b\np1\n", True),  # a record that could not be read
        (b"a,b\nx,\x00p1\n", True),  # a file that could not: rather one too many
        (b"a,b\nx,\x00p2\n", False),
        ("a\tp1".encode("utf-16-le") + b"\x00\x00\x01", True),
        (workbook([["a", "b"], ["p1", 2]]), True),
        (workbook([["a", "b"], ["p11", 2]]), False),
        (workbook([["a", "b"], ["p11", 2]])[:-9], True),  # what cannot be opened may hold anybody
        (gzip.compress(b"a,b\np1,2\n", mtime=0), True),
        (gzip.compress(b"a,b\np11,2\n", mtime=0), False),
        (b'{"a":"p1"}\n', True),
        (b'{"a":"\\u0070\\u0031"}\n', True),
        (b'{"a":"p11"}\n{"p1\n', True),
        (b'{"a":"p11"}\n', False),
    ],
)
def test_whether_a_file_holds_somebody(data: bytes, expected: bool) -> None:  # noqa: FBT001 - a picture
    assert holds(data, "p1") is expected


def test_two_erasures_that_were_stopped_are_completed_by_making_both_again(store: FolderStore) -> None:
    key = next(one.key for one in store.keys("responses/survey=tiny/wave=w1/") if who("p2") in rows(store, one.key))
    table = parquet.from_bytes(store.read(key).data)
    for number, person in enumerate(("p1", "p2")):  # each wrote its table and was stopped before taking the first away
        others = table.filter(pc.not_equal(table["respondent"], who(person)))
        store.create(key.replace(".parquet", f".{number:016d}.parquet"), parquet.to_bytes(others))
    for person in ("p1", "p2"):
        erase(store, KEY, "tiny", person)
    assert rows(store, "responses/") == sorted([who("p3"), who("p11")])
