"""CSV as a Norwegian Excel saves it: semicolons, decimal comma, dd.mm.yyyy, often cp1252, now and then `sep=;`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.exports.table import Row, Table, Vendor, lay_out

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet

# What Microsoft Forms adds to the sheet that people save as CSV.
OWN = frozenset({"ID", "Starttidspunkt", "Fullføringstidspunkt", "E-post", "E-postadresse", "Navn", "Språk"}) | {
    "Tidspunkt for siste endring",
    "Start time",
    "Completion time",
    "Email",
    "Name",
    "Last modified time",
}

_HABITS = re.compile(
    r'(?:^|[;"\r\n])(?:-?[0-9]{1,3}(?:[\xa0 ]?[0-9]{3})*,[0-9]+(?=[;"\r\n]|$)|[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}\b'
    r'|=""?[^;\r\n]*")|\xa0',
)
_GUARD = re.compile(r'="([^"]*)"')


def recognised(table: Table) -> bool:
    """Whether it is separated by semicolons and shows one habit of Excel with Norwegian settings."""
    if table.delimiter != ";":
        return False
    text = table.text
    return table.declared or text.bom or text.encoding == "cp1252" or shows_habit(text.text)


def shows_habit(text: str) -> bool:
    """Whether a file's text, or a part of it that begins and ends with a record, shows one of Excel's habits."""
    return _HABITS.search(text) is not None


def read(table: Table) -> Sheet:
    """The sheet; guards like `="00123"` and no-break spaces are taken away from around what they guard."""
    vendor = Vendor("excel_no", 1, decimal=",", own=OWN, repair=_repaired, repairs=("\xa0", '="'))
    return lay_out(table, vendor, table.heading())


def _repaired(row: Row) -> Row:
    return [unguarded(cell) for cell in row]


def unguarded(cell: str) -> str:
    """A cell without blanks around it, and without the guard that kept its zeros."""
    cell = cell.replace("\xa0", " ").strip()
    guarded = _GUARD.fullmatch(cell)
    return guarded[1] if guarded else cell
