"""How answers become scores: exact whole steps, and the fewest answers that make a score."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
import waves
from hypothesis import given
from hypothesis import strategies as st

from pipeline import instruments, scoring
from pipeline.errors import SurveyInvalid
from pipeline.instruments import Item, Localised, Scale

NAME = Localised(nb="x", en="x")


def scale(items: int, at_least: float = 0.5, low: int = 1, high: int = 5) -> Scale:
    named = tuple(Item(id=f"i{number}") for number in range(items))
    return Scale(id="x", name=NAME, low=low, high=high, answered_at_least=at_least, item=named)


@pytest.mark.parametrize(
    ("items", "at_least", "fewest"),
    [
        (1, 0.5, 1),
        (2, 0.5, 1),
        (3, 0.5, 2),
        (4, 0.5, 2),
        (5, 0.6, 3),
        (5, 1, 5),
        (3, 0.01, 1),
        (10, 0.7, 7),
        (25, 0.28, 7),
    ],
)
def test_the_fewest_answers_that_make_a_score(items: int, at_least: float, fewest: int) -> None:
    assert scoring.least_answered(scale(items, at_least)) == fewest


def test_a_picture_of_the_steps() -> None:
    safety, clarity, enps = waves.parsed().scales
    assert (scoring.steps_a_point(safety), scoring.span(safety)) == (6, 24)  # lcm(2, 3) = 6; 6 * (5 - 1)
    assert (scoring.steps_a_point(clarity), scoring.span(clarity)) == (2, 6)  # lcm(2) = 2; 2 * (4 - 1)
    assert scoring.span(enps) == 2  # -1 to +1


@given(st.data(), st.integers(1, 9), st.integers(-3, 3), st.integers(1, 6), st.sampled_from([0.2, 0.34, 0.5, 0.8, 1.0]))
def test_steps_are_the_mean_of_the_answered_items_without_a_fraction(
    data: st.DataObject, items: int, low: int, width: int, at_least: float
) -> None:
    one = scale(items, at_least, low, low + width)
    answers = data.draw(st.lists(st.integers(low, low + width), min_size=scoring.least_answered(one), max_size=items))
    factor, rest = divmod(scoring.steps_a_point(one), len(answers))
    assert rest == 0
    steps = sum(answer - low for answer in answers) * factor
    points = Fraction(100 * steps, scoring.span(one))
    assert points == Fraction(100) * (Fraction(sum(answers), len(answers)) - low) / width


def test_no_smaller_step_than_the_least_common_multiple_would_do() -> None:
    assert scoring.steps_a_point(scale(8)) == math.lcm(4, 5, 6, 7, 8) == 840


def test_a_scale_whose_sums_would_leave_64_bits_is_refused_with_what_to_do() -> None:
    text = waves.INSTRUMENT.replace(
        '{id = "s1"}, {id = "s2"}, {id = "s3", reverse = true}',
        ", ".join(f'{{id = "s{number}"}}' for number in range(1, 31)),
    )
    long = instruments.parse(text, "long.toml")
    columns = ", ".join(f'S{number} = "s{number}"' for number in range(1, 31))
    whole = waves.ROSTER.replace('S1 = "s1", S2 = "s2", S3 = "s3"', columns)
    survey = waves.survey.parse(whole, {"every.toml": text})
    assert scoring.span(long.scale[0]) == 4 * math.lcm(*range(15, 31))
    with pytest.raises(SurveyInvalid, match=r"scale safety: 30 items of which 15 suffice .* raises answered_at_least"):
        scoring.hold(survey, 1000)


def test_scales_of_ordinary_length_are_counted_over_very_many_answers() -> None:
    scoring.hold(waves.parsed(), 100_000_000)


def test_the_bound_is_where_a_count_times_a_sum_of_squares_leaves_64_bits() -> None:
    span = 24  # of safety, the widest here
    most = math.isqrt(2**63 - 1) // span
    scoring.hold(waves.parsed(), most)
    with pytest.raises(SurveyInvalid, match="scale safety"):
        scoring.hold(waves.parsed(), most + 1)
