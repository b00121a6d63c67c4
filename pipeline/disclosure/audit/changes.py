"""A cell beside itself in an earlier release: whoever came, left or changed an answer since is what they differ by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.certificate import Certificate, Term
from pipeline.disclosure.audit.crowd import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.cells import Bools, Ints


@dataclass(frozen=True)
class Pairs:
    """Places of the new release, and the places of one earlier release with the same addresses."""

    new: Ints
    old: Ints


def small_changes(
    table: Exposed,
    pairs: Pairs,
    sums: tuple[Ints, ...] = (),
    unsafe: Callable[[tuple[Ints, ...]], Bools] | None = None,
) -> list[Certificate]:
    """Cells published in both releases whose people differ by 1..minimum-1, whatever the counts say.

    Where all of these only came, or only left, also cells of which their `sums` (answers first) say too much.
    """
    both = table.shown[pairs.new] & table.shown[pairs.old]
    new, old = pairs.new[both], pairs.old[both]
    if not len(new):
        return []
    size = len(table.shown)
    came, left = _outside(table, new, old), _outside(table, old, new)
    left = np.where(left == OUTSIDE, OUTSIDE, _partner(size, old, new)[left])
    moved = np.concatenate([came, left])
    records = np.tile(table.records, len(moved))
    key = moved[:, table.position].ravel()
    people = table.crowd.people(key, records, size, table.minimum)[new]
    bad = (people > 0) & (people < table.minimum)
    if unsafe:
        only_came, only_left = (~np.isin(new, part) for part in (left, came))
        rest = tuple(np.where(only_came, 1, -1) * (amount[new] - amount[old]) for amount in sums)
        bad |= (people > 0) & (only_came | only_left) & unsafe(rest)
    rows = tuple(zip(table.rows, table.times, strict=True))
    return [
        Certificate(
            table.layer,
            "change",
            int(count),
            tuple(
                Term(row, int(place), sign * times) for place, sign in ((one, 1), (other, -1)) for row, times in rows
            ),
        )
        for one, other, count in zip(new[bad], old[bad], people[bad], strict=True)
    ]


def _outside(table: Exposed, mine: Ints, other: Ints) -> Ints:
    """Level by level, the places of `mine` that hold an atom which the place beside it in `other` does not hold."""
    partner = _partner(len(table.shown), mine, other)
    levels = [level for levels in table.levels for level in levels]
    theirs = np.zeros(len(table.shown), dtype=np.bool_)
    theirs[other] = True
    those = [level for level in levels if theirs[level[level != OUTSIDE]].any()]
    found = []
    for level in levels:
        wanted = np.where(level == OUTSIDE, OUTSIDE, partner[level])
        if (wanted != OUTSIDE).any():
            away = wanted != OUTSIDE
            for one in those:
                away &= one != wanted
            found.append(np.where(away, level, OUTSIDE))
    return np.array(found, dtype=np.int64).reshape(len(found), len(table.atoms))


def _partner(size: int, mine: Ints, other: Ints) -> Ints:
    """Place -> the place beside it, or OUTSIDE."""
    result = np.full(size, OUTSIDE, dtype=np.int64)
    result[mine] = other
    return result
