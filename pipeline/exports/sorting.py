"""Which records of a block hold an answer: the same rules as `lay_out`, for many records at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.exports import odd
from pipeline.exports.distinct import distinct, texts
from pipeline.exports.plan import PERSON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.exports.lattice import Places
    from pipeline.exports.plan import Block, Marks, Plan
    from pipeline.exports.table import Row

_SPACE, _DELETE = ord(" "), 0x7F


@dataclass(frozen=True)
class Sorted:
    """`kept` are places in the grid's regular records, `rows` the odd records that hold an answer as well.

    `marks` say which records hold none because of a fault, and `gone` which of those are an erased person's.
    """

    kept: Places
    rows: Mapping[int, Row]
    blank: int
    excluded: int
    marks: Marks
    gone: frozenset[int]


def sort(plan: Plan, block: Block) -> Sorted:
    """Sorts the records of a block. Raises Uncertain for one that makes the strict reader refuse the file."""
    head, grid = plan.head, block.grid
    texts = ((one, block.text(one), block.is_cut(one, plan.cut)) for one in grid.odd.tolist())
    found = odd.sort(texts, head.vendor, head.width, head.sheet.dialect.delimiter)
    blank = _blank(plan, block)
    left = np.ones(grid.regular.size, bool)
    left[blank] = False
    left, excluded, marks = _watched(block, left)
    marks += [((fault.column, fault.reason), np.array([one])) for one, (fault, _) in found.faulty.items()]
    return Sorted(
        np.flatnonzero(left),
        found.rows,
        found.blank + len(blank),
        found.excluded + excluded,
        marks,
        _gone(plan, block, marks) if plan.erased else frozenset(),
    )


def _blank(plan: Plan, block: Block) -> list[int]:
    """Regular records that say nothing; these are looked for where nobody answered."""
    grid, width = block.grid, plan.head.width
    at = plan.readers[PERSON][0]
    starts, ends = grid.column(at)
    letters = grid.data[starts]
    nobody = np.flatnonzero((starts == ends) | (letters <= _SPACE) | (letters > _DELETE))
    sizes = grid.last[grid.regular[nobody]] - grid.first[grid.regular[nobody]]
    found = []
    for place, size in zip(nobody.tolist(), sizes.tolist(), strict=True):
        person = block.data[starts[place] : ends[place]]
        if size == width - 1 or not (
            block.decode(person).strip() or any(map(str.strip, block.cells(grid.regular[place])))
        ):
            found.append(place)
    return found


def _watched(block: Block, left: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], int, Marks]:
    """What the vendor says of records by one of their cells: which are left, how many are excluded, and flaws."""
    vendor, grid = block.head.vendor, block.grid
    if vendor.watched is None:
        return left, 0, []
    seen = distinct(grid.data, *grid.column(vendor.watched))
    rows = [[*[""] * vendor.watched, block.decode(text)] for text in texts(seen.keys)]
    excluded = 0
    marks: Marks = []
    if vendor.flaw is not None:
        column, reason, has_flaw = vendor.flaw
        flawed = np.array([has_flaw(row) for row in rows], bool)[seen.codes] & left
        marks = [((column, reason), grid.regular[flawed])]
        left = left & ~flawed
    if vendor.excludes is not None:
        out = np.array([vendor.excludes(row) for row in rows], bool)[seen.codes] & left
        excluded = int(out.sum())
        left = left & ~out
    return left, excluded, marks


def _gone(plan: Plan, block: Block, marks: Marks) -> frozenset[int]:
    """Records that hold no answer, and an erased person in one cell or another."""
    read, erased = plan.readers[PERSON][1], plan.erased
    records = [record for _, several in marks for record in several.tolist()]
    return frozenset(record for record in records if any(read(cell) in erased for cell in block.cells(record)))
