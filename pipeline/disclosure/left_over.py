"""What every line leaves over, brought up to date as cells are withheld: what leads to them alone is counted again.

A round of the chooser withholds a few cells of hundreds of thousands, and so does a repair. What a line leaves over
depends on the cells in the subtree of its unit alone, so a change is felt in the units above it and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from pipeline.disclosure.cells import NOWHERE
from pipeline.disclosure.lines import Count

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Bools, Ints
    from pipeline.disclosure.lines import Kind, Lines, Tables

Number = TypeVar("Number", np.int32, np.int64)


class LeftOver:
    """The lines of some tables under what is shown of them, at first nothing. Arrays are places x tables in here."""

    def __init__(self, lines: Lines, tables: Tables, minimum: int) -> None:
        self.lines = lines
        self.tables = tables
        self.minimum = minimum
        self.shown = np.zeros(tables.weight.shape[::-1], dtype=np.bool_)
        members = lines.members
        # Where nobody has two records, people can be added and subtracted as answers are.
        self._count = None if members.once else Count(lines, tables, minimum)
        counted = tables.counted if members.once else tables.sums[0]
        self._amounts = [_narrow(amount.T) for amount in (counted, *tables.sums)]
        self._covers = [np.zeros_like(amount) for amount in self._amounts]
        # Place -> where it stands among those of its grouping, which alone are wholes of a kind of line.
        self._wholes = [np.flatnonzero(members.grouping == one) for one in range(len(members.groupings))]
        self._slot = np.zeros(len(members.grouping), dtype=np.int64)
        for wholes in self._wholes:
            self._slot[wholes] = np.arange(len(wholes))
        self._rest = {kind: [amount[self._wholes[kind[0]]] for amount in self._amounts] for kind in lines.inside}
        self._unsafe = {kind: np.zeros(rest[0].shape, dtype=np.bool_) for kind, rest in self._rest.items()}

    def show(self, shown: Bools) -> None:
        """Takes account of what is shown now, tables x places."""
        changed = np.flatnonzero((self.shown != shown.T).any(axis=1))
        self.shown[changed] = shown.T[changed]
        if len(changed):
            self._renew(changed)

    def people(self, kind: Kind, table: int, place: int) -> int:
        """How many people the line of a place leaves over; exact up to the minimum."""
        return int(self._rest[kind][0][self._slot[place], table])

    def broken(self) -> Ints:
        """Lines that give somebody away, as rows (minus depth, table, place, coarse, fine), deepest units first."""
        rows = [np.zeros((0, 5), dtype=np.int64)]
        for (coarse, fine), unsafe in self._unsafe.items():
            slot, table = np.nonzero(unsafe)
            place = self._wholes[coarse][slot]
            kind = [np.full(len(table), number) for number in (coarse, fine)]
            rows.append(np.column_stack([-self.lines.members.depth[place], table, place, *kind]))
        found = np.concatenate(rows)
        return found[np.lexsort(found.T[::-1])]

    def _renew(self, changed: Ints) -> None:
        """Counts again what the changed places are in."""
        above = self.lines.members.above
        touched = np.zeros(len(self.shown), dtype=np.bool_)
        while len(changed):
            touched[changed] = True
            changed = above[changed]
            changed = np.unique(changed[changed != NOWHERE])
            changed = changed[~touched[changed]]
        self._cover(touched)
        people = self._count.people(self.shown.T) if self._count else None
        for kind, whole in self.lines.inside.items():
            affected = touched & (self.lines.members.grouping == kind[0])
            parts = self.lines.parts[kind].part
            affected[whole[parts[touched[parts]]]] = True
            places = np.flatnonzero(affected)
            parts = parts[affected[whole[parts]]]
            slot = self._slot[places]
            for amount, cover, rest in zip(self._amounts, self._covers, self._rest[kind], strict=True):
                rest[slot] = amount[places]
                wholes, covered = _added(cover[parts], whole[parts])
                rest[self._slot[wholes]] -= covered
            if people is not None:
                self._rest[kind][0][slot] = people[kind].T[places]
            self._judge(kind, places)

    def _cover(self, touched: Bools) -> None:
        """How much of each place the largest published cells in it hold, itself among them."""
        above, depth = self.lines.members.above, self.lines.members.depth
        places = np.flatnonzero(touched)
        part = self.lines.below.part
        part = part[touched[above[part]]]
        levels = [part[depth[part] == level] for level in range(int(depth.max(initial=0)), 0, -1)]
        for amount, cover in zip(self._amounts, self._covers, strict=True):
            cover[places] = np.where(self.shown[places], amount[places], 0)
            for level in levels:
                whole, covered = _added(cover[level], above[level])
                cover[whole] += np.where(self.shown[whole], 0, covered)

    def _judge(self, kind: Kind, places: Ints) -> None:
        slot = self._slot[places]
        left, *sums = (rest[slot].astype(np.int64) for rest in self._rest[kind])
        # What a line leaves whole is a cell itself, and was judged as one.
        alike = self.tables.unsafe(tuple(one.T for one in sums), places).T & (sums[0] < self._amounts[1][places])
        self._unsafe[kind][slot] = self.shown[places] & (left > 0) & ((left < self.minimum) | alike)


def _narrow(amount: Ints) -> npt.NDArray[np.int32 | np.int64]:
    """The same numbers, half as large where they fit: what is left over of one is between 0 and it."""
    fits = amount.max(initial=0) <= np.iinfo(np.int32).max
    return amount.astype(np.int32 if fits else np.int64, order="C")


def _added(values: npt.NDArray[Number], whole: Ints) -> tuple[Ints, npt.NDArray[Number]]:
    """The different wholes, which stand in order, and the sum of the rows of each."""
    first = np.flatnonzero(np.diff(whole, prepend=NOWHERE))
    return whole[first], np.add.reduceat(values, first, axis=0) if len(first) else values
