"""Google Forms: a first column `Timestamp` in which every record has a time as Google writes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.exports.table import Table, Vendor, is_blank, lay_out

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet

FIRST = frozenset({"Timestamp", "Tidsmerke"})
OWN = FIRST | {"Email Address", "Email address", "Username", "Score", "E-postadresse", "Brukernavn", "Poengsum"}

LOOKED_AT = 100  # records from the top

# `2026/08/01 10:20:30 AM GMT+2`, `8/1/2026 10:20:30`, `01.08.2026 10.20.30`, and a workbook's `2026-08-01 10:20:30`.
_TIME = re.compile(
    r"(?:[0-9]{4}[/-][0-9]{1,2}[/-][0-9]{1,2}|[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{4}),? "
    r"[0-9]{1,2}[:.][0-9]{2}[:.][0-9]{2}(?: [AaPp]\.?[Mm]\.?)?(?: [A-Z]{2,4}(?:[+-][0-9:]{1,5})?)?",
)


def recognised(table: Table) -> bool:
    """Whether the first heading is Google's and what stands under it are times, down to the second."""
    if table.heading()[0] not in FIRST:
        return False
    below = table.rows[table.head + 1 : table.head + 1 + LOOKED_AT]
    times = [row[0].strip() for row in below if not is_blank(row)]
    return bool(times) and all(_TIME.fullmatch(time) for time in times)


def read(table: Table) -> Sheet:
    """The sheet. An answer of several choices stays the one text that Google writes: its commas may be anybody's."""
    return lay_out(table, Vendor("google_forms", 1, own=OWN), table.heading())
