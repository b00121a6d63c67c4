"""A bounded search for small sets: a published cell minus everything of another grouping that lies wholly inside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.certificate import Certificate
from pipeline.disclosure.audit.crowd import OUTSIDE
from pipeline.disclosure.audit.guarded import of_one_value

if TYPE_CHECKING:
    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.cells import Bools, Ints


def small_differences(table: Exposed) -> list[Certificate]:
    """For each published cell and each other grouping: what is left of the cell, if it is 1..minimum-1 people.

    Taken away are the residuals of the other grouping that lie wholly inside; then, as a second try, also the residuals
    of the cell's own grouping that the first left whole.
    """
    found = []
    for own, levels in enumerate(table.levels):
        for level in levels:
            cell = np.where((level != OUTSIDE) & table.shown[level], level, OUTSIDE)
            if (cell == OUTSIDE).all():
                continue
            for other in range(len(table.levels)):
                if other != own:
                    found += _leftovers(table, cell, table.nearest[own], table.nearest[other])
    return found


def _leftovers(table: Exposed, cell: Ints, own: Ints, other: Ints) -> list[Certificate]:
    """For the cells of one grouping at one depth (`cell`, by atom) and one other grouping."""
    covered = _wholly_inside(cell, other) & (cell != OUTSIDE)
    untouched = ~_classes(own, covered) & (own != cell) & (cell != OUTSIDE)
    found = []
    for taken in (covered, covered | untouched):
        left = np.where(taken, OUTSIDE, cell)
        people = table.people(left, len(table.shown))
        small = np.flatnonzero((people > 0) & (people < table.minimum))
        atoms = np.flatnonzero(np.isin(cell, small))
        atoms = atoms[np.argsort(cell[atoms], kind="stable")]
        first, last = (np.searchsorted(cell[atoms], small, side).tolist() for side in ("left", "right"))
        for place, start, end in zip(small.tolist(), first, last, strict=True):
            mine = atoms[start:end]
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
    """Atoms whose whole residual of the other grouping lies in one and the same cell."""
    size = int(max(other.max(initial=0), cell.max(initial=0))) + 1
    whole = of_one_value(other, cell, size)[0]
    whole[OUTSIDE] = False
    return whole[other]


def _classes(own: Ints, covered: Bools) -> Bools:
    """Atoms in a residual of which any part is covered."""
    touched = np.zeros(int(own.max(initial=0)) + 2, dtype=np.bool_)
    touched[own[covered]] = True
    return touched[own]
