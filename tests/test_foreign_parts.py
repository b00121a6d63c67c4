"""The inside of the readers of children: number formats, limits, and where two readers disagree."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from bad_workbooks import BOOK, SPSS, parquet
from hypothesis import given
from hypothesis import strategies as st
from spss_files import sav
from workbooks import Raw, workbook

from pipeline.foreign import cells, meaning, second_reader, xlsx
from pipeline.foreign import parquet as parquets
from pipeline.foreign import sav as savs
from pipeline.foreign.book import Style, style_of
from pipeline.foreign.found import Unreadable


def code(convert, data: bytes) -> str:  # noqa: ANN001 - a function from bytes to what was found
    with pytest.raises(Unreadable) as caught:
        convert(data)
    return caught.value.code


@pytest.mark.parametrize(
    ("written", "style"),
    [
        ("General", Style()),
        ("0.00", Style()),
        ('0.00 "min"', Style()),
        ("#,##0 [$kr-414]", Style()),
        ("[Red]0", Style()),
        (r"0\d", Style()),
        ("00000", Style(zeros=5)),
        ("dd.mm.yyyy", Style("date")),
        ("[$-414]d. mmmm yyyy;@", Style("date")),
        ("mmm", Style("date")),
        ("yyyy-mm-dd hh:mm:ss", Style("moment")),
        ("hh:mm", Style("duration")),
        ("[h]:mm:ss", Style("duration")),
    ],
)
def test_what_a_number_format_shows(written: str, style: Style) -> None:
    assert style_of(written, 164) == style


@pytest.mark.parametrize(
    ("number", "style"),
    [(0, Style()), (14, Style("date")), (22, Style("moment")), (46, Style("duration")), (999, Style())],
)
def test_built_in_formats(number: int, style: Style) -> None:
    assert style_of(None, number) == style


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_read_back_as_it_was_or_seen_to_be_lost(number: float) -> None:
    text = meaning.number_text(number)
    assert float(text) == number
    assert ("E+" in text) == (abs(number) >= 10**15)


@given(st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 30)))  # noqa: DTZ001 - a sheet has no time zone
def test_a_moment_in_a_sheet_is_exact_to_the_second(at: datetime) -> None:
    at = at.replace(microsecond=0)
    days = (at - datetime(1899, 12, 30)) / (datetime(2000, 1, 2) - datetime(2000, 1, 1))  # noqa: DTZ001 - as above
    text, why = meaning.meaning(cells.Cell("n", repr(days), 0, formula=False), Style("moment"), from_1904=False)
    assert (text, why) == (at.isoformat(sep=" "), None)


@given(
    st.lists(
        st.lists(
            st.text(st.characters(min_codepoint=32, blacklist_categories=["Cs", "Cn"]), max_size=5),
            min_size=3,
            max_size=3,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_texts_of_a_workbook_are_letter_by_letter_those_that_were_written(rows: list[list[str]]) -> None:
    written = [["a", "b", "c"], *rows]
    while not any(written[-1]):
        written.pop()
    assert [list(row) for row in xlsx.convert(workbook(written)).rows] == written


def test_a_sheet_with_more_cells_than_anybody_answers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "AREA", 29)
    assert code(xlsx.convert, workbook(BOOK)) == "too_large"
    holes = [["a", *[""] * 9, "b"], *[[] for _ in range(3)], ["c"]]
    assert code(xlsx.convert, workbook(holes)) == "too_large"  # 55 cells, of which three hold something


def test_tables_with_more_cells_than_are_read_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(savs, "CELLS", 1)
    monkeypatch.setattr(parquets, "CELLS", 1)
    assert code(savs.convert, sav(SPSS, [["p1", 4.0, 3.0, None, None, None, ""]])) == "too_large"
    assert code(parquets.convert, parquet(pa.table({"a": [1, 2]}))) == "too_large"


def test_a_day_that_no_calendar_has_is_a_broken_file() -> None:
    never = pa.table({"a": pa.array([2**62], pa.timestamp("us"))})
    assert code(parquets.convert, parquet(never)) == "broken_parquet"
    early = pa.table({"a": pa.array([datetime(1, 1, 1, tzinfo=UTC)], pa.timestamp("us"))})
    assert parquets.convert(parquet(early)).rows[1] == ["0001-01-01 00:00:00"]


def test_an_spss_day_outside_of_time_stays_a_number() -> None:
    rows = savs.convert(sav(SPSS, [["p1", 4.0, 3.0, -1.0, 1e18, 12.5, ""]])).rows
    assert rows[1][3:6] == ["-1", "1.0E+18", "12.5"]


def test_two_readers_that_see_different_cells_refuse_the_workbook() -> None:
    data = workbook([["a", "b"], [1, Raw("<v>2</v>")]])
    grid = xlsx.read_cells(_sheet(data), ())
    texts = {(1, 1): "a", (1, 2): "b", (2, 1): "1", (2, 2): "2"}
    second_reader.agree(data, "Svar", grid, texts)
    other = workbook([["a", "b"], [1, 3]])
    assert code(lambda one: second_reader.agree(one, "Svar", grid, texts), other) == "two_readings"
    fewer = workbook([["a", "b"], [1]])
    assert code(lambda one: second_reader.agree(one, "Svar", grid, texts), fewer) == "two_readings"
    more = workbook([["a", "b", "c"], [1, 2]])
    assert code(lambda one: second_reader.agree(one, "Svar", grid, texts), more) == "two_readings"
    assert code(lambda one: second_reader.agree(one, "Svar", grid, texts), data[:50]) == "broken_workbook"


def _sheet(data: bytes) -> bytes:
    from pipeline.foreign import archive  # noqa: PLC0415 - for this picture alone

    return archive.unpack(archive.look(data), "xl/worksheets/sheet1.xml")
