"""Primary rule: nothing is said about a unit that is smaller than the minimum, whoever of it answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Bools, Grid


def in_small_unit(cells: Grid, minimum: int) -> Bools:
    """Places in a unit to which fewer people were invited than the minimum; for want of a roster, who answered."""
    size: dict[str, int] = {}
    known = np.where(cells.invited_known, cells["invited"], cells["respondents"])
    largest = known.max(axis=0, initial=0)
    for number, place in enumerate(cells.places):
        if place.segment == TOTAL:
            size[place.unit] = int(largest[number])
    return np.array([size.get(place.unit, 0) < minimum for place in cells.places], dtype=np.bool_)
