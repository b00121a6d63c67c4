"""Which cell goes for the sake of others: pictures of lines that give somebody away, and of what closes them."""

from __future__ import annotations

import numpy as np
import pytest
from exposed_village import laid
from village import Record, Village

from pipeline.disclosure.complementary import complementary
from pipeline.disclosure.left_over import LeftOver
from pipeline.disclosure.lines import Lines, Tables
from pipeline.disclosure.membership import membership
from pipeline.disclosure.worth import Worth
from pipeline.organisation import Unit, tree

K = 5


def gone(units: dict[str, str | None], people: dict[str, int], hidden: str = "") -> set[str]:
    """What is withheld besides what is `hidden`. So many people of each unit, or unit/gender, think differently."""
    everyone = [name.partition("/") for name, count in people.items() for _ in range(count)]
    records = [Record(who, unit, {"g": gender}, {"q": 1 + who % 5}) for who, (unit, _, gender) in enumerate(everyone)]
    groupings = (("g",),) if any(gender for *_, gender in everyone) else ()
    made = Village(tree(Unit(name, above, "") for name, above in units.items()), tuple(records), ("q",), groupings)
    cells = laid(made)
    members = membership(cells, made.members, made.tree)
    names = [place.unit + ("" if place.category == "all" else f"/{place.category}") for place in cells.places]
    tables = Tables(
        members,
        members.answers[:, :1],
        Worth().weight(cells, made.tree)[:1],
        tuple(cells[name][:1] for name in ("answered", "total", "squares")),
        lambda sums, _: np.zeros_like(sums[0], dtype=np.bool_),
    )
    shown = (cells["respondents"][:1] >= K) & ~np.isin(names, hidden.split())
    before = shown.copy()
    stays = complementary(LeftOver(Lines(cells, members), tables, K), shown)
    assert (shown == before).all(), "what was given is left as it was"
    assert not (stays & ~shown).any()
    return {names[place] for place in np.flatnonzero(shown[0] & ~stays[0])}


SECTORS = {"top": None, "s": "top", "t1": "s", "t2": "s", "r": "top", "r1": "r", "r2": "r"}


def test_where_every_line_leaves_enough_nothing_goes() -> None:
    assert gone(SECTORS, {"top": 5, "t1": 12, "t2": 8, "r1": 16, "r2": 15}) == set()
    assert gone(SECTORS, {"t1": 12, "t2": 8, "r1": 16, "r2": 15}) == set()


def test_a_team_that_is_small_takes_the_smallest_of_the_others_along() -> None:
    assert gone({"top": None, "a": "top", "b": "top", "c": "top"}, {"a": 9, "b": 7, "c": 4}) == {"b"}
    assert gone({"top": None, "a": "top", "b": "top", "c": "top"}, {"a": 7, "b": 9, "c": 4}) == {"a"}


def test_a_director_alone_takes_a_sector_and_in_it_the_smallest_team_along() -> None:
    # One at the top. A sector whose teams are all published frees nobody by itself, so one of its teams goes as well:
    # 20 + 8 people of s, or 31 + 15 of r, or all 52.
    assert gone(SECTORS, {"top": 1, "t1": 12, "t2": 8, "r1": 16, "r2": 15}) == {"s", "t2"}
    assert gone(SECTORS, {"top": 1, "t1": 8, "t2": 12, "r1": 16, "r2": 15}) == {"s", "t1"}


def test_the_chain_goes_as_far_down_as_it_must() -> None:
    deeper = {"top": None, "s": "top", "d": "s", "t1": "d", "t2": "d", "r": "top"}
    assert gone(deeper, {"top": 1, "t1": 9, "t2": 8, "r": 60}) == {"s", "d", "t2"}


def test_where_the_top_is_smaller_than_a_chain_the_top_goes() -> None:
    # All 13 against the 12 of a and the 6 of one of its teams.
    assert gone({"top": None, "a": "top", "a1": "a", "a2": "a"}, {"top": 1, "a1": 6, "a2": 6}) == {"top"}


def test_a_sector_with_people_of_its_own_frees_them_alone() -> None:
    assert gone(SECTORS, {"top": 1, "s": 6, "t1": 12, "t2": 8, "r1": 16, "r2": 15}) == {"s"}


TWO = {"top": None, "a": "top", "b": "top", "c": "top"}
WOMEN = {"a/f": 5, "b/f": 6, "c/f": 2}


@pytest.mark.parametrize(
    ("hidden", "gives"),
    [
        ("top b", "b/f"),  # b has no figure for everybody: six weigh less than five
        ("top a b", "a/f"),  # nor has a
        ("top a", "a/f"),
    ],
)
def test_a_category_is_given_up_where_the_figure_for_everybody_is_missing(hidden: str, gives: str) -> None:
    assert gone(TWO, WOMEN, hidden) == {gives}


def test_each_line_is_mended_once_and_no_more_than_it_needs() -> None:
    # Three in c and three in d are small. Below both sectors one team goes, and the whole then leaves enough.
    units = {"top": None, "s": "top", "a": "s", "b": "s", "c": "s", "r": "top", "d": "r", "e": "r", "f": "r"}
    assert gone(units, {"a": 9, "b": 7, "c": 3, "d": 3, "e": 8, "f": 6}) == {"b", "f"}
