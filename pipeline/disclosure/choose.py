"""The chooser: from what the primary rules allow to what also withstands subtraction. It proves nothing."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.complementary import complementary
from pipeline.disclosure.contrast import contrasts, give_up_items
from pipeline.disclosure.distribution import tells_too_much
from pipeline.disclosure.left_over import LeftOver
from pipeline.disclosure.lines import Lines, Tables
from pipeline.disclosure.membership import membership
from pipeline.disclosure.minimum import too_few
from pipeline.disclosure.primary import Shown
from pipeline.disclosure.unanimity import could_be_of_one_mind
from pipeline.disclosure.worth import ANY, OF_TOTAL

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.disclosure.cells import Bools, Grid, Ints
    from pipeline.disclosure.family import Families
    from pipeline.disclosure.rules import Rules
    from pipeline.disclosure.worth import Worth
    from pipeline.organisation import Tree


class Chooser:
    """What to withhold for the sake of other cells. Kept between repairs, since the people stay the same."""

    def __init__(
        self, cells: Grid, members: pa.Table, tree: Tree, rules: Rules, families: Families, worth: Worth = ANY
    ) -> None:
        self.cells = cells
        self.rules = rules
        self.members = membership(cells, members, tree)
        self.lines = Lines(cells, self.members)
        self.contrasts = contrasts(cells, self.members, families)
        self.rates = np.flatnonzero(cells.rate)
        self.weight = worth.weight(cells, tree)

    def choose(self, allowed: Shown) -> Shown:
        """The largest part of `allowed` that the chooser finds to withstand subtraction."""
        means = self._means(allowed.means)
        return Shown(means, self._distributions(allowed.distributions & means))

    @cached_property
    def _lines(self) -> LeftOver:
        """Measures, contrasts and those who did not answer: what one gives up can break another's line.

        Who did not answer is a table that is published where the rate is; and so is the rate where that one is.
        """
        cells, known = self.cells, self.contrasts
        answers, silent = self.members.answers, cells.silent[self.rates]
        answered, nothing = cells["answered"][self.rates], np.zeros_like(known.people)
        # Of a rate, and of those who did not answer, the second sum is that of the others: nobody, and it tells of all.
        totals = np.where(cells.rate, cells.silent, cells["total"])
        incomplete = known.people * np.where(cells.total_row, OF_TOTAL, 1)
        tables = Tables(
            self.members,
            np.concatenate([answers, known.incomplete, ~answers[:, self.rates]], axis=1),
            np.concatenate([self.weight, incomplete, self.weight[self.rates]]),
            (
                np.concatenate([cells["answered"], nothing, silent]),
                np.concatenate([totals, nothing, answered]),
                np.concatenate([cells["squares"], nothing, answered]),
            ),
            self._of_one_mind,
        )
        return LeftOver(self.lines, tables, self.rules.minimum_mean)

    @cached_property
    def _finer_lines(self) -> LeftOver:
        """Measures with their shares for sums."""
        names = ("answered", "favourable", "neutral", "unfavourable")
        sums = tuple(self.cells[name] for name in names)
        tables = Tables(self.members, self.members.answers, self.weight, sums, lambda sums, _: tells_too_much(*sums))
        return LeftOver(self.lines, tables, self.rules.minimum_distribution)

    def _means(self, means: Bools) -> Bools:
        """All tables at once, until none gives up anything for another."""
        known = self.contrasts
        measures, families = len(self.cells.measures), len(known.people)
        may = ~((known.people > 0) & too_few(known.people, self.rules.minimum_mean))
        while True:
            shown = np.concatenate([means, known.shown(means) & may, means[self.rates]])
            shown = complementary(self._lines, shown)
            kept = give_up_items(known, shown[:measures], shown[measures : measures + families])
            kept[self.rates] &= shown[measures + families :]
            if (kept == means).all():
                return means
            means = kept

    def _of_one_mind(self, sums: tuple[Ints, ...], places: Ints) -> Bools:
        """Of measures; then contrasts, held to their numbers alone (their sums are no cell's); then the silent."""
        measures, families = len(self.cells.measures), len(self.contrasts.people)
        known = self.cells.invited_known[np.ix_(self.rates, places)]
        alike = could_be_of_one_mind(*(part[:measures] for part in sums))
        alike[self.rates] = known & (sums[1][self.rates] == 0)
        contrasts = np.zeros((families, known.shape[1]), dtype=np.bool_)
        return np.concatenate([alike, contrasts, known & (sums[1][measures + families :] == 0)])

    def _distributions(self, distributions: Bools) -> Bools:
        """The same for shares, with their larger minimum."""
        return complementary(self._finer_lines, distributions) if distributions.any() else distributions
