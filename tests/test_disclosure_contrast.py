"""A scale beside its items: whose incomplete answers it would tell, and which item is given up for them."""

from __future__ import annotations

import numpy as np
import pytest
from exposed_village import laid
from village import Record, Village

from pipeline.disclosure.contrast import Contrasts, contrasts, give_up_items
from pipeline.disclosure.membership import membership
from pipeline.organisation import Unit, tree

TREE = tree([Unit("root", None, ""), Unit("a", "root", "")])
FAMILY = {"s": ("i1", "i2", "i3")}


def village(*answers: tuple[str, int, str]) -> Village:
    """Each record: the items that were answered, by whom, in which unit."""
    records = [Record(who, unit, {}, {f"i{item}": 1 + who % 5 for item in given}) for given, who, unit in answers]
    return Village(TREE, tuple(records), ("s", *FAMILY["s"]), (), FAMILY)


def found(made: Village) -> Contrasts:
    cells = laid(made)
    return contrasts(cells, membership(cells, made.members, made.tree), made.families)


def test_who_left_an_item_out_is_incomplete_and_who_answered_none_is_not() -> None:
    known = found(village(("123", 0, "a"), ("23", 1, "a"), ("1", 2, "root"), ("", 3, "root")))
    # One of three items makes no score; it is an incomplete family all the same.
    assert known.incomplete[:, 0].tolist() == [False, True, True, False]
    assert known.people.tolist() == [[2, 1]]  # root and a


def test_somebody_who_left_items_out_in_three_records_is_one_person() -> None:
    known = found(village(("12", 7, "a"), ("23", 7, "a"), ("13", 7, "root"), ("12", 9, "root"), ("123", 8, "a")))
    assert known.people.tolist() == [[2, 1]]


def test_the_item_that_fewest_answered_is_the_one_to_give_up_and_of_two_alike_the_last() -> None:
    fewest = found(village(("123", 0, "a"), ("13", 1, "a"), ("13", 2, "a")))
    assert (fewest.scale, fewest.items) == ((0,), ((2, 3, 1),))  # rows: s i1 i2 i3
    assert found(village(("123", 0, "a"), ("123", 1, "a"))).items == ((3, 2, 1),)


ONE_PLACE = np.zeros((0, 1), dtype=np.bool_)


def kept(means: str, people: int, *, known: bool) -> str:
    """Rows s i1 i2 at one place: F shown, C withheld; before, and what stays. `i2` is the item to give up."""
    given = Contrasts((0,), ((2, 1),), ONE_PLACE, np.array([[people]]))
    before = np.array([[one == "F"] for one in means])
    after = give_up_items(given, before, np.array([[known]]))
    assert "".join("FC"[not one] for one in before[:, 0]) == means, "what was given is left as it was"
    return "".join("FC"[not one] for one in after[:, 0])


@pytest.mark.parametrize(
    ("means", "people", "known", "stays"),
    [
        ("FFF", 7, True, "FFF"),  # the contrast may be known
        ("FFF", 2, False, "FFC"),  # it may not: the item goes
        ("FFF", 0, True, "FFF"),  # nobody skipped anything
        ("FFF", 0, False, "FCC"),  # one item gone follows from the others, so a second goes
        ("CFF", 7, True, "CFF"),  # with a contrast of seven the scale does not follow from its items
        ("CFF", 0, True, "CFC"),  # without one it does
        ("FCF", 0, True, "FCC"),
        ("FCF", 3, False, "FCC"),
        ("FFC", 7, True, "FFC"),  # what is withheld stays withheld
        ("CCF", 0, True, "CCF"),  # two rows are open already
        ("FCC", 0, True, "FCC"),
    ],
)
def test_which_rows_of_a_family_stay(means: str, people: int, *, known: bool, stays: str) -> None:
    assert kept(means, people, known=known) == stays


def test_each_place_and_each_family_by_itself() -> None:
    # Two families, s i1 i2 and t j1 j2, in two places; in the second one nobody skipped anything.
    given = Contrasts((0, 3), ((2, 1), (5, 4)), np.zeros((0, 2), dtype=np.bool_), np.array([[3, 0], [3, 0]]))
    means = np.ones((6, 2), dtype=np.bool_)
    means[0, 1] = False
    after = give_up_items(given, means, np.array([[False, True], [True, True]]))
    assert after.astype(int).tolist() == [[1, 0], [1, 1], [0, 0], [1, 1], [1, 1], [1, 1]]


@pytest.mark.parametrize(("means", "stays"), [("FF", "FF"), ("FC", "CC"), ("CF", "CC"), ("CC", "CC")])
def test_a_scale_of_one_item_is_shown_where_the_item_is(means: str, stays: str) -> None:
    given = Contrasts((0,), ((1,),), ONE_PLACE, np.array([[0]]))
    after = give_up_items(given, np.array([[one == "F"] for one in means]), np.array([[True]]))
    assert "".join("FC"[not one] for one in after[:, 0]) == stays


def test_a_contrast_is_known_where_the_item_to_give_up_is_shown() -> None:
    given = Contrasts((0,), ((2, 1),), ONE_PLACE, np.array([[4, 4]]))
    assert given.shown(np.array([[True, True], [False, True], [True, False]])).tolist() == [[True, False]]
    nobody = Contrasts((), (), ONE_PLACE, np.zeros((0, 2), dtype=np.int64))
    assert nobody.shown(np.ones((3, 2), dtype=np.bool_)).shape == (0, 2)
