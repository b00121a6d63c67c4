"""The arithmetic of a published figure: exact, on integers and fractions, rounded once, to the nearest even.

No float takes part, so that no machine, library or order of addition can change a digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

# The square of the standard normal's 97.5 % point, 1.959963984540054: its 95 % point with chi-squared, 1 degree.
Z_SQUARED = Fraction(3_841_458_820_694_124, 10**15)


def variance(answered: int, total: int, squares: int) -> Fraction:
    """s^2 of these answers: squared deviations from their mean over n - 1. Needs two answers."""
    return Fraction(answered * squares - total * total, answered * (answered - 1))


def error(spread: Fraction, answered: int, invited: int | Fraction | None) -> Fraction:
    """Squared standard error of the mean of `answered` out of `invited` people: s^2 / n * (1 - n / N).

    Cochran 1977, Sampling Techniques, 2.6 and 2.7. It is 0 when all answered, for then the mean is no estimate. Where
    `invited` is unknown, the correction is left out, which errs on the wide side.
    """
    squared = spread / answered
    return squared if invited is None else squared * Fraction(invited - answered, invited)


@dataclass(frozen=True)
class Interval:
    """Centre +- the root of `half_squared`."""

    centre: Fraction
    half_squared: Fraction

    @property
    def low(self) -> int:
        """The lower end, rounded."""
        return -rounded_sum(-self.centre, self.half_squared)

    @property
    def high(self) -> int:
        """The upper end, rounded."""
        return rounded_sum(self.centre, self.half_squared)


def interval(mean: Fraction, squared_error: Fraction) -> Interval:
    """The mean +- 1.96 standard errors: it holds the mean of all who were invited in 95 of 100 samples."""
    return Interval(mean, Z_SQUARED * squared_error)


def rounded_sum(number: Fraction, square: Fraction) -> int:
    """The whole number nearest to `number` + the root of `square`; of two as near, the even one."""
    doubled = 2 * number
    # Twice the root, rounded down: the answer lies within 2 of this.
    near = (doubled.numerator // doubled.denominator + isqrt(int(4 * square))) // 2
    while _compare(Fraction(2 * near + 1, 2) - number, square) < 0:
        near += 1
    if near % 2 and _compare(Fraction(2 * near + 1, 2) - number, square) == 0:
        near += 1
    return near


def _compare(number: Fraction, square: Fraction) -> int:
    """-1, 0 or 1: how `number` compares with the root of `square`."""
    if number < 0:
        return -1
    squared = number * number
    return (squared > square) - (squared < square)


def verdict(change: Fraction, squared_error: Fraction, matters: Fraction) -> str:
    """What a difference of two independent means says; `matters` is the smallest change that is worth acting on.

    `up` or `down`: at least `matters`, and its 95 % interval excludes 0. `same`: the whole interval lies within
    +- `matters`. `unsure` otherwise: the figures cannot tell.
    """
    half_squared = Z_SQUARED * squared_error
    size = abs(change)
    if size >= matters and size * size > half_squared:
        return "up" if change > 0 else "down"
    room = matters - size
    return "same" if room >= 0 and half_squared <= room * room else "unsure"
