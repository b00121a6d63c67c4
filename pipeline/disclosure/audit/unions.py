"""A bounded search for small sets: a published cell minus everything of another grouping that lies wholly inside it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.certificate import Certificate
from pipeline.disclosure.audit.crowd import OUTSIDE
from pipeline.disclosure.audit.guarded import of_one_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.cells import Bools, Ints


@dataclass(frozen=True)
class Blends:
    """Atoms in the same residuals of two groupings are one blend: what is asked here is the same for all of them.

    A published cell of one of the groupings is a union of its residuals, so no blend is partly in one. There are
    several times fewer of them than atoms.
    """

    table: Exposed
    residual: dict[int, Ints]  # grouping -> the published place whose residual each blend is in, or OUTSIDE
    atom: Ints  # of each blend, one
    people: Ints  # in each blend: exact where everybody has one record
    of: Ints  # the blend of each atom

    @classmethod
    def both(cls, table: Exposed, one: int, other: int) -> Blends:
        """Those of two groupings."""
        code = (table.nearest[one] + 1) * (len(table.shown) + 1) + table.nearest[other] + 1
        _, atom, of = np.unique(code, return_index=True, return_inverse=True)
        residual = {grouping: table.nearest[grouping][atom] for grouping in (one, other)}
        return cls(table, residual, atom, np.bincount(of[table.position], minlength=len(atom)), of)

    def cells(self, grouping: int) -> Iterator[Ints]:
        """For each depth at which something is published, the published cell that each blend is in, or OUTSIDE."""
        for level in self.table.levels[grouping]:
            place = level[self.atom]
            cell = np.where((place != OUTSIDE) & self.table.shown[place], place, OUTSIDE)
            if (cell != OUTSIDE).any():
                yield cell

    def different(self, key: Ints) -> Ints:
        """Different people under each key of the blends; where they are enough, no more than that they are."""
        size = len(self.table.shown)
        if not self.table.crowd.once:
            return self.table.people(key[self.of], size)
        kept = key != OUTSIDE
        return np.bincount(key[kept], self.people[kept], size).astype(np.int64)


def small_differences(table: Exposed) -> list[Certificate]:
    """For each published cell and each other grouping: what is left of the cell, if it is 1..minimum-1 people.

    Taken away are the residuals of the other grouping that lie wholly inside; then, as a second try, also the residuals
    of the cell's own grouping that the first left whole.
    """
    found = []
    for pair in combinations(range(len(table.levels)), 2):
        blends = Blends.both(table, *pair)
        for own, other in (pair, pair[::-1]):
            for cell in blends.cells(own):
                found += _leftovers(blends, cell, blends.residual[own], blends.residual[other])
    return found


def _leftovers(blends: Blends, cell: Ints, own: Ints, other: Ints) -> list[Certificate]:
    """For the cells of one grouping at one depth (`cell`, by blend) and one other grouping."""
    table = blends.table
    covered = _wholly_inside(cell, other) & (cell != OUTSIDE)
    untouched = ~_classes(own, covered) & (own != cell) & (cell != OUTSIDE)
    found = []
    for taken in (covered, covered | untouched) if untouched.any() else (covered,):
        left = np.where(taken, OUTSIDE, cell)
        people = blends.different(left)
        small = np.flatnonzero((people > 0) & (people < table.minimum))
        inside = np.flatnonzero(np.isin(cell, small)) if len(small) else small
        inside = inside[np.argsort(cell[inside], kind="stable")]
        first, last = (np.searchsorted(cell[inside], small, side).tolist() for side in ("left", "right"))
        for place, start, end in zip(small.tolist(), first, last, strict=True):
            mine = inside[start:end]
            combination = {place: 1}
            for inner in own[mine].tolist():
                combination[inner] = 1
            for taken_away in sorted(set(other[mine[covered[mine]]].tolist())):
                combination[taken_away] = combination.get(taken_away, 0) - 1
            if taken is not covered:
                for inner in own[mine[untouched[mine]]].tolist():
                    combination[inner] = 0
            found.append(Certificate(table.layer, "union", int(people[place]), table.terms(combination)))
    return found


def _wholly_inside(cell: Ints, other: Ints) -> Bools:
    """Blends whose whole residual of the other grouping lies in one and the same cell."""
    size = int(max(other.max(initial=0), cell.max(initial=0))) + 1
    whole = of_one_value(other, cell, size)[0]
    whole[OUTSIDE] = False
    return whole[other]


def _classes(own: Ints, covered: Bools) -> Bools:
    """Blends in a residual of which any part is covered."""
    touched = np.zeros(int(own.max(initial=0)) + 2, dtype=np.bool_)
    touched[own[covered]] = True
    return touched[own]
