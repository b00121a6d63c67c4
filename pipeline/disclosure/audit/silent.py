"""Who was invited and did not answer: a table of their own, published exactly where the response rate is.

The rate states how many of a cell answered and the roster how many were asked, so it states those who did not as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from pipeline.disclosure.audit.crowd import Crowd
    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.cells import Bools, Grid, Ints

# Counted against those who answered: the invited, who are known, less the rate.
AGAINST = (-1,)


def silent(rate: Exposed, cells: Grid) -> Exposed:
    """The people who did not answer, published where this rate is. Nobody where there is no roster."""
    (measure,) = rate.rows
    people = cells.silent[measure]
    withheld = cells.exists[measure] & ~rate.shown & (people > 0)
    guarded = withheld & ((people < rate.minimum) | (cells["answered"][measure] == 0))
    return replace(rate, answering=~rate.crowd.answers[:, measure], guarded=guarded, times=AGAINST)


def all_or_nobody(
    table: Exposed, cells: Grid
) -> tuple[tuple[Ints, ...], Callable[[tuple[Ints, ...]], Bools]] | tuple[()]:
    """Of a rate or of its silent: how many are in each place, how many of the others, and that there are no others.

    When everybody of a set answered, or nobody did, that is told of each of them. Nothing without a roster.
    """
    (measure,) = table.rows
    if not cells.invited_known[measure][cells.exists[measure]].all():
        return ()
    answered, away = cells["answered"][measure], cells.silent[measure]
    return (away, answered) if table.times == AGAINST else (answered, away), _no_others


def _no_others(sums: tuple[Ints, ...]) -> Bools:
    others: Bools = sums[1] == 0
    return others


def recount(cells: Grid, known: Crowd) -> None:
    """Raises DisclosureLeak where the cells say that other people did not answer than the members do."""
    for measure in np.flatnonzero(cells.rate):
        people = known.in_places(np.flatnonzero(~known.answers[:, measure]), len(cells.places))
        here = cells.exists[measure] & cells.invited_known[measure]
        if (people[here] != cells.silent[measure][here]).any():
            msg = (
                f"cells of {cells.measures[measure]!r} count other people who did not answer than the members do; "
                "aggregate again"
            )
            raise DisclosureLeak(msg)
