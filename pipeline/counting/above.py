"""The units above the branches: few, and each the sum of what the branches under it say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.counting.arrays import Ints, arrow, lists, numbers
from pipeline.counting.kernel import FIGURES, TALLY, Plan, described
from pipeline.counting.nested import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Unit and cut of every meeting of two answers of one person, for each measure (pipeline.counting.several).
Meetings = list[tuple[Ints, Ints]]


class Above:
    """Adds up branches as they come, in any order."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        found = {branch.above for branch in plan.branches} - {NOWHERE}
        self.units = np.array(sorted(found), dtype=np.int64)
        self._at = {unit: number for number, unit in enumerate(self.units.tolist())}
        ends = np.cumsum([0, *(len(one.steps) for one in plan.measures)]).tolist()
        self._of = list(map(slice, ends[:-1], ends[1:]))
        self._counts = np.zeros((len(self.units), plan.cuts, ends[-1]), dtype=np.int64)
        self._people = np.zeros((len(self.units), plan.cuts), dtype=np.int64)

    def add(self, tally: pa.Table) -> pa.Table:
        """Takes from a TALLY what it says of its branch as a whole; the cells are given back."""
        unit = numbers(tally["unit"])
        cells = int(np.searchsorted(unit == NOWHERE, np.True_))
        rest = tally.slice(cells)
        if rest.num_rows:
            branch = self.plan.branches[int(rest["branch"][0].as_py())]
            at, cut = self._at[branch.above], numbers(rest["cut"])
            given = numbers(rest["histogram"].combine_chunks().flatten()).reshape(len(cut), self._counts.shape[2])
            self._counts[at, cut] += given
            self._people[at, cut] += numbers(rest["people"])
        return tally.slice(0, cells)

    def cells(self, meetings: Sequence[Meetings] = ()) -> Iterator[pa.Table]:
        """The cells of each unit above the branches, as TALLY, once all branches are added.

        `meetings` are those of each grouping, where people have several answers.
        """
        plan, tree = self.plan, self.plan.tree
        again = self._again(meetings)
        for at in range(len(self.units) - 1, -1, -1):
            above = self._at.get(int(tree.parent[self.units[at]]))
            if above is not None:
                for one in (self._counts, self._people, again):
                    one[above] += one[at]
            cut = np.flatnonzero(self._people[at])
            counts = [self._counts[at, cut, mine].T for mine in self._of]
            answered = np.array([one.sum(axis=0) for one in counts]).T
            respondents = answered - again[at, cut]
            figures = [described(one, measure) for one, measure in zip(counts, plan.measures, strict=True)]
            nothing = pa.nulls(len(cut), pa.list_(pa.int64()))
            columns = {
                "branch": arrow(np.full(len(cut), NOWHERE, dtype=np.int32)),
                "unit": arrow(np.full(len(cut), self.units[at], dtype=np.int32)),
                "cut": arrow(cut.astype(np.int32)),
                "people": arrow(self._people[at, cut]),
                "respondents": lists(respondents) if plan.several else nothing,
                "answered": lists(answered),
                "histogram": nothing,
            }
            enough = respondents >= plan.minimum
            columns |= {name: lists(np.array([one[name] for one in figures]).T * enough) for name in FIGURES}
            yield pa.table([columns[name] for name in TALLY.names], schema=TALLY)

    def _again(self, meetings: Sequence[Meetings]) -> Ints:
        """How many answers of each unit and cut, in each measure, are a person's second or later ones.

        What meets inside a branch counts in the unit that holds the branch, and so in those above that one.
        """
        again = np.zeros((len(self.units), self.plan.cuts, len(self.plan.measures)), dtype=np.int64)
        tree = self.plan.tree
        number = np.full(len(tree.units), NOWHERE, dtype=np.int64)
        number[self.units] = np.arange(len(self.units))
        for level in range(1, int(tree.depth.max()) + 1):
            inside = np.flatnonzero((tree.depth == level) & (number == NOWHERE))
            number[inside] = number[tree.parent[inside]]
        for grouping in meetings:
            for measure, (unit, cut) in enumerate(grouping):
                np.add.at(again, (number[unit], cut, np.full(len(unit), measure)), 1)
        return again
