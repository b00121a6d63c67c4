"""Repair: a leak comes with the published cells that make it, so withhold one of them and look again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pipeline.disclosure.primary import Shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.disclosure.audit import Certificate
    from pipeline.disclosure.cells import Ints


def without(weight: Ints, shown: Shown, certificates: Sequence[Certificate], each: int = 1) -> Shown:
    """Less of `shown`: from every certificate cells are gone, those that lose least for the leaks they close.

    `weight` is what each cell costs, measures x places. What is finer than a mean can be taken alone; a mean takes its
    distribution along. Where the same people are found by one way after another, `each` says how many cells of every
    way go at once.
    """
    means, distributions = shown.means.copy(), shown.distributions.copy()
    grids = {"means": means, "distributions": distributions}
    uses = Counter((one.layer, term.measure, term.place) for one in certificates for term in one.terms)
    for one in sorted(certificates, key=lambda one: (len(one.terms), one.layer, one.terms)):
        grid = grids[one.layer]
        cells_of_it = [(term.measure, term.place) for term in one.terms]
        if all(grid[cell] for cell in cells_of_it):
            least = sorted(
                cells_of_it, key=lambda cell: (cell in one.follow, weight[cell] / uses[one.layer, *cell], cell)
            )
            for cell in least[:each]:
                grid[cell] = False
    return Shown(means, distributions & means)
