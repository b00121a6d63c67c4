"""What must hold of each protected row by itself, held against many rows at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.counting.arrays import coded, numbers, valid
from pipeline.survey import RESPONSE_RATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from pipeline.counting.arrays import Bools, Ints
    from pipeline.survey import Survey

BANDS = ("favourable", "neutral", "unfavourable")
FIGURES = ("answered", "invited", "total", "squares", *BANDS)
COLUMNS = ("measure", "status", *FIGURES)
SHOWN = "F"
STATUSES = (SHOWN, "C", "N")
_SAFE = 2.0**62  # products that are below this as doubles are exact in 64 bits


@dataclass(frozen=True)
class Figures:
    """Protected rows: which are `shown`, which figures each `has`, and these, 0 for one that is not there."""

    known: Bools  # has a status that there is
    shown: Bools
    rate: Bools  # states a response rate
    has: Mapping[str, Bools]
    of: Mapping[str, Ints]

    @staticmethod
    def read(rows: pa.Table) -> Figures:
        """Of a table with COLUMNS. Raises KeyError for one that is not there."""
        has = {name: valid(rows[name]) for name in FIGURES}
        of = {name: numbers(rows[name], 0).astype(np.int64, copy=False) for name in FIGURES}
        known, shown = _is(rows["status"], STATUSES), _is(rows["status"], (SHOWN,))
        return Figures(known, shown, _is(rows["measure"], (RESPONSE_RATE.id,)), has, of)

    def faults(self, survey: Survey) -> Iterator[tuple[str, Bools]]:
        """The name of each fault that a row can have by itself, and the rows that have it."""
        minimum, has, of = survey.file.minimum_group_size, self.has, self.of
        shares = np.logical_or.reduce([has[band] for band in BANDS])
        made_up = has["answered"] & (sum(of[band] for band in BANDS) == of["answered"])
        for band in BANDS:  # none is so large that their sum could wrap round
            made_up &= has[band] & (of[band] <= of["answered"])
        spread = has["squares"] & has["answered"] & has["total"]
        yield "unknown_status", ~self.known
        yield "below_minimum", self.shown & self._fewer(minimum.mean)
        yield "finer_below_minimum", (has["squares"] | shares) & self._fewer(minimum.distribution)
        yield "withheld_with_figures", ~self.shown & np.logical_or.reduce(list(has.values()))
        yield "negative", np.logical_or.reduce([of[name] < 0 for name in ("answered", "invited", *BANDS)])
        yield "shares_off", shares & ~made_up
        yield "spread_off", spread & impossible(of["answered"], of["total"], of["squares"])
        yield "more_than_invited", has["answered"] & has["invited"] & (of["invited"] < of["answered"])
        if survey.file.respondent.unit is None:
            yield "rate_alone", self.rate & self.shown & ~has["invited"]

    def _fewer(self, minimum: int) -> Bools:
        """Not known to be about as many people as that."""
        found: Bools = ~self.has["answered"] | (self.of["answered"] < minimum)
        return found


def impossible(answered: Ints, total: Ints, squares: Ints) -> Bools:
    """Whether no so many numbers have this sum and this sum of squares: n * squares is less than the sum squared.

    Exact: in 64 bits where both products are sure to fit, in whole numbers without an end where they may not.
    """
    found: Bools = squares * answered < total * total
    sizes = np.maximum(np.abs(squares.astype(np.float64) * answered), np.square(total.astype(np.float64)))
    for at in np.flatnonzero(sizes >= _SAFE).tolist():
        found[at] = int(squares[at]) * int(answered[at]) < int(total[at]) ** 2
    return found


def _is(column: pa.ChunkedArray, wanted: tuple[str, ...]) -> Bools:
    """Where a column of words has one of these; never where it has none."""
    code, words = coded(column)
    found: Bools = np.array([*(word in wanted for word in words), False])[code]
    return found
