"""What a reader has of one question of a village: its cells but for those that are hidden, as the auditor sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.crowd import crowd
from pipeline.disclosure.audit.exposed import Exposed
from pipeline.disclosure.cells import Grid, columns, grid

if TYPE_CHECKING:
    from collections.abc import Collection

    from village import Village

    from pipeline.disclosure.cells import Ints

Cell = tuple[str, str]  # unit, category


def laid(village: Village) -> Grid:
    """The cells as arrays."""
    segments, measures = columns(village.members)
    return grid(village.cells, measures, segments, village.tree)


def totals(village: Village) -> Ints:
    """The sums of all places, of the first measure."""
    return laid(village)["total"][0]


def exposed(village: Village, k: int, hidden: Collection[Cell] = (), guard: Collection[Cell] = ()) -> Exposed:
    """The first measure, published wherever k people answered and it is not `hidden`; `guard` must not be known."""
    cells = laid(village)
    named = [(place.unit, place.category) for place in cells.places]
    shown = cells.exists[0] & (cells["respondents"][0] >= k) & [one not in hidden for one in named]
    guarded = np.array([one in guard for one in named], dtype=np.bool_) & ~shown
    people = crowd(cells, village.members, village.tree)
    return Exposed(people, "means", (0,), people.answers[:, 0], shown, k, guarded)
