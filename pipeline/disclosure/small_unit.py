"""Primary rule: nothing is said about a unit that is smaller than the minimum, whoever of it answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Bools, Grid


def in_small_unit(cells: Grid, minimum: int) -> Bools:
    """Places in a unit to which fewer people were invited than the minimum; for want of a roster, who answered."""
    known = np.where(cells.invited_known, cells["invited"], cells["respondents"])
    unit, names = cells.units
    size = np.zeros(len(names), dtype=np.int64)
    size[unit[cells.total_row]] = known.max(axis=0, initial=0)[cells.total_row]
    small: Bools = size[unit] < minimum
    return small
