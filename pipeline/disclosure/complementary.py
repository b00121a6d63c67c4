"""Complementary suppression: withholds more cells until no line gives a small group away, choosing what loses least."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.lines import Count, Lines, Tables

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Bools, Grid, Ints

# A unit's figure for everybody is what people read and follow over time: worth this many of a category's.
WEIGHT_OF_TOTAL = 4


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
        _mend(lines, shown, people, broken, weight, minimum)


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
    """Withholds one cell on each broken line, leaving lines alone that another choice of this round has changed."""
    changed: set[tuple[int, str]] = set()
    depth = lines.members.depth
    for _, table, place, coarse, fine in broken.tolist():
        unit = lines.places[place].unit
        if (table, unit) in changed:
            continue
        left = int(people[coarse, fine][table, place])
        options = [(int(weight[table, place]), depth[place], place)]
        for part in _largest_inside(lines, shown[table], place, (coarse, fine)):
            more = int(people[fine, fine][table, part])
            if more and left + more >= minimum:
                options.append((int(weight[table, part]), depth[part], part))
        chosen = min(options)[2]
        shown[table, chosen] = False
        # Lines of these units have other left-overs now; they are looked at again in the next round.
        above = chosen
        while above >= 0:
            changed.add((table, lines.places[above].unit))
            above = int(lines.members.above[above])
        changed.add((table, unit))


def _largest_inside(lines: Lines, shown: Bools, place: int, pair: tuple[int, int]) -> list[int]:
    """The published cells that the line subtracts: its parts, or what is published inside a withheld part."""
    found = []
    waiting = list(lines.parts[pair].get(place, ()))
    while waiting:
        part = waiting.pop()
        if shown[part]:
            found.append(part)
        else:
            waiting.extend(lines.below[part])
    return found
