"""The same content under another name is found by its content, however many files a wave has."""

from __future__ import annotations

from collections import Counter
from itertools import permutations
from pathlib import Path

import pytest
from redriving import redrive
from test_ingest import GOOD, HEAD, KEY, change_survey, everything, opened, push, responses
from tiny_survey import SURVEY

from pipeline import ledger
from pipeline.ingest import Landed, receive
from pipeline.store import FolderStore, Stored


class Counting(FolderStore):
    """A store that counts the reads of each zone and folder."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.reads: Counter[str] = Counter()

    def read(self, key: str, version: str = "") -> Stored:
        """See Store."""
        self.reads["/".join(key.split("/")[:2])] += 1
        return super().read(key, version)


def reads(store: FolderStore, landed: Landed) -> Counter[str]:
    counting = Counting(store.root)
    receive(counting, KEY, landed)
    return counting.reads


@pytest.mark.parametrize("content", [GOOD, HEAD + "p9,2026-08-01,4,4,7\n"], ids=["again", "new"])
def test_receiving_a_file_reads_as_much_in_a_wave_of_many_files_as_in_a_wave_of_few(
    tmp_path: Path, content: str
) -> None:
    told = []
    for many in (1, 40):
        store = opened(tmp_path / str(many))
        push(store, GOOD)
        for number in range(many):
            push(store, HEAD + f"q{number},2026-08-01,4,4,7\n", f"{number}.csv")
        store.create("landing/tiny/w1/responses/last.csv", content.encode())
        told.append(reads(store, Landed("landing/tiny/w1/responses/last.csv", landed_at="2026-08-02T10:00:00Z")))
    assert told[0] == told[1]
    assert told[0]["ledger/files"] == (1 if content == GOOD else 0)  # the one that it is the same as


def test_in_every_order_one_of_the_same_is_stored_and_the_others_name_it(tmp_path: Path) -> None:
    for number, order in enumerate(permutations("abc")):
        store = opened(tmp_path / str(number))
        for name in (*order, *order):
            push(store, GOOD, f"{name}.csv")
        records = {one.key[-5]: one for one in ledger.files(store, "tiny", "w1")}
        assert {name: one.state for name, one in records.items()} == dict.fromkeys("abc", "duplicate") | {
            order[0]: "accepted"
        }
        assert all(f"/{order[0]}.csv" in records[name].message for name in order[1:])
        assert len(responses(store)) == 1


def test_what_was_refused_is_no_twin_until_it_is_redriven(tmp_path: Path) -> None:
    store = opened(tmp_path)
    text = "person,sent,Q1,Q2,Frage\np1,2026-08-01,4,4,7\n"
    assert push(store, text).state == "quarantined"
    assert push(store, text, "b.csv").state == "quarantined"
    change_survey(store, SURVEY.replace('Q3 = "recommend"', 'Q3 = "recommend", Frage = "recommend"'))
    again = redrive(store, KEY, "tiny", "w1")
    assert sorted(one.after.state for one in again) == ["accepted", "duplicate"]
    assert push(store, text, "c.csv").state == "duplicate"
    assert len(responses(store)) == 1


def test_a_note_without_a_record_is_of_somebody_who_was_stopped_and_is_no_twin(tmp_path: Path) -> None:
    store = opened(tmp_path)
    first = push(store, GOOD)
    for one in list(store.keys("ledger/files/")):
        store.delete(one.key)
    assert any(key.startswith("ledger/contents/tiny/w1/responses/") for key in everything(store))
    assert push(store, GOOD, "b.csv").state == "accepted"
    again = receive(store, KEY, Landed(first.key, landed_at=first.landed_at))
    assert again.state == "duplicate"
    assert len(responses(store)) == 1


def test_of_two_that_were_stored_at_once_the_first_that_landed_is_named(tmp_path: Path) -> None:
    store = opened(tmp_path)
    first = push(store, GOOD, at="02")
    second = ledger.FileRecord(**{**vars(first), "id": "0" * 32, "key": "b.csv", "landed_at": "2026-08-01T10:00:00Z"})
    ledger.record_file(store, second)
    assert "received as b.csv" in push(store, GOOD, "c.csv").message
