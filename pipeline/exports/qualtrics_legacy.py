"""Qualtrics' old export: two rows of headings, the first ten columns called V1 to V10."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.exports.qualtrics import watch_status
from pipeline.exports.rejection import reject
from pipeline.exports.table import Table, Vendor, lay_out

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet

NAMES = tuple(f"V{number}" for number in range(1, 11))
# What the second row says of them, without blanks and capitals.
LABELS = (
    ("responseid",),
    ("responseset",),
    ("name", "recipientname"),
    ("externaldatareference", "externalreference"),
    ("emailaddress", "recipientemail", "email"),
    ("ipaddress",),
    ("status",),
    ("startdate",),
    ("enddate",),
    ("finished",),
)
OWN = frozenset({*NAMES, "LocationLatitude", "LocationLongitude", "LocationAccuracy"})
STATUS = NAMES.index("V7")


def recognised(table: Table) -> bool:
    """Whether its first headings are V1 to V10 and the row below says what Qualtrics puts there.

    Raises ExportRejected when only the names are there: then we cannot tell headings from answers.
    """
    if tuple(table.heading()[: len(NAMES)]) != NAMES:
        return False
    below = [name.lower().replace(" ", "").replace("_", "") for name in table.heading(1)[: len(NAMES)]]
    if len(below) < len(NAMES) or any(name not in known for name, known in zip(below, LABELS, strict=True)):
        reject(
            "broken_header",
            "the two rows of headings of an old Qualtrics export are not complete; the sender exports the file again",
            table.head + 1,
        )
    return True


def read(table: Table) -> Sheet:
    """The sheet; previews, tests and spam are excluded."""
    columns = table.heading()
    return lay_out(table, watch_status(Vendor("qualtrics", 2, own=OWN), columns, STATUS), columns)
