"""Work is done several at a time, and nobody can tell from what comes of it."""

from __future__ import annotations

import time

import pytest

from pipeline.in_order import in_order


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
