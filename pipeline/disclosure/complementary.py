"""Complementary suppression: withholds more cells until no line gives a small group away, choosing what loses least."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.lines import Count, Lines, Tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.disclosure.cells import Bools, Grid, Ints

# A unit's figure for everybody is what people read and follow over time: worth this many of a category's.
WEIGHT_OF_TOTAL = 4
# And this many of a category's in a unit that has no figure for everybody. So the holes of different segments are made
# in the same units, where they protect each other.
WEIGHT_BESIDE_TOTAL = 8


def complementary(cells: Grid, lines: Lines, tables: Tables, shown: Bools, minimum: int) -> Bools:
    """The cells that may stay, tables x places. Works bottom-up in rounds; the same input gives the same choice."""
    count = Count(lines, tables, minimum)
    shown = shown.copy()
    weight = tables.respondents * np.where(cells.total_row, WEIGHT_OF_TOTAL, 1)
    while True:
        people = count.people(shown)
        broken = _broken(lines, tables, shown, people, minimum)
        if not len(broken):
            return shown
        beside_nothing = ~cells.total_row & ~shown[:, lines.total]
        _mend(lines, shown, people, broken, np.where(beside_nothing, weight // WEIGHT_BESIDE_TOTAL, weight), minimum)


def _broken(lines: Lines, tables: Tables, shown: Bools, people: dict[tuple[int, int], Ints], minimum: int) -> Ints:
    """Lines that give somebody away, as rows (minus depth, table, place, coarse, fine), deepest units first."""
    rows = [np.zeros((0, 5), dtype=np.int64)]
    for (coarse, fine), rest in lines.left_over(shown, tables.sums):
        left = people[coarse, fine]
        # What a line leaves whole is a cell itself, and was judged as one.
        alike = tables.unsafe(rest) & (rest[0] < tables.sums[0])
        unsafe = shown & (left > 0) & ((left < minimum) | alike)
        unsafe &= lines.members.grouping == coarse
        table, place = np.nonzero(unsafe)
        kind = [np.full(len(table), number) for number in (coarse, fine)]
        rows.append(np.column_stack([-lines.members.depth[place], table, place, *kind]))
    found = np.concatenate(rows)
    return found[np.lexsort(found.T[::-1])]


def _mend(
    lines: Lines, shown: Bools, people: dict[tuple[int, int], Ints], broken: Ints, weight: Ints, minimum: int
) -> None:
    """Withholds on each broken line what loses least, leaving lines alone that another choice of this round changed."""
    changed: set[tuple[int, str]] = set()
    inside = [people[fine, fine] for fine in range(len(lines.members.groupings))]
    for _, table, place, coarse, fine in broken.tolist():
        unit = lines.places[place].unit
        if (table, unit) in changed:
            continue
        need = minimum - int(people[coarse, fine][table, place])
        options: list[tuple[int, int, tuple[int, ...]]] = [(int(weight[table, place]), -1, (place,))]
        for part in _largest_inside(lines, shown[table], lines.parts[coarse, fine].get(place, ())):
            chain = _cheapest(lines, shown[table], inside[fine][table], weight[table], part, need)
            if chain:
                options.append((sum(int(weight[table, one]) for one in chain), part, chain))
        chosen = min(options)[2]
        shown[table, list(chosen)] = False
        # Lines of these units have other left-overs now; they are looked at again in the next round.
        above = chosen[-1]
        while above >= 0:
            changed.add((table, lines.places[above].unit))
            above = int(lines.members.above[above])
        changed.add((table, unit))


def _cheapest(lines: Lines, shown: Bools, inside: Ints, weight: Ints, place: int, need: int) -> tuple[int, ...] | None:
    """The published cells, from `place` downwards, that add `need` people to what is above when they are withheld.

    A cell adds only those in none of the published cells under it; where they are too few, the chain goes on into
    one of these.
    """
    # One more person, and not of one mind with the others for certain: nobody is not enough, whatever is needed.
    if inside[place] >= max(need, 1):
        return (place,)
    best: tuple[int, tuple[int, ...]] | None = None
    for part in _largest_inside(lines, shown, lines.below[place]):
        chain = _cheapest(lines, shown, inside, weight, part, need - int(inside[place]))
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
