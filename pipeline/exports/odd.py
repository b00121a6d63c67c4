"""The records of a block that are not regular, one by one through the strict reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.errors import ExportRejected
from pipeline.exports import strict
from pipeline.exports.census import Uncertain
from pipeline.exports.table import Line, Row, fault_of, is_blank

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.exports.sheet import Fault
    from pipeline.exports.table import Vendor


@dataclass(frozen=True)
class Odd:
    """`rows` are records that hold an answer, by number; `faulty` are the cells of those that hold none, and why."""

    rows: dict[int, Row]
    faulty: dict[int, tuple[Fault, Row]]
    blank: int
    excluded: int


def sort(texts: Iterable[tuple[int, str, bool]], vendor: Vendor, width: int, delimiter: str) -> Odd:
    """Sorts records, each with its number, its text and whether the file ends in it, as `lay_out` does.

    Raises Uncertain for one that makes the strict reader refuse the file.
    """
    rows: dict[int, Row] = {}
    faulty: dict[int, tuple[Fault, Row]] = {}
    blank = excluded = 0
    for number, text, cut in texts:
        row = cells(text, delimiter)
        if is_blank(row):
            blank += 1
        elif (fault := fault_of(Line(number, text, row, cut), vendor, width, delimiter)) is not None:
            faulty[number] = fault, row
        elif vendor.excludes is not None and vendor.excludes(row):
            excluded += 1
        else:
            rows[number] = row
    return Odd(rows, faulty, blank, excluded)


def cells(text: str, delimiter: str) -> Row:
    """The cells of one record. Raises Uncertain where the strict reader refuses."""
    try:
        return strict.cells([text], delimiter)[0]
    except ExportRejected:
        raise Uncertain from None
