"""The same sheet read by calamine, which shares no code with ours: where the two differ, nobody knows what it says."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from python_calamine import CalamineError, CalamineWorkbook

from pipeline.foreign.found import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.foreign.cells import Cell, Grid

_ROUNDED = timedelta(seconds=1)


def agree(data: bytes, sheet: str, grid: Grid, texts: Mapping[tuple[int, int], str]) -> None:
    """Raises Unreadable at the first cell of the sheet of this name that calamine reads otherwise than `texts` say."""
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            second = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (CalamineError, OSError):
        refuse("broken_workbook")
    count = 0
    for row, cells in enumerate(second, start=1):
        ours = grid.rows.get(row, {})
        for column, theirs in enumerate(cells, start=1):
            if theirs == "" and column not in ours:
                continue
            one = ours.get(column)
            if one is None or not _same(one, theirs, texts[row, column]):
                refuse("two_readings", row, str(column))
            count += 1
    if count != sum(map(len, grid.rows.values())):
        refuse("two_readings")


def _same(cell: Cell, theirs: object, text: str) -> bool:
    match theirs:
        case "":  # it hides errors, and formulas without a value; ours are faults
            same = cell.kind == "e" or cell.text is None or not text.strip()
        case bool():
            same = cell.kind == "b" and text == str(theirs).upper()
        case str():
            same = cell.kind in {"s", "str", "inlineStr"} and (cell.text or "").strip() == theirs.strip()
        case int() | float():
            same = cell.kind == "n" and float(cell.text or "nan") == theirs
        case datetime():
            same = _near(text, theirs) or _uncertain(cell, text)
        case date():
            midnight = datetime(theirs.year, theirs.month, theirs.day)  # noqa: DTZ001 - a sheet has no time zone
            same = _near(text, midnight) or _uncertain(cell, text)
        case _:
            same = isinstance(theirs, (time, timedelta)) and cell.kind in {"n", "d"}
    return same


def _uncertain(cell: Cell, text: str) -> bool:
    """Whether a day stays a number with us, for programs count it differently: it is a fault already."""
    return cell.kind == "n" and _is_number(text)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("-").isdigit()


def _near(text: str, theirs: datetime) -> bool:
    try:
        return abs(datetime.fromisoformat(text) - theirs) <= _ROUNDED
    except (ValueError, TypeError):
        return False
