"""Within one grouping the published cells are nested or apart, so each minus those just under it can be calculated.

These residuals part the people. Every sum or difference of cells of the grouping that is a set of people is a union of
residuals, so within the grouping nobody can be isolated exactly when every residual is empty or large enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.certificate import Certificate
from pipeline.disclosure.audit.crowd import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.cells import Bools, Ints


def small_residuals(
    table: Exposed, sums: tuple[Ints, ...] = (), unsafe: Callable[[tuple[Ints, ...]], Bools] | None = None
) -> list[Certificate]:
    """Residuals of 1..minimum-1 people, or whose own sums say too much. `sums` are those of the places, answers first.

    A published cell with none under it is its own residual, and the rules for cells have judged it more exactly.
    """
    size = len(table.shown)
    people = np.zeros(size, dtype=np.int64)
    for nearest in table.nearest:
        people += table.people(nearest, size)
    nested = np.flatnonzero(table.shown & (table.published_above != OUTSIDE))
    rest = []
    for amount in sums:
        own = amount.copy()
        np.subtract.at(own, table.published_above[nested], amount[nested])
        rest.append(own)
    alike = unsafe(tuple(rest)) & (rest[0] < sums[0]) if unsafe else np.zeros_like(table.shown)
    bad = table.shown & (people > 0) & ((people < table.minimum) | alike)
    return [
        Certificate(table.layer, "residual", int(people[place]), table.terms({int(place): 1}))
        for place in np.flatnonzero(bad)
    ]
