"""The chooser: from what the primary rules allow to what also withstands subtraction. It proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.complementary import complementary
from pipeline.disclosure.contrast import contrasts, give_up_items
from pipeline.disclosure.distribution import tells_too_much
from pipeline.disclosure.lines import Lines, Tables
from pipeline.disclosure.membership import membership
from pipeline.disclosure.minimum import too_few
from pipeline.disclosure.primary import Shown
from pipeline.disclosure.unanimity import could_be_of_one_mind

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.disclosure.cells import Bools, Grid
    from pipeline.disclosure.family import Families
    from pipeline.disclosure.rules import Rules
    from pipeline.organisation import Tree


class Chooser:
    """What to withhold for the sake of other cells. Kept between repairs, since the people stay the same."""

    def __init__(self, cells: Grid, members: pa.Table, tree: Tree, rules: Rules, families: Families) -> None:
        self.cells = cells
        self.rules = rules
        self.members = membership(cells, members, tree)
        self.lines = Lines(cells, self.members)
        self.contrasts = contrasts(cells, self.members, families)

    def choose(self, allowed: Shown) -> Shown:
        """The largest part of `allowed` that the chooser finds to withstand subtraction."""
        means = self._means(allowed.means)
        return Shown(means, self._distributions(allowed.distributions & means))

    def _means(self, means: Bools) -> Bools:
        """Measures and contrasts hold each other: an item given up can break a line of its own."""
        cells, known = self.cells, self.contrasts
        measures = len(cells.measures)
        nothing = np.zeros_like(known.people)
        tables = Tables(
            np.concatenate([self.members.answers, known.incomplete], axis=1),
            np.concatenate([cells["respondents"], known.people]),
            tuple(np.concatenate([cells[name], nothing]) for name in ("answered", "total", "squares")),
            lambda sums: _padded(could_be_of_one_mind(*(part[:measures] for part in sums)) & ~cells.rate, len(nothing)),
        )
        few = (known.people > 0) & too_few(known.people, self.rules.minimum_mean)
        may = ~few
        while True:
            shown = np.concatenate([means, known.shown(means) & may])
            shown = complementary(cells, self.lines, tables, shown, self.rules.minimum_mean)
            kept = give_up_items(known, shown[:measures], shown[measures:])
            if (kept == means).all():
                return means
            means = kept

    def _distributions(self, distributions: Bools) -> Bools:
        """The same with shares for sums, and the larger minimum."""
        cells = self.cells
        names = ("answered", "favourable", "neutral", "unfavourable")
        tables = Tables(
            self.members.answers,
            cells["respondents"],
            tuple(cells[name] for name in names),
            lambda sums: tells_too_much(*sums),
        )
        return complementary(cells, self.lines, tables, distributions, self.rules.minimum_distribution)


def _padded(measures: Bools, contrasts: int) -> Bools:
    """Contrasts are held to the number of people alone: their sums are no cell's."""
    return np.concatenate([measures, np.zeros((contrasts, measures.shape[1]), dtype=np.bool_)])
