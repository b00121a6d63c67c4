"""What a place holds is one run of the sorted rows: the same as looking at every row of every place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.counting.nested import NOWHERE
from pipeline.counting.packed import Packed
from pipeline.counting.runs import SHORT, Runs

# Units 0..3: 1 and 2 stand under 0, and 3 beside it.
END = np.array([3, 2, 3, 4])
CUTS = 4  # everybody, and three categories of one segment


def runs_of(unit: np.ndarray, category: np.ndarray) -> Runs:
    return Runs.of(unit, [np.zeros_like(category), category], END, (CUTS, len(END)))


def held(unit: np.ndarray, category: np.ndarray) -> list[np.ndarray]:
    """Which rows lie in each place, then in each cut as a whole."""
    inside = [np.ones(len(unit), dtype=np.bool_) if cut == 0 else category == cut for cut in range(CUTS)]
    places = [some & (unit >= one) & (unit < end) for some in inside for one, end in enumerate(END.tolist())]
    return [*places, *inside]


def test_a_row_is_in_its_unit_and_those_above_and_in_no_category_that_it_does_not_have() -> None:
    unit, category = np.array([0, 1, 1, 2, 3]), np.array([1, 1, 2, NOWHERE, 1], dtype=np.int16)
    people = runs_of(unit, category).counted([np.ones(5, dtype=np.bool_)])[0]
    assert people.reshape(-1, 4).tolist() == [
        [4, 2, 1, 1],  # everybody
        [2, 1, 0, 1],  # category 1
        [1, 1, 0, 0],
        [0, 0, 0, 0],
        [5, 3, 1, 0],  # and each cut as a whole
    ]


def given_in(places: Runs, codes: list[np.ndarray], values: int) -> np.ndarray:
    """How often each value but the lowest was given in each place, values x measures x places."""
    packed = Packed.of(values, len(codes))
    sums = places.parts(packed.words(codes))
    found = packed.counts(sums)[:, :, : len(places.first)].astype(np.int64)
    found[:, :, places.long] = places.whole(packed.counts(places.apart(sums)))
    return found[1:]


# Parts of a place stand between marks that are SHORT entries from each other.
@pytest.mark.parametrize("size", [12, SHORT - 1, SHORT, SHORT + 1, 2 * SHORT, 1_000, 70_000])
@pytest.mark.parametrize("values", [1, 2, 5, 13, 41])
def test_every_value_is_counted_however_many_rows_there_are(size: int, values: int) -> None:
    """One unit has nearly everybody, and nearly everybody gives the same answer: far more rows than a byte counts."""
    chance = np.random.default_rng(size + values)
    unit = np.sort(chance.choice([0, 1, 2, 3], size, p=[0.01, 0.97, 0.01, 0.01]))
    category = chance.choice([NOWHERE, 1, 2, 3], size, p=[0.01, 0.97, 0.01, 0.01]).astype(np.int16)
    codes = [np.minimum(chance.geometric(0.9, size), values + 1).astype(np.int8) - 1 + shift for shift in (0, 1)]
    codes[1] = np.minimum(codes[1], values).astype(np.int8)
    places = runs_of(unit, category)
    answered = places.counted([code > 0 for code in codes])
    found = given_in(places, codes, values)
    for at, code in enumerate(codes):
        for place, rows in enumerate(held(unit, category)):
            assert answered[at, place] == (code[rows] > 0).sum()
            assert found[:, at, place].tolist() == np.bincount(code[rows], minlength=values + 1)[2:].tolist()


@settings(deadline=None)
@given(st.data())
def test_runs_are_counted_wherever_they_begin_and_end(data: st.DataObject) -> None:
    """Whether they cross no mark, one or several, or lie between two as a whole; and however measures share words."""
    size = data.draw(st.sampled_from([1, 20, SHORT, 3 * SHORT + 7]))
    values = data.draw(st.integers(1, 12))
    measures = data.draw(st.integers(1, 5))
    ends = data.draw(st.lists(st.tuples(st.integers(0, size), st.integers(0, size)).map(sorted), min_size=1))
    chance = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    codes = [chance.choice(values + 1, size, p=mostly_last(values + 1)).astype(np.int8) for _ in range(measures)]
    row = chance.permutation(size)
    first, last = np.array(ends, dtype=np.int64).T
    found = given_in(Runs(row, first, last), codes, values)
    for at, code in enumerate(codes):
        for place, (start, stop) in enumerate(ends):
            wanted = np.bincount(code[row[start:stop]], minlength=values + 1)[2:]
            assert found[:, at, place].tolist() == wanted.tolist()


def mostly_last(several: int) -> np.ndarray:
    """A chance of 0.95 for the last of several, so that a byte would run over."""
    return np.array([*[0.05 / (several - 1)] * (several - 1), 0.95])


@settings(deadline=None)
@given(st.data())
def test_some_places_are_counted_as_among_all(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 30))
    unit = np.sort(data.draw(st.lists(st.integers(0, 3), min_size=size, max_size=size)))
    category = np.array(
        data.draw(st.lists(st.sampled_from([NOWHERE, 1, 2, 3]), min_size=size, max_size=size)), dtype=np.int16
    )
    values = data.draw(st.sampled_from([5, 41]))
    code = np.array(data.draw(st.lists(st.integers(0, values), min_size=size, max_size=size)), dtype=np.int16)
    every = runs_of(unit, category)
    some = np.array(data.draw(st.lists(st.booleans(), min_size=len(every.first), max_size=len(every.first))))
    assert given_in(every.only(some), [code], values).tolist() == given_in(every, [code], values)[:, :, some].tolist()
