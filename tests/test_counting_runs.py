"""What a place holds is one run of the sorted rows: the same as looking at every row of every place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.counting.nested import NOWHERE
from pipeline.counting.runs import Runs

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


@pytest.mark.parametrize("size", [12, 2**16 - 1, 2**16, 70_000])
@pytest.mark.parametrize("values", [1, 2, 5, 13, 14, 41])
def test_every_value_is_counted_however_many_rows_there_are(size: int, values: int) -> None:
    """One unit with everybody has more rows than 16 bits hold; and many values are counted otherwise than few."""
    chance = np.random.default_rng(size + values)
    unit = np.sort(chance.choice([0, 1, 2, 3], size, p=[0.01, 0.97, 0.01, 0.01]))
    category = chance.choice([NOWHERE, 1, 2, 3], size, p=[0.01, 0.97, 0.01, 0.01]).astype(np.int16)
    codes = [np.minimum(chance.geometric(0.9, size), values + 1).astype(np.int8) - 1 + shift for shift in (0, 1)]
    codes[1] = np.minimum(codes[1], values).astype(np.int8)
    places = runs_of(unit, category)
    answered = places.counted([code > 0 for code in codes])
    found = places.values(codes, values, answered)
    for at, code in enumerate(codes):
        for place, rows in enumerate(held(unit, category)):
            assert answered[at, place] == (code[rows] > 0).sum()
            assert found[:, at, place].tolist() == np.bincount(code[rows], minlength=values + 1)[1:].tolist()


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
    answered = every.counted([code > 0])
    found = every.only(some).values([code], values, answered[:, some])
    assert found.tolist() == every.values([code], values, answered)[:, :, some].tolist()
