"""A plain table: one row of headings, UTF-8, comma, semicolon or TAB, decimal point (RFC 4180)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.exports.rejection import reject
from pipeline.exports.table import Table, Vendor, lay_out

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet


def read(table: Table) -> Sheet:
    """The sheet. Raises ExportRejected when it is not Unicode: in anything else we would guess at letters."""
    if table.text.encoding == "cp1252":
        msg = (
            "the file is not in UTF-8, nor as Excel writes CSV in Norway, with semicolons from the first record to the "
            "last; the sender exports it again as UTF-8"
        )
        reject("encoding", msg)
    return lay_out(table, Vendor("plain", 1), table.heading())
