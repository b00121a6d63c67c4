"""The workbook of a release: it says what the Parquet says, and no text of it is ever a formula."""

from __future__ import annotations

import io
import math
import zipfile
from typing import Any
from xml.etree import ElementTree as ET

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from release_pictures import organisation, parsed, tables
from xlsxwriter.utility import xl_col_to_name

from pipeline import bi
from pipeline.bi import workbook, xlsx
from pipeline.bi.workbook import HEADINGS, INSTEAD
from pipeline.errors import Refused
from pipeline.facts import COLUMNS, FACTS

TABLES = tables(parsed(), organisation())
RELEASE = "0123456789abcdef"
MINIMUM = {"mean": 5, "distribution": 10}
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def sheets(data: bytes) -> list[list[list[Any]]]:
    """The cells of each sheet, as another library reads them; "" is empty."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names]


def rows_of(data: bytes) -> list[dict[str, Any]]:
    """The rows of the first sheet by the names of their columns; None is empty."""
    (nb, en, *rows), _ = sheets(data)
    names = {(text.nb, text.en): name for name, text in HEADINGS.items()}
    shown = [names[one] for one in zip(nb, en, strict=True)]
    return [dict(zip(shown, (None if one == "" else one for one in row), strict=True)) for row in rows]


def test_every_figure_is_that_of_the_parquet_and_what_is_withheld_is_said() -> None:
    rows = TABLES["facts"].to_pylist()
    rows[-1] |= {"status": "N"}
    given = TABLES | {"facts": pa.Table.from_pylist(rows, FACTS)}
    found = rows_of(bi.to_xlsx(given, RELEASE, MINIMUM))
    key = ("wave", "unit", "segment", "category", "measure")
    stated = {tuple(row[one] for one in key): row for row in found}
    assert len(stated) == len(found) == len(rows)
    assert {row["status"] for row in rows} == {"F", "C", "N"}
    for row in rows:
        said = dict(row) | ({} if row["status"] == "F" else dict.fromkeys(("answered", "mean"), INSTEAD[row["status"]]))
        assert (
            stated[tuple(row[one] for one in key)].items()
            >= {name: said[name] for name in COLUMNS if name != "survey"}.items()
        )


def test_every_column_of_the_facts_has_headings_of_its_own_in_both_languages() -> None:
    assert set(HEADINGS) >= set(COLUMNS) - {"survey"}
    for texts in ([one.nb for one in HEADINGS.values()], [one.en for one in HEADINGS.values()]):
        assert len(set(texts)) == len(texts)


def test_what_to_know_stands_beside_the_figures() -> None:
    _, about = sheets(bi.to_xlsx(TABLES, RELEASE, MINIMUM))
    said = {row[0]: row[1:] for row in about}
    assert said["release"] == [RELEASE, RELEASE]
    assert said["survey"] == ["demo", "demo"]
    assert said["2026-10"] == ["Oktober 2026, 2026-10-12 – 2026-10-23", "October 2026, 2026-10-12 – 2026-10-23"]
    assert "færre enn 5 som svarte" in said["minimum"][0]
    assert "fewer than 10" in said["minimum"][1]
    assert INSTEAD["C"] == "tilbakeholdt / withheld"
    assert said["withheld"][0].startswith("«tilbakeholdt»")
    assert said["withheld"][1].startswith("'withheld'")
    assert said["percentile"][1] == f"{HEADINGS['percentile'].en}: {COLUMNS['percentile'].en}"
    (_, unsaid) = sheets(bi.to_xlsx(TABLES, RELEASE, None))
    assert "minimum" not in {row[0] for row in unsaid}


def part(data: bytes, name: str) -> ET.Element:
    return ET.fromstring(zipfile.ZipFile(io.BytesIO(data)).read(name))  # noqa: S314 - our own


def test_headings_stay_in_view_and_each_column_has_a_filter() -> None:
    data = bi.to_xlsx(TABLES, RELEASE, MINIMUM)
    facts, about = (part(data, f"xl/worksheets/sheet{number}.xml") for number in (1, 2))
    (pane,) = facts.iter(f"{MAIN}pane")
    assert (pane.get("ySplit"), pane.get("state")) == ("2", "frozen")
    (filtered,) = facts.iter(f"{MAIN}autoFilter")
    assert filtered.get("ref") == f"A2:{xl_col_to_name(len(HEADINGS) - 1)}{TABLES['facts'].num_rows + 2}"
    columns = [(int(one.get("min") or 0), int(one.get("max") or 0)) for one in facts.iter(f"{MAIN}col")]
    assert sum(last - first + 1 for first, last in columns) == len(HEADINGS)
    assert not list(about.iter(f"{MAIN}autoFilter"))


@pytest.mark.parametrize("name", ["=1+1", "+47", "-2", "@SUM(A1)", "\tx", "＝1+1", '=HYPERLINK("http://x.no")'])  # noqa: RUF001 - it is meant
def test_a_name_is_text_and_stays_text_when_its_cell_is_edited(name: str) -> None:
    data = xlsx.to_bytes([xlsx.Sheet("A", [[name, "x", -2.5]], [9, 9, 9])])
    live, plain, number = part(data, "xl/worksheets/sheet1.xml").iter(f"{MAIN}c")
    assert (live.get("t"), plain.get("t"), number.get("t")) == ("s", "s", None)
    assert live.find(f"{MAIN}f") is None
    prefixed = [one.get("quotePrefix") for one in part(data, "xl/styles.xml").find(f"{MAIN}cellXfs") or ()]
    assert [prefixed[int(one.get("s") or 0)] for one in (live, plain, number)] == ["1", None, None]
    assert sheets(data) == [[[name, "x", -2.5]]]


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(st.lists(st.tuples(TEXT, st.none() | st.integers(-(2**53), 2**53), st.floats(allow_nan=False)), min_size=1))
@example([("a\x00\x1f\r\n_x0041_", 1, 0.1), ("_x005F_\ufffe<&>\"'", None, float("inf"))])
def test_whatever_stands_in_a_cell_is_read_again(rows: list[tuple[str, int | None, float]]) -> None:
    found = sheets(xlsx.to_bytes([xlsx.Sheet("A", rows, [9, 9, 9])]))
    texts = [text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd") for text, *_ in rows]
    endless = [repr(one) if math.isinf(one) else float(f"{one:.16g}") for *_, one in rows]  # as Excel keeps them
    counts = ["" if one is None else one for _, one, _ in rows]
    assert found == [[list(row) for row in zip(texts, counts, endless, strict=True)]]


def test_a_text_that_is_longer_than_a_cell_is_cut() -> None:
    ((cell,),) = sheets(xlsx.to_bytes([xlsx.Sheet("A", [["😀" * 40_000]], [9])]))[0]
    assert len(cell.encode("utf-16-le")) // 2 <= 32_767


def test_more_rows_than_a_sheet_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", TABLES["facts"].num_rows + 2)
    bi.to_xlsx(TABLES, RELEASE, MINIMUM)
    monkeypatch.setattr(workbook, "MOST_ROWS", TABLES["facts"].num_rows + 1)
    with pytest.raises(Refused, match=r"more than a sheet holds; take --csv or --duckdb"):
        bi.to_xlsx(TABLES, RELEASE, MINIMUM)


def test_no_time_is_in_it() -> None:
    entries = zipfile.ZipFile(io.BytesIO(bi.to_xlsx(TABLES, RELEASE, MINIMUM))).infolist()
    assert {one.date_time for one in entries} == {(1980, 1, 1, 0, 0, 0)}
