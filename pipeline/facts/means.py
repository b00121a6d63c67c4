"""Means, their intervals, spreads and shares, each rounded once: exactly."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from pipeline import exactly, statistics

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.exactly import Bools, Ints
    from pipeline.facts.cells import Cells

SHARES = ("favourable", "neutral", "unfavourable")
A_WHOLE = 100  # shares are counted in hundredths


def means(cells: Cells) -> Ints:
    """The mean of each row in last decimals, half to even; 0 where there is none. A rate is of those invited."""
    up = cells.of_measure([one.a_step.numerator for one in cells.forms])
    down = cells.of_measure([one.a_step.denominator for one in cells.forms])
    answered = cells.counts["answered"]
    start = cells.of_measure([one.start for one in cells.forms])
    over = np.where(cells.rate, 100 * answered, cells.counts["total"] * up + start * answered * down)
    under = np.where(cells.rate, cells.counts["invited"], answered * down)
    return exactly.quotients(over, np.where(cells.free, under, 0))


def intervals(cells: Cells, mean: Ints) -> tuple[Ints, Ints, Bools]:
    """The ends of each 95 % interval in last decimals, never outside the range, and which rows have one."""
    has = cells.free & ~cells.rate
    a_step = np.array([float(one.a_step) for one in cells.forms])[cells.measure]
    start = cells.of_measure([one.start for one in cells.forms])
    centre = start + cells.counts["total"] / np.maximum(cells.counts["answered"], 1) * a_step
    half = np.sqrt(float(statistics.Z_SQUARED) * cells.estimates.error)
    at = np.flatnonzero(has & (half > 0))

    def end(sign: int) -> Ints:
        def exact(number: int) -> int:
            row = int(at[number])
            found = statistics.interval(cells.mean(row), cells.error(row))
            return found.high if sign > 0 else found.low

        ends = mean.copy()  # where everybody answered, the mean is no estimate
        ends[at] = exactly.rounded(centre[at] + sign * half[at], exact)
        low = cells.of_measure([one.measure.low * one.one for one in cells.forms])
        high = cells.of_measure([one.measure.high * one.one for one in cells.forms])
        return np.clip(ends, low, high)

    return end(-1), end(1), has


def deviations(cells: Cells) -> Ints:
    """The standard deviation (n - 1) of each row's own answers in last decimals, where a distribution is shown."""
    at = np.flatnonzero(cells.finer)
    answered, total, squares = (cells.counts[name][at] for name in ("answered", "total", "squares"))
    # In 64 bits: scoring.hold refuses a survey whose sums would not fit.
    spread = (answered * squares - total * total) / np.maximum(answered * (answered - 1), 1)
    a_step = np.array([float(one.a_step) for one in cells.forms])[cells.measure[at]]
    found = np.zeros(len(cells.measure), dtype=np.int64)
    found[at] = exactly.rounded(
        np.sqrt(spread) * a_step, lambda number: statistics.rounded_sum(Fraction(0), cells.variance(int(at[number])))
    )
    return found


def shares(cells: Cells) -> Mapping[str, Ints]:
    """The shares of favourable, neutral and unfavourable answers, in hundredths."""
    answered = np.where(cells.finer, cells.counts["answered"], 0)
    return {name: exactly.quotients(A_WHOLE * cells.counts[name], answered) for name in SHARES}
