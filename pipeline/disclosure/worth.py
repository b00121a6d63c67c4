"""What losing a cell costs. It decides which cells are withheld for the sake of others, and never how many must be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Address, Grid, Ints
    from pipeline.organisation import Tree

# A unit's figure for everybody is what people read and follow over time: worth this many of a category's.
OF_TOTAL = 4
# A figure that the wave before had too is a trend, which one without a figure breaks.
OF_TREND = 2
# A unit that the survey file names is to be kept where there is a choice.
OF_NAMED_UNIT = 4


@dataclass(frozen=True)
class Worth:
    """`units` are those that the survey file names; `followed` the cells that the wave before published, if any."""

    units: frozenset[str] = frozenset()
    followed: frozenset[Address] = frozenset()

    def weight(self, cells: Grid, tree: Tree) -> Ints:
        """Respondents of each cell, as many times as one of them is worth there: measures x places.

        A unit above a named one is worth as much, or it would go instead.
        """
        unit, names = cells.units
        kept = {above for name in self.units & tree.path.keys() for above in tree.path[name]}
        named = np.array([name in kept for name in names] or [False], dtype=np.bool_)[unit]
        column = np.where(cells.total_row, OF_TOTAL, 1) * np.where(named, OF_NAMED_UNIT, 1)
        times = np.tile(column, (len(cells.measures), 1))
        number = {measure: row for row, measure in enumerate(cells.measures)}
        for unit_id, segment, category, measure in self.followed:
            row, at = number.get(measure), cells.at.get((unit_id, segment, category))
            if row is not None and at is not None:
                times[row, at] *= OF_TREND
        weight: Ints = cells["respondents"] * times
        return weight


ANY = Worth()
