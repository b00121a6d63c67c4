"""Exact arithmetic: rounded once, to the nearest even, and the same intervals as the textbooks' libraries give."""

from __future__ import annotations

import itertools
import math
import statistics as reference
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline import statistics

NUMBERS = st.fractions(-2000, 2000, max_denominator=5000)
SQUARES = st.fractions(0, 10**6, max_denominator=5000)


def by_decimal(number: Fraction, square: Fraction) -> int:
    """Number + root of square with 120 digits, rounded half to even."""
    with localcontext() as context:
        context.prec = 120
        root = (Decimal(square.numerator) / Decimal(square.denominator)).sqrt()
        whole = Decimal(number.numerator) / Decimal(number.denominator) + root
        return int(whole.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


@given(NUMBERS, SQUARES)
def test_a_sum_with_a_root_is_rounded_as_with_many_digits(number: Fraction, square: Fraction) -> None:
    assume(math.isqrt(square.numerator) ** 2 != square.numerator)  # an irrational root is never halfway
    assert statistics.rounded_sum(number, square) == by_decimal(number, square)


@given(NUMBERS, st.fractions(0, 100, max_denominator=100))
def test_a_sum_with_a_rational_root_is_rounded_as_the_fraction_it_is(number: Fraction, root: Fraction) -> None:
    assert statistics.rounded_sum(number, root * root) == round(number + root)


@given(st.integers(-50, 50), st.integers(0, 50))
def test_halfway_goes_to_the_even_number(number: int, root: int) -> None:
    half = Fraction(1, 2)
    assert statistics.rounded_sum(number + half, Fraction(root) ** 2) % 2 == 0
    assert statistics.rounded_sum(Fraction(number), (root + half) ** 2) % 2 == 0


@given(NUMBERS, SQUARES)
def test_the_lower_end_mirrors_the_upper_one(centre: Fraction, half: Fraction) -> None:
    mirrored = statistics.Interval(-centre, half)
    one = statistics.Interval(centre, half)
    assert (one.low, one.high) == (-mirrored.high, -mirrored.low)
    assert one.low <= round(centre) <= one.high


@given(st.lists(st.integers(0, 24), min_size=2, max_size=30))
def test_variance_is_that_of_the_standard_library(values: list[int]) -> None:
    squares = sum(value * value for value in values)
    exact = statistics.variance(len(values), sum(values), squares)
    assert exact == reference.variance([Fraction(value) for value in values])


@given(st.fractions(1, 5000), st.integers(2, 500), st.integers(0, 500), st.integers(0, 100))
def test_an_interval_is_that_of_scipy(spread: Fraction, answered: int, silent: int, mean: int) -> None:
    invited = answered + silent
    error = statistics.error(spread, answered, invited)
    assume(error > 0)
    # Cochran 1977, 2.7: mean +- t * s / sqrt(n) * sqrt(1 - f)
    scale = math.sqrt(spread / answered) * math.sqrt(1 - answered / invited)
    low, high = scipy.stats.norm.interval(0.95, loc=mean, scale=scale)
    found = statistics.interval(Fraction(mean), error)
    assert found.low == pytest.approx(low, abs=0.5 + 1e-6)
    assert found.high == pytest.approx(high, abs=0.5 + 1e-6)
    assert math.sqrt(found.half_squared) == pytest.approx((high - low) / 2, rel=1e-9)


def test_the_point_of_the_normal_distribution_is_the_one_of_the_tables() -> None:
    assert float(statistics.Z_SQUARED) == pytest.approx(scipy.stats.chi2.ppf(0.95, 1), rel=1e-14)


def test_nothing_is_uncertain_when_everybody_answered_and_without_a_roster_nothing_is_corrected() -> None:
    assert statistics.error(Fraction(9), 9, 9) == 0
    assert statistics.error(Fraction(9), 9, 18) == Fraction(9, 9) * Fraction(1, 2)
    assert statistics.error(Fraction(9), 9, None) == 1


@pytest.mark.parametrize(
    ("change", "half_width", "verdict"),
    [
        (5, 4.9, "up"),  # 0.1 to 9.9
        (-5, 4.9, "down"),
        (5, 5.1, "unsure"),  # -0.1 to 10.1
        (4.9, 1, "unsure"),  # not 0 and less than what matters, and up to 5.9
        (4.9, 0.1, "same"),  # 4.8 to 5.0
        (4.9, 0.2, "unsure"),  # 4.7 to 5.1
        (0, 5, "same"),  # -5 to 5
        (0, 5.1, "unsure"),
        (5, 0, "up"),
        (0, 0, "same"),
        (-4.9, 0.1, "same"),
    ],
)
def test_a_verdict_wants_a_change_that_matters_and_is_more_than_chance(
    change: float, half_width: float, verdict: str
) -> None:
    squared_error = Fraction(str(half_width)) ** 2 / statistics.Z_SQUARED
    assert statistics.verdict(Fraction(str(change)), squared_error, Fraction(5)) == verdict


@given(st.fractions(-20, 20), st.fractions(0, 100), st.fractions(1, 10))
def test_verdicts_of_a_change_and_of_its_opposite_mirror_each_other(
    change: Fraction, squared_error: Fraction, matters: Fraction
) -> None:
    opposite = {"up": "down", "down": "up"}
    one, other = (statistics.verdict(sign * change, squared_error, matters) for sign in (1, -1))
    assert other == opposite.get(one, one)


# --- people in both samples -----------------------------------------------------------------------------------------


def estimate(values: list[int], invited: int | None = None) -> statistics.Estimate:
    squares = sum(value * value for value in values)
    return statistics.Estimate(statistics.variance(len(values), sum(values), squares), len(values), invited)


def spread_of_differences(now: list[int], before: list[int]) -> Fraction:
    return estimate([one - other for one, other in zip(now, before, strict=True)]).spread


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=3, max_size=30))
def test_when_all_are_in_both_the_error_is_that_of_the_paired_test(pairs: list[tuple[int, int]]) -> None:
    now, before = map(list, zip(*pairs, strict=True))
    differences = spread_of_differences(now, before)
    assume(differences > 0)
    squared = statistics.error_of_change(estimate(now), estimate(before), len(pairs), differences)
    change = Fraction(sum(now) - sum(before), len(pairs))
    assert float(change) / math.sqrt(squared) == pytest.approx(scipy.stats.ttest_rel(now, before).statistic, abs=1e-9)
    # and with the finite population: s_d^2 / n (1 - n / N)
    size = 2 * len(pairs)
    corrected = statistics.error_of_change(estimate(now, size), estimate(before, size), len(pairs), differences)
    assert corrected == differences / len(pairs) / 2


@given(st.lists(st.integers(0, 50), min_size=3, max_size=30), st.lists(st.integers(0, 50), min_size=3, max_size=30))
def test_without_pairs_the_error_is_that_of_two_independent_means(now: list[int], before: list[int]) -> None:
    squared = statistics.error_of_change(estimate(now), estimate(before), 0, Fraction(0))
    assume(len(set(now)) > 1 < len(set(before)))  # scipy warns where nobody differs
    change = Fraction(sum(now), len(now)) - Fraction(sum(before), len(before))
    expected = scipy.stats.ttest_ind(now, before, equal_var=False).statistic
    assert float(change) / math.sqrt(squared) == pytest.approx(expected, abs=1e-9)


def test_the_error_of_partly_overlapping_samples_is_that_of_all_samples_there_are() -> None:
    # Everybody's two answers; all ways to draw 3 of 6 each time with 2 people in both. The mean squared
    # deviation of the change over all of them is the formula with the spreads of all six.
    now, before = [1, 4, 2, 8, 5, 7], [2, 3, 1, 9, 6, 3]
    drawn = [
        (Fraction(sum(now[one] for one in first), 3) - Fraction(sum(before[one] for one in second), 3))
        for first in itertools.combinations(range(6), 3)
        for second in itertools.combinations(range(6), 3)
        if len({*first} & {*second}) == 2
    ]
    middle = sum(drawn) / len(drawn)
    exact = sum((one - middle) ** 2 for one in drawn) / len(drawn)
    one, other = (statistics.Estimate(estimate(values).spread, 3, 6) for values in (now, before))
    assert statistics.error_of_change(one, other, 2, spread_of_differences(now, before)) == exact


@given(
    st.integers(2, 40), st.integers(2, 40), st.fractions(1, 50), st.fractions(1, 50), st.fractions(0, 150), st.data()
)
def test_an_error_is_never_negative(
    first: int, second: int, one: Fraction, other: Fraction, spread: Fraction, data: st.DataObject
) -> None:
    pairs = data.draw(st.integers(0, min(first, second)))
    sizes = [data.draw(st.none() | st.integers(number, 3 * number)) for number in (first, second)]
    now, before = (
        statistics.Estimate(spread, number, size)
        for spread, number, size in zip((one, other), (first, second), sizes, strict=True)
    )
    assert statistics.error_of_change(now, before, pairs, spread) >= 0
