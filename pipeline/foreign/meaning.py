"""One cell of a workbook -> the text that stands for it, or the reason why that is not certain."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.foreign.book import Style
    from pipeline.foreign.cells import Cell

EXACT = 10**15  # Excel keeps fifteen digits; of a larger whole number the last ones are gone
LOST = 60  # days; until 1900-02-29, which Excel believes in, programs count differently
LAST = 2_958_466  # days; 10000-01-01

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DAY_ZERO, _DAY_ZERO_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - a sheet has no time zone


class Uncertain(str):
    """A reason code; the text beside it is what the sender saw."""

    __slots__ = ()


def meaning(cell: Cell, style: Style, *, from_1904: bool) -> tuple[str, Uncertain | None]:
    """The text of a cell, and why that is not certain (None when it is)."""
    text = cell.text
    if text is None:
        return "", Uncertain("formula_without_value")
    match cell.kind:
        case "e":
            return text, Uncertain("error_cell")
        case "b":
            return {"1": "TRUE", "0": "FALSE"}.get(text, text), None if text in {"0", "1"} else Uncertain("error_cell")
        case "d":
            return text.replace("T", " ").removesuffix("Z"), None
        case "n":
            return _numeric(text.strip(), style, from_1904=from_1904)
    return text, None


def _numeric(text: str, style: Style, *, from_1904: bool) -> tuple[str, Uncertain | None]:
    if not _NUMBER.fullmatch(text):
        return text, Uncertain("error_cell") if text else None
    number = float(text)
    if style.shown in {"date", "moment"}:
        return _moment(number, style, from_1904=from_1904)
    shown = number_text(number)
    if style.zeros and shown.isdigit():
        shown = shown.zfill(style.zeros)
    return shown, None


def number_text(number: float) -> str:
    """A number as text that is read back as the same: `4`, `0.1`; as `1.2E+19` when digits may have been lost."""
    if number.is_integer() and abs(number) < EXACT:
        return str(int(number))
    if abs(number) >= EXACT:
        mantissa, _, exponent = f"{number:.16E}".partition("E")
        whole, _, decimals = mantissa.partition(".")
        return f"{whole}.{decimals.rstrip('0') or '0'}E{exponent}"
    return repr(number)


def _moment(days: float, style: Style, *, from_1904: bool) -> tuple[str, Uncertain | None]:
    """ISO 8601; seconds are rounded, for a day is no decimal number of them."""
    if not from_1904 and 0 <= days < 1:
        return number_text(days), None  # a time without a day
    if not (0 if from_1904 else LOST) <= days < LAST - (1462 if from_1904 else 0):
        return number_text(days), Uncertain("unreadable_time")
    at = (_DAY_ZERO_1904 if from_1904 else _DAY_ZERO) + timedelta(seconds=round(days * 86_400))
    if at.hour == at.minute == at.second == 0 and style.shown == "date":
        return at.date().isoformat(), None
    return at.isoformat(sep=" "), None
