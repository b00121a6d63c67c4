"""Complementary suppression: withholds more cells until no line gives a small group away, choosing what loses least."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.disclosure.cells import Bools, Ints
    from pipeline.disclosure.left_over import LeftOver
    from pipeline.disclosure.lines import Lines

# A category's figure is worth this many times less in a unit that has no figure for everybody. So the holes of
# different segments are made in the same units, where they protect each other.
WEIGHT_BESIDE_TOTAL = 8


def complementary(left: LeftOver, shown: Bools) -> Bools:
    """The cells that may stay, tables x places. Works bottom-up in rounds; the same input gives the same choice.

    `left` may have seen anything before: it is brought up to date with `shown`, and with what is withheld of it.
    """
    lines, weight = left.lines, left.tables.weight
    shown = shown.copy()
    left.show(shown)
    while len(broken := left.broken()):
        beside_nothing = ~lines.cells.total_row & ~shown[:, lines.total]
        _mend(left, shown, broken, np.where(beside_nothing, weight // WEIGHT_BESIDE_TOTAL, weight))
        left.show(shown)
    return shown


def _mend(left: LeftOver, shown: Bools, broken: Ints, weight: Ints) -> None:
    """Withholds on each broken line what loses least, leaving lines alone that another choice of this round changed."""
    lines = left.lines
    unit_of = lines.cells.units.code
    changed: set[tuple[int, int]] = set()
    for _, table, place, coarse, fine in broken.tolist():
        unit = int(unit_of[place])
        if (table, unit) in changed:
            continue
        need = left.minimum - left.people((coarse, fine), table, place)
        options: list[tuple[int, int, tuple[int, ...]]] = [(int(weight[table, place]), -1, (place,))]
        for part in _largest_inside(lines, shown[table], lines.parts[coarse, fine][place]):
            chain = _cheapest(left, shown[table], (table, fine), weight[table], part, need)
            if chain:
                options.append((sum(int(weight[table, one]) for one in chain), part, chain))
        chosen = min(options)[2]
        shown[table, list(chosen)] = False
        # Lines of these units have other left-overs now; they are looked at again in the next round.
        above = chosen[-1]
        while above >= 0:
            changed.add((table, int(unit_of[above])))
            above = int(lines.members.above[above])
        changed.add((table, unit))


def _cheapest(
    left: LeftOver, shown: Bools, which: tuple[int, int], weight: Ints, place: int, need: int
) -> tuple[int, ...] | None:
    """The published cells, from `place` downwards, that add `need` people to what is above when they are withheld.

    `which` is the table and the grouping, `shown` and `weight` are of that table. A cell adds only those in none of
    the published cells under it; where they are too few, the chain goes on into one of these.
    """
    # One more person, and not of one mind with the others for certain: nobody is not enough, whatever is needed.
    table, grouping = which
    inside = left.people((grouping, grouping), table, place)
    if inside >= max(need, 1):
        return (place,)
    best: tuple[int, tuple[int, ...]] | None = None
    for part in _largest_inside(left.lines, shown, left.lines.below[place]):
        chain = _cheapest(left, shown, which, weight, part, need - inside)
        if chain:
            cost = sum(int(weight[one]) for one in chain)
            if best is None or (cost, chain) < best:
                best = cost, chain
    return None if best is None else (place, *best[1])


def _largest_inside(lines: Lines, shown: Bools, parts: Sequence[int]) -> list[int]:
    """The published cells among these, or what is published inside those that are withheld."""
    found = []
    waiting = list(parts)
    while waiting:
        part = waiting.pop()
        if shown[part]:
            found.append(part)
        else:
            waiting.extend(lines.below[part])
    return found
