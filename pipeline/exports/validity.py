"""Records of an organisation file that hold from one day to another: those that hold when the wave opens count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.exports import mapping, times
from pipeline.exports.rejection import reject
from pipeline.exports.sheet import Fault

if TYPE_CHECKING:
    from datetime import date

    from pipeline.exports.sheet import Sheet

FROM, TO = "valid_from", "valid_to"


def current(sheet: Sheet, opens: date | None) -> Sheet:
    """The sheet without these two columns, and without the records that do not hold on the day on which a wave opens.

    A record holds from its first day to its last, both included; a blank is no limit. Who joined later, or has left,
    is excluded and counted as such; a day that cannot be read for certain sets the record aside.
    Raises ExportRejected when the file has such columns and nobody says when the wave opens.
    """
    start, end = mapping.only(sheet, FROM), mapping.only(sheet, TO)
    if start is None and end is None:
        return sheet
    if opens is None:
        reject("no_wave", "the days in it are held against a wave, and none is named; it is pushed for a wave")
    kept: list[int] = []
    faults: list[Fault] = []
    for at, (number, row) in enumerate(zip(sheet.numbers, sheet.rows, strict=True)):
        holds = True
        unread = []
        for index in (start, end):
            if index is None or not row[index].strip():
                continue
            day = times.day(row[index].strip().removesuffix(" 00:00:00"))
            if day is None:
                unread.append(Fault(number, sheet.columns[index], "unreadable_time"))
            elif day > opens if index == start else day < opens:
                holds = False
        faults += unread
        if holds and not unread:
            kept.append(at)
    columns = [at for at in range(len(sheet.columns)) if at not in {start, end}]
    aside = len({fault.record for fault in faults})
    before = sheet.accounts
    gone = len(sheet.numbers) - len(kept) - aside
    return replace(
        sheet,
        columns=tuple(sheet.columns[at] for at in columns),
        rows=[[sheet.rows[row][at] for at in columns] for row in kept],
        numbers=[sheet.numbers[row] for row in kept],
        faults=tuple(sorted([*sheet.faults, *faults])),
        accounts=before.accept(len(kept), quarantined=before.quarantined + aside, excluded=before.excluded + gone),
    )
