"""What is reckoned for many cells at once is, to the last digit, what the fractions of one cell say."""

from __future__ import annotations

from fractions import Fraction
from math import isqrt
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from release_pictures import admitted
from waves import parsed

from pipeline import discoveries, exactly, facts, statistics
from pipeline.disclosure.protected import FINER, PROTECTED

SURVEY = parsed()
A_STEP = Fraction(1000, 24)  # tenths of a point that a step of the scale "safety" is
MATTERS = Fraction(50)


@st.composite
def waves(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A whole and some teams of one scale, and everybody's spread."""
    rows = []
    for number in range(draw(st.integers(2, 6))):
        answered = draw(st.integers(5, 60)) + (200 if number == 0 else 0)
        total = draw(st.integers(0, 24 * answered))
        low = -(-total * total // answered)
        rows.append(
            {
                "unit": f"T{number}" if number else "U",
                "segment": "all",
                "category": "all",
                "measure": "safety",
                "status": "F",
                "answered": answered,
                "invited": draw(st.none() | st.integers(answered, 2 * answered)),
                "total": total,
                "squares": draw(st.integers(low + 1, low + 200 * answered)),
                "favourable": answered,
                "neutral": 0,
                "unfavourable": 0,
            }
        )
        if number:
            rows[-1] |= dict.fromkeys(FINER)
    return rows


def estimates(rows: list[dict[str, Any]], spread: Fraction) -> list[statistics.Estimate]:
    """Of each row, as one row by itself is reckoned."""
    root = rows[0]
    share = Fraction(root["answered"], root["invited"]) if root["invited"] else None
    asked = [row["invited"] or (row["answered"] / share if share else None) for row in rows]
    return [statistics.Estimate(spread, row["answered"], one) for row, one in zip(rows, asked, strict=True)]


@settings(deadline=None, max_examples=60)
@given(waves(), waves())
def test_intervals_and_verdicts_are_those_of_single_fractions(
    before: list[dict[str, Any]], now: list[dict[str, Any]]
) -> None:
    now = now[: len(before)]
    earlier = facts.facts(admitted(pa.Table.from_pylist(before, PROTECTED)), SURVEY, "w1", None)
    made = facts.facts(admitted(pa.Table.from_pylist(now, PROTECTED)), SURVEY, "w2", earlier)
    found = [row for row in made.to_pylist() if row["status"] == "F"]
    root = now[0]
    spread = statistics.variance(root["answered"], root["total"], root["squares"]) * A_STEP**2
    of = estimates(now, spread)
    for row, cell, one in zip(found, now, of, strict=True):
        mean = Fraction(cell["total"], cell["answered"]) * A_STEP
        limits = statistics.interval(mean, one.error)
        assert row["mean"] == round(mean) / 10
        assert (row["ci_low"], row["ci_high"]) == (max(limits.low, 0) / 10, min(limits.high, 1000) / 10)
    assert found[0]["sd"] == statistics.rounded_sum(Fraction(0), spread) / 10
    previous = [row for row in earlier.to_pylist() if row["status"] == "F"]
    assert previous[0]["sd"] is not None
    then = estimates(before, Fraction(round(previous[0]["sd"] * 10)) ** 2)
    changes = [Fraction(round(row["change"] * 10)) for row in found]
    errors = [one.error + other.error for one, other in zip(of, then, strict=False)]
    squared = [change**2 / error for change, error in zip(changes, errors, strict=True) if error]
    beyond = discoveries.point(np.array([float(one) for one in squared]), squared.__getitem__)
    verdicts = [
        statistics.verdict(change, error, MATTERS, beyond) for change, error in zip(changes, errors, strict=True)
    ]
    assert [row["verdict"] for row in found] == verdicts


@given(st.lists(st.tuples(st.integers(-(10**9), 10**9), st.integers(1, 10**6)), min_size=1))
def test_quotients_are_rounded_as_fractions(pairs: list[tuple[int, int]]) -> None:
    over, under = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    assert exactly.quotients(over, under).tolist() == [round(Fraction(*pair)) for pair in pairs]


def test_a_quotient_by_nothing_is_nothing() -> None:
    assert exactly.quotients(np.array([3]), np.array([0])).tolist() == [0]


@given(st.lists(st.integers(0, 10**8), min_size=1))
def test_what_is_nearly_halfway_is_left_to_the_fractions(halves: list[int]) -> None:
    # (k + 1/2)^2 and its neighbours: the root is halfway, or so near that no double can tell
    numbers = [Fraction(2 * half + 1, 2) ** 2 + Fraction(sign, 10**20) for half in halves for sign in (-1, 0, 1)]
    doubles = np.sqrt(np.array([float(one) for one in numbers]))
    told = exactly.rounded(doubles, lambda at: statistics.rounded_sum(Fraction(0), numbers[at]))
    assert told.tolist() == [one + (sign > 0 or (sign == 0 and one % 2 == 1)) for one in halves for sign in (-1, 0, 1)]
    assert isqrt(int(numbers[0])) in {halves[0], max(halves[0] - 1, 0)}


def test_what_is_nearly_equal_is_left_to_the_fractions() -> None:
    left, right = np.array([1.0, 1.0, 2.0, 1.0]), np.array([1.0, 1.0, 1.0, 2.0])
    answers = iter([True, False])
    assert exactly.at_most(left, right, right, lambda _: next(answers)).tolist() == [True, False, False, True]
