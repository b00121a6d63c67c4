"""Read in blocks of any size, a file is byte for byte what the strict reader says it is, or is left to it."""

from __future__ import annotations

import os
import tracemalloc
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from exports_of_any_kind import KINDS, Export, exports, mutated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sample_reading import demo_files
from tiny_survey import INSTRUMENT, KEY, PER_UNIT, SURVEY, tiny, who
from two_ways import SOURCE, Told, in_blocks, whole

from examples.insteval.prepare import prepare
from pipeline import parquet, survey
from pipeline.exports import Scratch, count_in, count_records, detection, head, receive, streaming
from pipeline.exports.census import Uncertain
from pipeline.exports.known import Known

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from pipeline.exports import Sheet
    from pipeline.exports.known import Meanings
    from pipeline.survey import Survey

REAL = Path(__file__).parents[2] / "shared" / "real"
DEEP = bool(os.environ.get("PULSVERK_DEEP"))
HEAD = "person,sent,Q1,Q2,Q3\n"
SURVEYS = {text: tiny(text) for text in (SURVEY, PER_UNIT)}


def examples(few: int, many: int) -> settings:
    return settings(
        max_examples=many if DEEP else few,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


def agreed(data: bytes, asked: Survey, erased: frozenset[str] = frozenset(), sizes: tuple[int, ...] = (1, 50)) -> Told:
    """What both ways make of a file; fails where they differ, or where no block was read."""
    strict = whole(data, asked, erased)
    for size in (*sizes, 1 << 20):
        assert in_blocks(data, asked, erased, size) == strict
    return strict


@given(exports())
@examples(250, 20_000)
def test_in_blocks_of_any_size_it_is_what_the_strict_reader_says_or_is_left_to_it(export: Export) -> None:
    strict = whole(export.data, SURVEYS[export.survey], export.erased)
    for size in (1, 40, 1 << 20):
        assert in_blocks(export.data, SURVEYS[export.survey], export.erased, size) in (None, strict)


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_file_of_every_vendor_is_read_in_blocks(kind: str) -> None:
    one = KINDS[kind]
    cells = {"plain": "{},2026-08-01,4,3,7", "limesurvey": "1;2026-08-01 10:00:00;{};A4;A3;A7;hi"}
    cells |= {"qualtrics": "2026-08-01 10:00:00,0,{},4,3,7", "excel": "{};4,0;3;7", "semicolons": "{};4;3;7"}
    cells |= {"tabs": "{}\t2026-08-01\t4\t3\t7", "per unit": "{},U1,f,4,3,7"}
    text = one.head + "".join(cells[kind].format(f"p{number}") + "\n" for number in range(9))
    assert agreed(text.encode(), SURVEYS[one.survey])["accounts"].accepted == 9


ODD_FILES = {
    "quotes around everything": HEAD + '"p1","2026-08-01","4","3","7"\n"p,2","2026-08-01","4","3","7"\n',
    "a quote in a quote": HEAD + '"p""1",2026-08-01,4,3,7\n"p""1",2026-08-02,4,3,7\n',
    "a line end in a cell": HEAD + '"p\n1",2026-08-01,4,3,7\np2,2026-08-01,4,3,7\n',
    "a quote that takes a line with it": HEAD
    + 'p1,2026-08-01,"4,3,7\np2,2026-08-01,4,3,7\np3,2026-08-01,4",3,7\np4,2026-08-01,4,3,7\n',
    "too few and too many": HEAD + "p1,2026-08-01,4,3\np2,2026-08-01,4,3,7,\np3,2026-08-01,4,3,7\n",
    "cut short": HEAD + "p1,2026-08-01,4,3,7\np2,2026-08",
    "the same again, and an earlier one": HEAD
    + "p1,2026-08-02,4,3,7\n p1 ,2026-08-01,1,1,1\np1,2026-08-02,4,3,7\np2,,4,3,7\np2,,5,3,7\n",
    "two of one time, and a later one": HEAD + "p1,2026-08-01,4,3,7\np1,2026-08-01,1,1,1\np1,2026-08-02,5,3,7\n",
    "a status nobody heard of, and an answer that is none": KINDS["qualtrics"].head
    + "2026-08-01 10:00:00,Whatever,p1,9,9,99\n2026-08-01 10:00:00,0,p2,4,3,7\n",
    "nothing but blanks": HEAD + "p1,2026-08-01,4,3,7\n\n,,,,\n , ,,,\n",
    "line ends of two kinds": HEAD.replace("\n", "\r\n") + "p1,2026-08-01,4,3,7\np2,2026-08-01,4,3,7\r\n",
    "a long text": HEAD + f"p1,2026-08-01,{'x' * 999},3,7\np2,2026-08-01,4,3,7\n",
    "a long time": HEAD + f"p1,2026-08-01{' ' * 99},4,3,7\np2,{'x' * 99},4,3,7\n",
    "a byte order mark": "\ufeff" + HEAD + "p1,2026-08-01,4,3,7\n",
    "naughty persons": HEAD
    + "".join(f"{one},2026-08-01,4,3,7\n" for one in ("NULL", "NaN", "💩", "007", "=1+1", "-1")),
}


@pytest.mark.parametrize("name", ODD_FILES)
def test_an_odd_record_is_read_strictly_and_those_around_it_in_blocks(name: str) -> None:
    assert agreed(ODD_FILES[name].encode(), tiny())["accounts"].accepted > 0


FIRST = HEAD + "p1,2026-08-01,4,3,7\n"
SECOND_TABLES = {
    "the same headings in another order": FIRST + "\nperson,sent,Q2,Q1,Q3\np2,2026-08-01,4,3,7\n",
    "without a blank line": FIRST + "sent,person,Q1,Q2,Q3\n2026-08-01,p2,4,3,7\n",
    "another question in the place of one": FIRST + "person,sent,Q1,Q2,Q9\np2,2026-08-01,4,3,7\n",
    "fewer columns, then rows that are wide enough": FIRST + "person,sent,Q2\np2,2026-08-01,4,3,7\n",
    "headings of something else": FIRST + "\nansatt,dato,lønn,alder,barn\np2,2026-08-01,4,3,7\n",
    "quoted headings with blanks": FIRST + '"person ","sent","Q3","Q2","Q1"\np2,2026-08-01,4,3,7\n',
}


def test_headings_that_only_stand_once_more_and_words_of_a_person_are_no_second_table() -> None:
    again = FIRST + HEAD + "p2,2026-08-01,4,3,7\n"
    words = FIRST + "p2,2026-08-01,vet ikke,vet ikke,vet ikke\np3,snart,vet ikke,3,7\np4,2026-08-01,4,3,7\n"
    for text, aside in ((again, 1), (words, 2)):
        told = agreed(text.encode(), tiny())["accounts"]
        assert (told.accepted, told.quarantined) == (2, aside)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b"\n \n", "empty_file"),
        ((HEAD + 'p1,2026-08-01,"4,3,7\n').encode(), "unclosed_quote"),
        ((HEAD + 'p1,2026-08-01,4"",3,7\n').encode(), "stray_quote"),
        ((HEAD + "p1,2026-08-01,4,3,7\rp2,2026-08-01,4,3,7\n").encode(), "line_ends"),
        ((HEAD + f"p1,2026-08-01,{'x' * 200_000},3,7\n").encode(), "cell_too_long"),
        ((HEAD + "p1,2026-08-01,\0,3,7\n").encode(), "not_text"),
        *((one.encode(), "second_table") for one in SECOND_TABLES.values()),
        ((HEAD + "p\xf8,2026-08-01,4,3,7\n").encode("cp1252"), "encoding"),
        ((HEAD + "p1,2026-08-01,4,3,7\n").encode("utf-16"), ""),
        (b"person;Q1,Q2;Q3\np1;4,0;7\n", "delimiter"),
        (b"\xef\xbb\xbf" + HEAD.encode() + b"p\xff,2026-08-01,4,3,7\n", "encoding"),
        (HEAD.encode() + b"p\x81,2026-08-01,4,3,7\n", "encoding"),
        (b"navn;Q1;Q2;Q3\nS\xbfren;1;1;1\n", "encoding"),
        (b",person,Q1,Q2,Q3\n1,p1,4,3,7\n", "unknown_column"),
    ],
)
def test_what_is_not_certain_is_left_to_the_strict_reader(data: bytes, reason: str) -> None:
    assert in_blocks(data, tiny()) is None
    assert whole(data, tiny()).get("reason", "") == reason
    assert count_in(BytesIO(data)) == count_records(data)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b,c\n1,2,3\n", "another_survey"),
        (HEAD, "no_records"),
        (HEAD + ",,,,\n\n", "no_records"),
        (HEAD.replace("sent", "surprise") + 'p1,x,4,3,7\n"p2",x,4,3\n', "unknown_column"),
    ],
)
def test_what_is_wrong_with_the_columns_is_refused_in_blocks_too(text: str, reason: str) -> None:
    assert agreed(text.encode(), tiny())["reason"] == reason


def test_a_file_that_is_wrong_in_two_ways_is_refused_for_what_the_strict_reader_sees_first() -> None:
    data = b'a,b,c\n1,2,3\n1,x""y,3\n'
    assert in_blocks(data, tiny()) is None
    assert whole(data, tiny())["reason"] == "stray_quote"
    unknown = KINDS["qualtrics"].head.replace("Europe/Oslo", "Mars/Olympus").encode()
    assert in_blocks(unknown, tiny()) is None
    assert whole(unknown, tiny())["reason"] == "no_records"


def test_a_plain_file_with_semicolons_is_excels_as_soon_as_one_record_shows_a_habit() -> None:
    text = "person;Q1;Q2;Q3\n" + "p1;4;3;7\n" * 2000
    assert in_blocks(text.encode(), tiny(), size=4096) is not None
    assert in_blocks((text + "p2;4,0;3;7\n").encode(), tiny(), size=4096) is None


def test_a_head_that_does_not_show_enough_records_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    data = (HEAD + "p1,2026-08-01,4,3,7\n" * 9).encode()
    monkeypatch.setattr(head, "SAMPLE", 4)
    assert in_blocks(data, tiny()) is None


def test_records_that_the_two_counts_see_differently_are_left_to_the_strict_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipeline.exports.count.Counter.records", 4)
    for text in (HEAD + "p1,2026-08-01,4,3,7\n", "a,b,c\n1,2,3\n"):
        assert in_blocks(text.encode(), tiny()) is None


def test_what_only_the_strict_reader_knows_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_blocks(b'{"person": "p1", "Q1": 4, "Q2": 3, "Q3": 7}\n', tiny()) is None
    data = (KINDS["limesurvey"].head + "1;2026-08-01;p1;A4;A3;A7;hi\n").encode()
    assert in_blocks(data, tiny()) is not None
    real = detection.read

    def unwatched(data: bytes) -> Sheet:
        sheet = real(data)
        assert sheet.vendor is not None
        return replace(sheet, vendor=replace(sheet.vendor, watched=None))

    monkeypatch.setattr(detection, "read", unwatched)
    assert in_blocks(data, tiny()) is None


def test_a_record_that_is_longer_than_any_ends_the_reading_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    text = HEAD + "p1,2026-08-01,4,3,7\n" * 9
    long = '"' + "\n" * 300 + '",2026-08-01,4,3,7\n'
    monkeypatch.setattr(head, "LONGEST", 250)
    assert in_blocks((text + long).encode(), tiny()) is None
    monkeypatch.setattr(head, "SAMPLE", 10)
    monkeypatch.setattr(head, "SEEN", 10)
    assert in_blocks((text + long).encode(), tiny()) is None


def test_of_one_person_about_one_unit_the_latest_counts() -> None:
    text = KINDS["per unit"].head + "p1,U1,f,1,1,1\np1,U2,f,1,1,1\np1,U1,f,1,1,1\np1,U2,f,2,2,2\np2,U1,f,1,1,1\n"
    accounts = agreed(text.encode(), tiny(PER_UNIT))["accounts"]
    assert (accounts.accepted, accounts.duplicate, accounts.superseded) == (3, 1, 1)


@pytest.mark.parametrize("low", [0, -126, -127, -128, -(2**15)])
@pytest.mark.parametrize("high", [10, 127, 128, 2**15 - 1])
def test_answers_on_a_scale_as_wide_as_can_be_stored_are_what_they_were(low: int, high: int) -> None:
    wide = INSTRUMENT.replace('score = "nps"\n', "").replace("low = 0\nhigh = 10", f"low = {low}\nhigh = {high}")
    asked = survey.parse(SURVEY, {"tiny.toml": wide})
    text = (
        HEAD + f"p1,2026-08-01,4,3,{low}\np2,2026-08-01,4,3,{high}\np3,2026-08-01,1,,7\np4,2026-08-01,1,1,{high + 1}\n"
    )
    table = parquet.from_bytes(agreed(text.encode(), asked)["table"])
    assert table["recommend"].to_pylist() == [low, high, 7]


def test_columns_of_single_letters_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[pa.DataType] = []

    def read(self: Known, cells: pa.Array) -> tuple[Meanings, np.ndarray]:
        asked.append(cells.type)
        return meant(self, cells)

    meant = Known.read
    monkeypatch.setattr(Known, "read", read)
    text = "person,Q1,Q2,Q3\np1,4,3,7\np2,,,\np3,1,2,"
    assert agreed(f"{text}\n".encode(), tiny())["accounts"].accepted == 3
    assert not asked
    agreed(f"{text}10\n".encode(), tiny())
    assert asked


def test_an_erased_person_is_in_no_file_that_is_made() -> None:
    text = HEAD + "p1,2026-08-01,4,3,7\np1,2026-08-01,9,3,7\np1,4\np2,2026-08-01,9,3,7\n"
    found = agreed(text.encode(), tiny(), frozenset({who("p1")}))
    assert (found["accounts"].tombstoned, found["accounts"].quarantined, found["table"]) == (3, 1, None)
    assert found["quarantine"]["rows.csv"] == (HEAD + "p2,2026-08-01,9,3,7\n").encode()
    spam = KINDS["qualtrics"].head + "2026-08-01 10:00:00,Whatever,p1,4,3,7\n2026-08-01 10:00:00,Whatever,p2,4,3,7\n"
    found = agreed(spam.encode(), tiny(), frozenset({who("p1")}))
    assert (found["accounts"].tombstoned, found["reasons"]) == (1, {"unknown_status": 1})


def test_the_order_of_the_records_decides_nothing_but_their_numbers() -> None:
    records = ["p1,2026-08-02,5,5,9\n", "p1,2026-08-02,1,1,1\n", "p1,,3,3,3\n", "p1,2026-08-02,5,5,9\n", "p2,,1,1,1\n"]
    kept = set()
    for order in permutations(records):
        found = in_blocks((HEAD + "".join(order)).encode(), tiny())
        assert found is not None
        accounts = found["accounts"]
        table = parquet.from_bytes(found["table"]).drop_columns("record").sort_by("respondent")
        kept.add((accounts.accepted, accounts.superseded, accounts.duplicate, str(table.to_pylist())))
    assert len(kept) == 1


@pytest.mark.parametrize("path", [one for one in demo_files() if "/responses/" in one])
def test_every_export_of_the_sample_is_read_in_blocks(path: str) -> None:
    demo = survey.parse(demo_files()["survey.toml"].decode())
    assert agreed(demo_files()[path], demo, sizes=(1 << 14,))["accounts"].accepted > 0


@given(st.sampled_from(sorted(one for one in demo_files() if "/responses/" in one)), st.data())
@examples(6, 1500)
def test_an_export_of_the_sample_with_changed_bytes(path: str, data: st.DataObject) -> None:
    demo = survey.parse(demo_files()["survey.toml"].decode())
    lines = demo_files()[path].splitlines(keepends=True)
    start = data.draw(st.integers(4, max(4, len(lines) - 40)))
    part = data.draw(mutated(b"".join([*lines[:3], *lines[start : start + 40]]), most=6))
    assert in_blocks(part, demo, size=2000) in (None, whole(part, demo))


@cache
def teaching() -> tuple[Survey, bytes]:
    """The survey of the real ratings, and the ratings."""
    with Scratch() as scratch:
        folder = Path(scratch.enter_context(TemporaryDirectory()))
        prepare(REAL / "insteval.csv", folder)
        beside = {"teaching.toml": (folder / "teaching.toml").read_text("utf-8")}
        return survey.parse((folder / "survey.toml").read_text("utf-8"), beside), (REAL / "insteval.csv").read_bytes()


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
@pytest.mark.parametrize("size", [1 << 16, pytest.param(1 << 12, marks=pytest.mark.deep)])
def test_the_real_ratings(size: int) -> None:
    asked, data = teaching()
    few = data if DEEP else b"".join(data.splitlines(keepends=True)[:6000])
    assert agreed(few, asked, sizes=(size,))["accounts"].accepted > 0


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
@given(st.sampled_from(sorted(one.name for one in REAL.glob("*.csv"))), st.data())
@examples(8, 1500)
def test_a_real_file_with_changed_bytes(name: str, data: st.DataObject) -> None:
    asked = teaching()[0] if name == "insteval.csv" else tiny()
    part = data.draw(mutated((REAL / name).read_bytes()[:8000], most=6))
    assert in_blocks(part, asked, size=500) in (None, whole(part, asked))


def test_the_memory_does_not_grow_with_the_file() -> None:
    peaks = []
    for rows in (2_000, 20_000):
        text = HEAD + "".join(f"p{number},2026-08-01 10:00:00,4,3,7\n" for number in range(rows))
        file = BytesIO(text.encode())
        tracemalloc.start()
        with Scratch() as scratch:
            assert streaming.read(file, tiny(), KEY, SOURCE, (), scratch, size=1 << 15).accounts.accepted == rows
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]


def test_whichever_way_is_taken_the_same_is_received(monkeypatch: pytest.MonkeyPatch) -> None:
    def uncertain(*_: object, **__: object) -> None:
        raise Uncertain

    file = BytesIO((HEAD + "p1,2026-08-01,4,3,7\n").encode())
    with Scratch() as scratch:
        first = receive(file, tiny(), KEY, SOURCE, (), scratch)
        monkeypatch.setattr(streaming, "read", uncertain)
        second = receive(file, tiny(), KEY, SOURCE, (), scratch)
        assert first.table is not None
        assert second.table is not None
        assert (first.accounts, first.table.read()) == (second.accounts, second.table.read())
