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


@dataclass(frozen=True)
class Estimate:
    """What a mean was estimated with: s^2, of how many answers, and of how many who were asked, where that is known."""

    spread: Fraction
    answered: int
    invited: int | Fraction | None

    @property
    def unseen(self) -> Fraction:
        """1/n - 1/N: what s^2 is multiplied with to give the squared error of the mean."""
        return error(Fraction(1), self.answered, self.invited)

    @property
    def error(self) -> Fraction:
        """The squared standard error of the mean."""
        return self.spread * self.unseen


def error_of_change(now: Estimate, before: Estimate, pairs: int, differences: Fraction) -> Fraction:
    """Squared standard error of one mean minus another, when `pairs` people are behind both.

    `differences` is s^2 of what these people answered now minus before, S_d^2. With c = pairs / (n1 n2) - 1 / N the
    two means have the covariance c (S1^2 + S2^2 - S_d^2) / 2 (Kish 1965, Survey Sampling, 12.4; with the finite
    population Tam 1984 and Qualite and Tille 2008). So the error is S_d^2 c + S1^2 (1/n1 - 1/N1 - c) + S2^2 (1/n2 -
    1/N2 - c): the people who are in both count with the spread of their differences, all others with their own.
    When everybody answered both times it is that of the paired test, S_d^2 / n (1 - n / N); without pairs, that of
    two independent means. N is the larger of N1 and N2, and c no larger than if all of one were in the other.
    """
    sizes = [one.invited for one in (now, before) if one.invited is not None]
    everybody = Fraction(1, max(sizes)) if sizes else 0
    shared = Fraction(pairs, now.answered * before.answered) - everybody if pairs else Fraction(0)
    shared = min(shared, now.unseen, before.unseen)
    # Fewer in both than chance would give: that can only be held against what is found, never for it.
    covered = now.spread + before.spread - differences
    return now.error + before.error - shared * (covered if shared > 0 else max(covered, Fraction(0)))


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


def verdict(change: Fraction, squared_error: Fraction, matters: Fraction, beyond: Fraction | None = Z_SQUARED) -> str:
    """What a change says; `matters` is the smallest one that is worth acting on.

    `up` or `down`: at least `matters`, and its square more than `beyond` times the squared error; with None only one
    that is certain is. `same`: the whole 95 % interval lies within +- `matters` (Schuirmann 1987, but with 95 % in
    place of his 90 %). `unsure` otherwise: the figures cannot tell.
    """
    size = abs(change)
    certain = squared_error == 0 and size > 0
    if size >= matters and (certain or (beyond is not None and size * size > beyond * squared_error)):
        return "up" if change > 0 else "down"
    half_squared = Z_SQUARED * squared_error
    room = matters - size
    return "same" if room >= 0 and half_squared <= room * room else "unsure"
