"""Which format a file has, by its content alone and by evidence that no other format leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.exports import excel_no, limesurvey, plain, qualtrics
from pipeline.exports.table import tabulate

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet


def read(data: bytes) -> Sheet:
    """The text cells of a file, each record accounted for.

    Raises ExportRejected when the file can be read in more than one way, or in none.
    """
    table = tabulate(data)
    if qualtrics.recognised(table):
        return qualtrics.read(table)
    if limesurvey.recognised(table):
        return limesurvey.read(table)
    return excel_no.read(table) if excel_no.recognised(table) else plain.read(table)
