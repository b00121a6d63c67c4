"""Records of a file that is no text and has cells whose value is not certain: set aside, each with its reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.exports.refusals import reject_code
from pipeline.exports.sheet import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.exports.sheet import Sheet
    from pipeline.exports.sources import Source


def set_aside(sheet: Sheet, source: Source, headings: Sequence[str]) -> Sheet:
    """The sheet without the records that have a cell without a certain value, and with what the file says of values.

    `headings` are those of every column of the file; a sheet leaves out columns in which nothing stands. A record that
    its vendor excludes is left alone. Raises ExportRejected when such a cell is a heading, or a merged one reaches
    below the headings.
    """
    if source.merged > sheet.head:
        reject_code("merged_cells", source.merged)
    names = sheet.columns if len(sheet.columns) == len(headings) else headings
    bad: dict[int, list[Fault]] = {}
    accepted = set(sheet.numbers) if source.faults else set()
    for record, column, reason in source.faults:
        if record <= sheet.head:
            reject_code("uncertain_heading", record)
        if record in accepted:
            bad.setdefault(record, []).append(Fault(record, names[column - 1], reason))
    labels = tuple((column, tuple(values.items())) for column, values in source.labels.items())
    if not bad:
        return replace(sheet, labels=labels)
    left = [at for at, number in enumerate(sheet.numbers) if number not in bad]
    return replace(
        sheet,
        rows=[sheet.rows[at] for at in left],
        numbers=[sheet.numbers[at] for at in left],
        faults=tuple(sorted([*sheet.faults, *(fault for several in bad.values() for fault in several)])),
        accounts=sheet.accounts.accept(len(left), quarantined=sheet.accounts.quarantined + len(bad)),
        labels=labels,
    )
