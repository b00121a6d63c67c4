"""The false discovery rate: the same discoveries as scipy's, and quantiles of chi-squared to the last digit shown."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import discoveries, statistics

STATISTICS = st.lists(st.fractions(0, 40, max_denominator=1000), min_size=1, max_size=40)


def found(squared: list[Fraction]) -> list[bool]:
    doubles = np.array([float(one) for one in squared])
    least = discoveries.point(doubles, squared.__getitem__)
    return [least is not None and one > least for one in squared]


@settings(deadline=None)
@given(STATISTICS)
def test_the_discoveries_are_those_of_scipy(squared: list[Fraction]) -> None:
    chances = scipy.stats.chi2.sf([float(one) for one in squared], 1)
    expected = scipy.stats.false_discovery_control(chances, method="bh") <= float(discoveries.RATE)
    assert found(squared) == expected.tolist()


def test_a_picture_of_benjamini_and_hochberg() -> None:
    # p = 0.0016, 0.012, 0.036, 0.053, 0.32; of five tests 0.01, 0.02, 0.03, 0.04, 0.05 are asked for: two are found,
    # although the third one alone would have been.
    assert found([Fraction(text) for text in ("10", "6.3", "4.4", "3.75", "1")]) == [True, True, False, False, False]


def test_nothing_is_found_among_nothing_and_among_chance() -> None:
    assert discoveries.point(np.array([]), [].__getitem__) is None
    assert found([Fraction(1), Fraction(2)]) == [False, False]


@settings(deadline=None)
@given(STATISTICS, st.randoms())
def test_the_order_decides_nothing(squared: list[Fraction], chance: Random) -> None:
    shuffled = squared.copy()
    chance.shuffle(shuffled)
    assert dict(zip(shuffled, found(shuffled), strict=True)) == dict(zip(squared, found(squared), strict=True))


@pytest.mark.parametrize("tail", ["0.05", "0.025", "0.01", "0.001", "1e-6", "1e-8", "1e-9", "1e-12", "1e-40", "1e-200"])
def test_a_point_is_the_quantile_of_chi_squared(tail: str) -> None:
    exact = discoveries.tail_point(Fraction(tail))
    assert float(exact) == pytest.approx(scipy.stats.chi2.isf(float(tail), 1), rel=1e-12)


def test_the_point_of_one_test_is_the_one_that_intervals_are_drawn_with() -> None:
    assert discoveries.tail_point(discoveries.RATE) == statistics.Z_SQUARED


def test_where_a_double_cannot_tell_the_fraction_decides() -> None:
    least = Fraction(10**20 + 1, 10**20)
    above, below = least + Fraction(1, 10**30), least - Fraction(1, 10**30)
    values = [above, least, below]
    assert len({float(one) for one in values}) == 1
    told = discoveries.exceeds(np.array([float(one) for one in values]), least, values.__getitem__)
    assert told.tolist() == [True, False, False]
