"""Tallies -> the cells of a wave, one row each, in the order of their addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.counting.arrays import Ints, arrow, numbers, ranks, valid
from pipeline.counting.kernel import FIGURES
from pipeline.counting.nested import within

if TYPE_CHECKING:
    from pipeline.counting.cuts import Cuts
    from pipeline.counting.kernel import Plan

# Cells that are made into text at a time.
ROWS = 1 << 21


class Laid:
    """Room for every cell: places in the order of unit, segment and category, measures in theirs."""

    def __init__(self, plan: Plan, cuts: Cuts, unit: Ints, roster: bool) -> None:  # noqa: FBT001 - how it was collected
        """`unit` is where each record is, and so which places there are."""
        self.plan, self.cuts, self.roster = plan, cuts, roster
        own = np.zeros((plan.cuts, len(plan.tree.units)), dtype=np.int64)
        for cut in cuts.of:
            here = cut >= 0
            own += np.bincount(cut[here].astype(np.int64) * own.shape[1] + unit[here], minlength=own.size).reshape(
                own.shape
            )
        self.people = within(own, plan.tree.end).T
        self.order = np.argsort(ranks(plan.tree.units)), np.argsort(ranks(cuts.names))
        there = (self.people > 0)[np.ix_(*self.order)]
        self.place = np.argwhere(there)
        position = np.full(there.shape, -1, dtype=np.int64)
        position[there] = np.arange(len(self.place))
        self.position = np.empty_like(position)
        self.position[np.ix_(*self.order)] = position
        names = ("answered", *(["respondents"] if plan.several else []), *FIGURES)
        self.counts = {name: np.zeros((len(self.place), len(plan.measures)), dtype=np.int64) for name in names}

    def add(self, tally: pa.Table) -> None:
        """Puts the cells of one TALLY where they belong."""
        at = self.position[numbers(tally["unit"]), numbers(tally["cut"])]
        for name, counts in self.counts.items():
            column = tally[name].combine_chunks()
            here = at[valid(column)]
            counts[here] = numbers(column.flatten()).reshape(len(here), len(self.plan.measures))

    def table(self) -> pa.Table:
        """Every cell, with the columns of CELLS; empty places of an empty wave have none."""
        measures = len(self.plan.measures)
        unit, cut = (order[self.place[:, at]] for at, order in enumerate(self.order))
        invited = self.people[unit, cut]
        words = [
            pa.array(column, pa.string()) for column in (self.plan.tree.units, *zip(*self.cuts.names, strict=True))
        ]
        names = pa.array([one.id for one in self.plan.measures], pa.string())
        step = max(ROWS // measures, 1)
        parts = []
        for first in range(0, len(unit), step):
            rows = slice(first, first + step)
            many = [np.repeat(one[rows], measures).astype(np.int32) for one in (unit, cut, invited)]
            size = len(many[0])
            counts = {name: arrow(values[rows].ravel()) for name, values in self.counts.items()}
            columns = {
                "unit": words[0].take(arrow(many[0])),
                "segment": words[1].take(arrow(many[1])),
                "category": words[2].take(arrow(many[1])),
                "measure": names.take(arrow(np.tile(np.arange(measures), size // measures))),
                "respondents": counts["respondents" if self.plan.several else "answered"],
                "answered": counts["answered"],
                "invited": arrow(many[2].astype(np.int64)) if self.roster else pa.nulls(size, pa.int64()),
                **{name: counts[name] for name in FIGURES},
            }
            parts.append(pa.table(columns))
        return pa.concat_tables(parts)
