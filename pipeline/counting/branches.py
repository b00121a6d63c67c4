"""Branches: runs of whole subtrees side by side, each small enough to be counted by itself, in any order, anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.counting.nested import NOWHERE

if TYPE_CHECKING:
    from pipeline.counting.arrays import Ints
    from pipeline.counting.nested import Nested

# A branch is worth starting for so many rows of answers, and holds no more than a few times as many.
SMALLEST = 8_192
# Most waves are cut into about as many.
PARTS = 64
# Places of a branch, each with figures of every measure.
LARGEST = 65_536


@dataclass(frozen=True)
class Branch:
    """Units `start`..`stop` - 1. Its cells are complete, unless it is `open`: a unit without those under it.

    `above` is the unit that holds it, or NOWHERE.
    """

    start: int
    stop: int
    above: int
    open: bool = False


def branches(tree: Nested, rows: Ints, cuts: int, size: int | None = None) -> tuple[Branch, ...]:
    """Divides the tree so that no branch of several units has many more than `size` rows or LARGEST places.

    `rows` are those of each unit itself. A unit that is too large is taken apart: its own people are an open branch,
    and the units under it are branches again, small ones side by side in one.
    """
    upto = np.concatenate([[0], np.cumsum(rows)])
    most = max(SMALLEST, int(upto[-1]) // PARTS) if size is None else size
    units = max(LARGEST // cuts, 1)

    def fits(start: int, stop: int) -> bool:
        return int(upto[stop] - upto[start]) <= most and stop - start <= units

    found: list[Branch] = []
    waiting = [(0, len(rows), NOWHERE)]
    while waiting:
        start, stop, above = waiting.pop()
        if fits(start, stop) or stop == start + 1:
            found.append(Branch(start, stop, above))
            continue
        if tree.end[start] < stop:  # several subtrees: as many of them as fit, then the others
            at = int(tree.end[start])
            while at < stop and fits(start, int(tree.end[at])):
                at = int(tree.end[at])
            waiting += [(at, stop, above), (start, at, above)]
            continue
        found.append(Branch(start, start + 1, start, open=True))
        waiting.append((start + 1, stop, start))
    return tuple(found)
