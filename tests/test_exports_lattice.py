"""Small parts of reading in blocks: where cells stand, which texts there are, what time it is, who it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ExportRejected
from pipeline.exports import clock, lattice, odd, people, repeats, strict, times
from pipeline.exports.candidates import Candidates
from pipeline.exports.census import BLOCK, Uncertain, take
from pipeline.exports.columns import Reason, named
from pipeline.exports.count import Counter, physical_records
from pipeline.exports.distinct import WIDE, distinct, texts
from pipeline.exports.head import blocks, even_cut
from pipeline.in_order import in_order


def letters(data: bytes) -> np.ndarray:
    return np.frombuffer(data + bytes(WIDE), np.uint8)


def seen(data: bytes, width: int, delimiter: str = ",") -> tuple[dict[int, list[bytes]], list[bytes]]:
    """The cells of the regular records by number, and the odd records."""
    grid = lattice.lay(letters(data), delimiter, width)
    regular: dict[int, list[bytes]] = {int(record): [] for record in grid.regular}
    for at in range(width):
        for record, start, end in zip(grid.regular, *grid.column(at), strict=True):
            regular[int(record)].append(data[start:end])
    return regular, [data[grid.first[one] : grid.last[one]] for one in grid.odd]


def test_a_picture() -> None:
    data = b'1,2\r\n"a,b",""\nx\n1,2,\n"a""b",1\n"a\nb",1\n="1",2\n\n,\n'
    assert seen(data, 2) == (
        {0: [b"1", b"2"], 1: [b"a,b", b""], 8: [b"", b""]},
        [b"x", b"1,2,", b'"a""b",1', b'"a\nb",1', b'="1",2', b""],
    )


def test_as_many_cells_as_all_records_together_should_have_are_not_enough() -> None:
    assert seen(b"1,2,3\n4\n", 2) == ({}, [b"1,2,3", b"4"])
    assert seen(b"1,2\n3\n4,5,6\n", 2) == ({0: [b"1", b"2"]}, [b"3", b"4,5,6"])


def test_a_block_without_a_record_is_left() -> None:
    with pytest.raises(Uncertain):
        lattice.lay(letters(b'"a\n'), ",", 2)


TEXT = st.text(st.sampled_from('ab1,;"\n='), max_size=60).map(lambda text: f"{text}\n")


@given(TEXT, st.integers(1, 4), st.sampled_from(strict.DELIMITERS))
def test_a_regular_record_has_the_cells_that_the_strict_reader_finds_and_every_record_is_there(
    text: str, width: int, delimiter: str
) -> None:
    data = text.encode()
    cut = even_cut(data)
    if not cut:
        return
    regular, left = seen(data[:cut], width, delimiter)
    records, _ = strict.split(data[:cut].decode())
    assert len(records) == len(regular) + len(left)
    for record, cells in regular.items():
        assert [cell.decode() for cell in cells] == list(strict.cells([records[record]], delimiter)[0]) or cells == [
            b""
        ]
    assert [record for at, record in enumerate(records) if at not in regular] == [one.decode() for one in left]


@given(st.text(st.sampled_from('a",\n'), max_size=40), st.integers(1, 20))
def test_blocks_are_whole_records_and_together_the_file(text: str, size: int) -> None:
    data = text.encode()
    found = list(blocks(BytesIO(data), 0, size))
    whole = b"".join(block for _, block in found)
    assert whole == (data if not data or whole == data else data + b"\n")
    for start, block in found[:-1]:
        assert data[start : start + len(block)] == block
        assert block.endswith(b"\n")
        assert block.count(b'"') % 2 == 0


@given(st.text(st.sampled_from('a",\n'), max_size=40), st.integers(1, 9))
def test_the_count_in_blocks_is_the_count_of_the_whole(text: str, size: int) -> None:
    counter = Counter()
    for at in range(0, len(text), size):
        counter.feed(text[at : at + size].encode())
    counter.feed(b"")
    assert counter.is_open == (text.count('"') % 2 == 1)
    if not counter.is_open:
        assert counter.records == physical_records(text)


@given(st.text(st.sampled_from('a;\n"æ'), min_size=1), st.sampled_from(["utf-8", "cp1252"]), st.integers(1, 20))
def test_a_census_in_blocks_of_any_size_says_the_same(text: str, encoding: str, size: int) -> None:
    def said(size: int) -> object:
        try:
            return take(BytesIO(text.encode(encoding)), size)
        except Uncertain:
            return None

    assert said(size) == said(BLOCK)


@given(st.lists(st.text(st.sampled_from("abæ 1"), max_size=12) | st.text("ab", max_size=90), min_size=1, max_size=20))
@settings(deadline=None)  # the first call loads what encodes
def test_every_cell_is_one_of_the_distinct_texts(cells: list[str]) -> None:
    encoded = [cell.encode() for cell in cells]
    ends = np.cumsum([len(cell) + 1 for cell in encoded]) - 1
    starts = ends - [len(cell) for cell in encoded]
    found = distinct(letters(b",".join(encoded) + b"\n"), starts, ends)
    known = texts(found.keys)
    assert [known[code] for code in found.codes] == encoded
    assert len(set(known)) == len(known)


MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), allow_imaginary=True)  # noqa: DTZ001 - as written
ZONES = ["UTC", "Europe/Oslo", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"]


@given(
    st.lists(st.tuples(MOMENTS, st.sampled_from(["", "Z", "+02:00", ".5"])), min_size=1, max_size=9),
    st.sampled_from(ZONES),
    st.sampled_from([" ", "T"]),
)
@settings(deadline=None)  # the first call loads what encodes
def test_a_time_by_its_digits_is_what_the_reader_of_times_says(
    written: list[tuple[datetime, str]], name: str, between: str
) -> None:
    zone = UTC if name == "UTC" else ZoneInfo(name)
    cells = [f"{at.replace(microsecond=0).isoformat(between)}{behind}" for at, behind in written]
    found = read_days(cells, zone)
    for cell, micros, left in zip(cells, found.micros.tolist(), found.left.tolist(), strict=True):
        assert left or clock.EPOCH + micros * clock.MICRO == times.moment(cell, zone)


def read_days(cells: list[str], zone: object = UTC, encoding: str = "utf-8") -> clock.Times:
    data = letters("".join(cells).encode(encoding))
    lengths = np.array([len(cell.encode(encoding)) for cell in cells])
    ends = np.cumsum(lengths)
    found = clock.read_days(data, ends - lengths, ends, clock.midnights(lambda text: times.moment(text, zone)))  # type: ignore[arg-type]  # a zone
    assert found is not None
    return found


@pytest.mark.parametrize("days", [["01"], ["02", "01", "02", "31"]])
@pytest.mark.parametrize("behind", [[""], ["Z"], ["", "+02:00"]])
def test_blocks_of_one_day_one_month_and_one_offset_are_read_like_others(days: list[str], behind: list[str]) -> None:
    cells = [f"2026-08-{day} 10:00:0{at}{after}" for at, day in enumerate(days) for after in behind]
    found = read_days(cells)
    assert found.micros.tolist() == [clock.microseconds(times.moment(cell, UTC)) for cell in cells]  # type: ignore[arg-type]  # each is a time
    assert not found.left.any()


def test_days_on_which_the_clocks_change_and_what_is_no_time_are_left() -> None:
    good = ["2026-08-01 10:00:00", "2026-08-01 23:59:59"]
    bad = [
        "2026-08-01 24:00:00",
        "2026-08-01 10:60:00",
        "2026-08-01 10:00:60",
        "2026-02-30 10:00:00",
        "2026/08/01 10:00:0",
    ]
    bad += [
        "01.08.2026 10:00:00",
        "2026-08-01x10:00:00",
        "2026-08-01 1O:00:00",
        "æ026-08-01 10:00:0",
        "",
    ]
    changing = ["2026-03-29 12:00:00", "2026-10-25 12:00:00"]
    assert read_days([*good, *bad, *changing], ZoneInfo("Europe/Oslo")).left.tolist() == [False] * 2 + [True] * 12
    none = np.zeros(3, np.int64)
    assert clock.read_days(letters(b""), none, none + 18, clock.midnights(str)) is None
    assert clock.read_days(letters(bytes(99)), none, none + WIDE + 1, clock.midnights(str)) is None
    assert clock.microseconds(datetime(1969, 12, 31, tzinfo=UTC)) == -86400 * 10**6


@pytest.mark.parametrize("at", range(len("2026-08-01 "), len("2026-08-01 10:00:00")))
@pytest.mark.parametrize("letter", "/:;ø\xb0")
def test_what_is_no_digit_is_no_time_wherever_it_stands(at: int, letter: str) -> None:
    cell = "2026-08-01 10:00:00"
    assert cell[at] == letter or read_days([cell[:at] + letter + cell[at + 1 :]], encoding="cp1252").left.tolist() == [
        True
    ]


class _Block:
    """As much of a block as reading persons needs."""

    def __init__(self, cells: list[bytes]) -> None:
        self.data = b",".join(cells) + b"\n"
        self.ends = np.cumsum([len(cell) + 1 for cell in cells]) - 1
        self.starts = self.ends - [len(cell) for cell in cells]
        self.grid = type("Grid", (), {"data": letters(self.data)})


@given(st.lists(st.text(max_size=12).filter("\0".__ne__) | st.sampled_from(["anonymous", "1.5E+11", " p1", "p1"])))
def test_many_persons_at_once_have_the_ids_and_the_faults_that_each_has_alone(cells: list[str]) -> None:
    encoded = [cell.encode("utf-8", "replace") for cell in cells]
    block = _Block(encoded or [b""])
    found = people.read(block, block.starts, block.ends, lambda cell: named(cell.decode()), map(named, cells))  # type: ignore[arg-type]  # a block
    names = found.names.to_pylist()
    for row, cell in enumerate([*(encoded or [b""]), *(cell.encode("utf-8", "surrogatepass") for cell in cells)]):
        one = named(cell.decode("utf-8", "surrogatepass"))
        assert found.reasons.get(row, names[row].decode("utf-8", "surrogatepass")) == one
        assert isinstance(one, Reason) == (row in found.reasons)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), st.integers(0, 2)), max_size=30))
def test_of_rows_of_one_respondent_the_earlier_are_late_and_those_of_one_time_are_tied(
    rows: list[tuple[int, int, int]],
) -> None:
    known = np.array([row[:2] for row in rows], "<u8").reshape(-1, 2).view(np.uint8)
    late, ties = repeats.find(known, np.array([at for *_, at in rows], np.int64))
    last = {row[:2]: max(at for *other, at in rows if tuple(other) == row[:2]) for row in rows}
    assert sorted(late.tolist()) == [number for number, row in enumerate(rows) if row[2] < last[row[:2]]]
    alike: dict[tuple[int, ...], list[int]] = {}
    for number, row in enumerate(rows):
        alike.setdefault(row, []).append(number)
    expected = [(numbers, last[row[:2]] == row[2]) for row, numbers in alike.items() if len(numbers) > 1]
    assert sorted(ties) == sorted(expected)


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3), max_size=40), st.integers(1, 50))
def test_candidates_are_the_rows_whose_key_another_row_has_in_any_number_of_parts(keys: list[int], many: int) -> None:
    candidates = Candidates(BytesIO())
    for at in range(0, len(keys), 7):
        candidates.add(np.array(keys[at : at + 7], np.int64))
    expected = [row for row, key in enumerate(keys) if keys.count(key) > 1]
    assert candidates.find(together=many).tolist() == expected


def test_a_cell_that_the_strict_reader_finds_too_long_is_left_to_it() -> None:
    with pytest.raises(Uncertain):
        lattice.lay(letters(b"x" * 140_000 + b",1\n"), ",", 2)


@given(st.lists(st.integers(0, 9), max_size=20), st.integers(1, 3), st.integers(1, 4))
def test_what_is_done_at_once_comes_in_order_and_an_error_at_its_turn(
    things: list[int], threads: int, waiting: int
) -> None:
    done: list[int] = []
    if 0 not in things:
        assert list(in_order(lambda thing: 1 / thing, things, threads, waiting)) == [1 / thing for thing in things]
        return
    with pytest.raises(ZeroDivisionError):
        done.extend(int(thing) for thing in in_order(lambda thing: thing // (thing and 1), things, threads, waiting))
    assert done == things[: things.index(0)]


def test_an_odd_record_that_the_strict_reader_refuses_leaves_the_file_to_it() -> None:
    with pytest.raises(ExportRejected):
        strict.cells(['a"b'], ",")
    with pytest.raises(Uncertain):
        odd.cells('a"b', ",")


def test_half_an_hour_is_no_whole_day() -> None:
    """A zone that goes forth and back within one day ends it where it began; the quarters in between tell."""

    def moment(text: str) -> datetime:
        at = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return at + timedelta(hours=1) if at.hour == 12 else at

    assert clock.midnights(moment)(b"2026-08-01 ") is None
