"""The rules at their edges: exactly as many as are needed, nobody at all, and cells that are none."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from exposed_village import laid
from village import RATE, Record, Village

from pipeline.disclosure import Rules
from pipeline.disclosure.cells import columns, grid
from pipeline.disclosure.distribution import tells_too_much
from pipeline.disclosure.kept import stood
from pipeline.disclosure.primary import allowed
from pipeline.disclosure.small_unit import in_small_unit
from pipeline.disclosure.unanimity import could_be_of_one_mind, of_one_mind
from pipeline.errors import DisclosureLeak
from pipeline.organisation import Unit, tree

TREE = tree([Unit("top", None, ""), Unit("a", "top", "")])


def one(count: int) -> np.ndarray:
    return np.array([count])


@pytest.mark.parametrize(
    ("favourable", "neutral", "unfavourable", "withheld"),
    [
        (2, 4, 6, False),  # two are favourable: nobody can say which
        (6, 4, 2, False),
        (10, 0, 2, False),  # all but two
        (2, 0, 10, False),
        (2, 8, 2, False),
        (1, 5, 6, True),
        (6, 5, 1, True),
    ],
)
def test_two_of_a_kind_may_be_counted(favourable: int, neutral: int, unfavourable: int, *, withheld: bool) -> None:
    assert tells_too_much(one(12), one(favourable), one(neutral), one(unfavourable)).tolist() == [withheld]


def test_one_person_is_of_one_mind_and_nobody_is_not() -> None:
    assert of_one_mind(one(1), one(1)).tolist() == [True]
    assert could_be_of_one_mind(one(1), one(4), one(16)).tolist() == [True]
    assert could_be_of_one_mind(one(0), one(0), one(0)).tolist() == [False]


@pytest.mark.parametrize(("invited", "small"), [(4, True), (5, False), (6, False)])
def test_a_unit_of_exactly_the_minimum_is_large_enough(invited: int, *, small: bool) -> None:
    records = tuple(Record(n, "a", {"g": "f"}, {"q": 1 + n % 5}) for n in range(invited))
    for silent in (None, records[4:]):  # without a roster, and with one of whom four answered
        made = Village(TREE, records if silent is None else records[:4], ("q", RATE), (("g",),), silent=silent)
        cells = laid(made)
        told = {cells.places[at].unit for at in np.flatnonzero(in_small_unit(cells, 5))}
        assert told == ({"top", "a"} if small else set())


def test_a_cell_by_segment_is_judged_by_the_size_of_its_whole_unit() -> None:
    few = tuple(Record(n, "a", {"g": "f"}, {"q": 1 + n % 5}) for n in range(3))
    many = tuple(Record(10 + n, "top", {"g": "fm"[n % 2]}, {"q": 1 + n % 5}) for n in range(12))
    cells = laid(Village(TREE, (*few, *many), ("q",), (("g",),)))
    assert {cells.places[at][::2] for at in np.flatnonzero(in_small_unit(cells, 5))} == {("a", "all"), ("a", "f")}
    assert allowed(cells, Rules(5, 10)).means[0].tolist() == [place.unit == "top" for place in cells.places]


def test_columns_of_another_kind_are_no_cells_whatever_they_are_called() -> None:
    made = Village(TREE, tuple(Record(n, "a", {}, {"q": 1 + n % 5}) for n in range(6)), ("q",))
    segments, measures = columns(made.members)
    floats = made.cells.set_column(7, "total", made.cells["total"].cast(pa.float64()))
    renamed = made.cells.rename_columns([*made.cells.schema.names[:-1], "other"])
    for given in (floats, renamed):
        with pytest.raises(DisclosureLeak, match=r"pipeline\.tables\.CELLS"):
            grid(given, measures, segments, TREE)


def test_before_the_first_release_no_row_stands() -> None:
    made = Village(TREE, tuple(Record(n, "a", {}, {"q": 1 + n % 5}) for n in range(6)), ("q", RATE))
    cells = laid(made)
    stands = stood(cells, Rules(3, 6), ())
    assert (stands.shape, stands.dtype, stands.any()) == (cells.exists.shape, np.bool_, False)
