"""Work is done several at a time, and nobody can tell from what comes of it."""

from __future__ import annotations

import sys
import time

import pytest

from pipeline.in_order import TURN, in_order


@pytest.mark.parametrize("threads", [None, 1, 2, 5])
def test_results_come_in_the_order_of_the_things(threads: int | None) -> None:
    def slower_first(one: int) -> int:
        time.sleep((7 - one) / 1000)
        return one * one

    assert list(in_order(slower_first, range(7), threads)) == [one * one for one in range(7)]


def test_no_more_is_made_ahead_than_there_are_threads() -> None:
    made: list[int] = []
    results = in_order(lambda one: made.append(one) or one, range(100), 2)
    assert next(results) == 0
    assert len(made) <= 3


def test_the_first_thing_that_fails_is_the_one_that_is_told() -> None:
    def refused(one: int) -> int:
        if one >= 3:
            raise ValueError(one)
        return one

    results = in_order(refused, range(9), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="3"):
        next(results)


MICRO = 1e-6  # seconds; Python counts turns in these, and rounds them


def test_turns_are_short_while_there_is_work_and_no_longer() -> None:
    before = sys.getswitchinterval()
    results = in_order(lambda one: one / (one - 3), range(9), 2)
    next(results)
    assert before > 2 * TURN > sys.getswitchinterval()
    with pytest.raises(ZeroDivisionError):
        list(results)
    assert sys.getswitchinterval() == pytest.approx(before, abs=MICRO)


def test_turns_that_were_shorter_stay_so() -> None:
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN / 5)
    try:
        assert list(in_order(lambda _: sys.getswitchinterval(), [0])) == [pytest.approx(TURN / 5, abs=2 * MICRO)]
    finally:
        sys.setswitchinterval(before)
