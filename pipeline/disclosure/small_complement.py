"""Primary rule: no rate that tells who did not answer, because only a few did not, or nobody did."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Bools, Grid


def too_few_silent(cells: Grid, minimum: int) -> Bools:
    """Rates of cells in which fewer people than the minimum did not answer, or in which nobody answered.

    That all but two answered says as much about the two as a figure about two people, and that everybody did says it
    of each. Without a roster it is not known who did not answer, and there is nothing to tell.
    """
    rates: Bools = cells.rate & ((cells.invited_known & (cells.silent < minimum)) | (cells["answered"] == 0))
    return rates
