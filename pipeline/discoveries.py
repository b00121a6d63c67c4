"""Which of many changes are more than chance: the false discovery rate over all cells of a wave, to the last bit.

Benjamini and Hochberg 1995, J. R. Stat. Soc. B 57: of m tests with p-values p(1) <= ... <= p(m), those up to the
largest i with p(i) <= q * i / m. Of the changes that are called one, no more than q are then expected to be chance.
A unit's figures are part of its parent's, so the tests depend on each other, and positively; Benjamini and
Yekutieli 2001 prove the procedure for that dependence (one-sided), and Reiner-Benaim 2007 finds that it holds for
two-sided tests of correlated normal figures. What holds under any dependence whatever (Benjamini and Yekutieli's own)
divides q by 1 + 1/2 + ... + 1/m, 9 for 5,000 cells: nearly every real change of a team would be lost.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from pipeline import exactly
from pipeline.statistics import Z_SQUARED

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.exactly import Bools, Doubles

RATE = Fraction(5, 100)  # of all that is called a change, as much as this may be chance
_DIGITS = 60  # that every step is reckoned with; what is published of a point are _DECIMALS
_DECIMALS = 15


def point(squared: Doubles, exact: Callable[[int], Fraction], rate: Fraction = RATE) -> Fraction | None:
    """What a squared statistic (change^2 / error^2) has to exceed to be a discovery; None when none of them is one.

    `squared` are the statistics to within exactly.NEAR, `exact` gives one of them as it is: doubles only decide what
    they are sure of. A p-value is the tail of chi-squared with 1 degree of freedom. The same for every order.
    """
    found = len(squared)
    while found:
        least = tail_point(rate * found / len(squared))
        there = int(exceeds(squared, least, exact).sum())
        if there >= found:
            return least
        found = there
    return None


def exceeds(squared: Doubles, least: Fraction, exact: Callable[[int], Fraction]) -> Bools:
    """Which of them are larger than `least`."""
    bound = np.full(len(squared), float(least))
    larger: Bools = ~exactly.at_most(squared, bound, bound, lambda at: exact(at) <= least)
    return larger


@cache
def tail_point(tail: Fraction) -> Fraction:
    """What chi-squared with 1 degree of freedom exceeds with probability `tail`, to 15 decimals.

    Found by halving, on decimal numbers of 60 digits: decimal arithmetic rounds alike on every machine.
    """
    if tail == RATE:
        return Z_SQUARED
    low, high = 0, 2000 * 10**_DECIMALS  # the tail beyond 2000 is 10^-436
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _is_beyond(Fraction(middle, 10**_DECIMALS), tail) else (low, middle)
    return Fraction(high, 10**_DECIMALS)


def _is_beyond(value: Fraction, tail: Fraction) -> bool:
    """Whether more than `tail` of chi-squared with 1 degree of freedom lies beyond a value."""
    with localcontext() as context:
        context.prec = _DIGITS
        return _tail(Decimal(value.numerator) / value.denominator) * tail.denominator > tail.numerator


def _tail(value: Decimal) -> Decimal:
    """P(X > value) for chi-squared with 1 degree of freedom: erfc of the root of half of it.

    Up to 30 by the series of Abramowitz and Stegun 1964, 7.1.6, of which at most 16 digits are lost at the end where
    the tail is small; beyond by their continued fraction 7.1.14.
    """
    half = value / 2
    root = half.sqrt()
    if value <= 30:  # noqa: PLR2004 - here the two are equally good
        term, total, step = root, root, 0
        while term > total.scaleb(-_DIGITS):
            step += 1
            term = term * 2 * half / (2 * step + 1)
            total += term
        return 1 - 2 * (-half).exp() * total / _pi().sqrt()
    fraction = Decimal(0)
    for step in range(600, 0, -1):
        fraction = Decimal(step) / 2 / (root + fraction)
    return (-half).exp() / ((root + fraction) * _pi().sqrt())


def _pi() -> Decimal:
    return Decimal("3.14159265358979323846264338327950288419716939937510582097494459")
