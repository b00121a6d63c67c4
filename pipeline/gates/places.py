"""Addresses as numbers: rows are held against the people of a wave by one integer each, and not by four texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline.counting.arrays import coded

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.counting.arrays import Bools, Ints, Whole

ADDRESS = ("unit", "segment", "category", "measure")
NOWHERE = -1


@dataclass(frozen=True)
class Names:
    """The names that a specification makes addresses of, by column of ADDRESS; each has its number in it.

    Any other name, and a missing one, has the number after the last: an address with it is that of no cell.
    """

    of: Mapping[str, Sequence[str]]

    @cached_property
    def _numbers(self) -> Mapping[str, Mapping[str, int]]:
        return {name: {word: at for at, word in enumerate(words)} for name, words in self.of.items()}

    def number(self, name: str, column: pa.Array | pa.ChunkedArray) -> Ints:
        """The number of each of these names, of text or of numbers of words."""
        code, words = coded(column)
        number, other = self._numbers[name], len(self.of[name])
        found: Ints = np.array([*(number.get(word, other) for word in words), other], np.int64)[code]
        return found

    def cell(self, unit: Whole, segment: Whole | int, category: Whole) -> Ints:
        """One number for a unit, a segment and a category of it: no two that differ have the same."""
        segments, categories = (len(self.of[name]) + 1 for name in ("segment", "category"))
        found: Ints = (unit.astype(np.int64) * segments + segment) * categories + category
        return found


@dataclass(frozen=True)
class Asked:
    """What a specification asks for: every measure that anybody has a value for, of every cell that somebody is in.

    `cells` are numbers as Names has them, in order, and `segment` is that of each; `answered` is how many of the people
    in it have a value, cells x measures. A figure is at a cell's row times the measures, and the measure's number.
    """

    names: Names
    cells: Ints
    segment: Ints
    answered: Whole

    @property
    def measures(self) -> int:
        """How many there are of each cell."""
        return len(self.names.of["measure"])

    @cached_property
    def _ended(self) -> Ints:
        return np.append(self.cells, NOWHERE)

    def at(self, rows: pa.Table) -> Ints:
        """Where the figure of each row's address is, NOWHERE for one that is not asked for.

        Rows that stand in the order of cells are found by a search for each cell, others by one for each row.
        """
        unit, segment, category, measure = (self.names.number(name, rows[name]) for name in ADDRESS)
        cell = self.names.cell(unit, segment, category)
        first = np.flatnonzero(np.diff(cell, prepend=NOWHERE))
        found = np.searchsorted(self.cells, cell[first])
        row = np.repeat(np.where(self._ended[found] == cell[first], found, NOWHERE), np.diff(first, append=len(cell)))
        there = (row != NOWHERE) & (measure < self.measures)
        return np.where(there, row * self.measures + measure, NOWHERE)

    def by_segment(self, figures: Bools) -> dict[str, int]:
        """How many of these figures there are in each segment."""
        rows = figures.reshape(self.answered.shape).sum(axis=1)
        counts = np.zeros(len(self.names.of["segment"]), np.int64)
        np.add.at(counts, self.segment, rows)
        return dict(zip(self.names.of["segment"], counts.tolist(), strict=True))
