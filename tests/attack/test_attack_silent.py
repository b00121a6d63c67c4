"""Random organisations, attacked by somebody who holds the roster and wants to know who did not answer."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from attacker import Equation, Knowledge, exposed_groups, known_sums
from hypothesis import given
from hypothesis import strategies as st
from releases import Releases
from test_attack_small import examples, published
from village import RATE, Record, Village
from villages import villages

from pipeline.disclosure import Rules
from pipeline.organisation import Unit, tree

if TYPE_CHECKING:
    import pyarrow as pa

Place = tuple[str, str, str]


def rates(published: pa.Table) -> list[Place]:
    """Where a response rate is stated."""
    rows = published.to_pylist()
    return [
        (row["unit"], row["segment"], row["category"])
        for row in rows
        if row["measure"] == RATE and row["invited"] is not None
    ]


def sums(places: dict[Place, list[int]], stated: list[Place]) -> list[Equation]:
    """A sum over the people of each place that is stated."""
    return [{(number, RATE): Fraction(1) for number in places[one]} for one in stated if one in places]


def invited(village: Village) -> Village:
    """Everybody of the roster, whether they answered or not: one unknown each."""
    return replace(village, records=(*village.records, *(village.silent or ())), silent=None)


@examples(150, 5000)
@given(villages(people=12, roster=True), st.integers(3, 5))
def test_no_few_of_those_who_did_not_answer_can_be_counted(village: Village, k: int) -> None:
    # Told who answered, so that only those who did not are unknown: more than anybody knows.
    known = Knowledge(sums(village.away, rates(published(village, Rules(k, 2 * k)))))
    silent = replace(village, records=village.silent or (), silent=None)
    assert known_sums(silent, known, below=k) == []
    assert exposed_groups(silent, known, below=3) == []


@examples(150, 5000)
@given(villages(people=12, roster=True), st.integers(3, 5))
def test_no_rate_that_is_withheld_for_its_own_sake_can_be_calculated(village: Village, k: int) -> None:
    everybody = invited(village).places
    known = Knowledge(sums(everybody, rates(published(village, Rules(k, 2 * k)))))
    for place, inside in everybody.items():
        answered, away = len(village.places.get(place, ())), len(village.away.get(place, ()))
        if answered < k or away < k:
            assert known.reduce({(number, RATE): Fraction(1) for number in inside}) != {}


@examples(150, 5000)
@given(villages(people=12, roster=True), st.integers(3, 5))
def test_a_stated_cell_less_those_stated_inside_it_has_enough_of_both(village: Village, k: int) -> None:
    stated = rates(published(village, Rules(k, 2 * k)))
    everybody = invited(village)
    for unit, segment, category in stated:
        # The largest stated cells of the same segment and category in the units below.
        inside = [one for one, *same in stated if same == [segment, category] and unit in village.tree.path[one][:-1]]
        left = set(everybody.places[unit, segment, category])
        for one in inside:
            left -= set(everybody.places[one, segment, category])
        away = {number for number in left if number >= len(village.records)}
        if left:
            assert len(away) >= k
            assert len(left) - len(away) >= k


def asked(answered: int, away: int) -> Village:
    """Two units: so many of `a` answered and so many did not, and twenty and twenty of `b`."""
    units = tree([Unit("root", None, ""), Unit("a", "root", ""), Unit("b", "root", "")])
    here = [Record(who, "a", {}, {}) for who in range(answered + away)]
    there = [Record(100 + who, "b", {}, {}) for who in range(40)]
    return Village(units, (*here[:answered], *there[:20]), (RATE,), silent=(*here[answered:], *there[20:]))


@pytest.mark.parametrize(
    ("now", "stated"),
    [
        ((10, 11), 20),  # somebody was invited late and does not answer: the rate stays, of the same ten of twenty
        ((11, 9), 20),  # somebody answers late
        ((10, 15), 20),  # five were invited late, and none of them answered: that may not be told
        ((15, 10), 20),  # nor that all five did
        ((20, 15), 35),  # fifteen were, of whom ten did
    ],
)
def test_a_rate_is_not_published_anew_for_the_sake_of_a_few(now: tuple[int, int], stated: int) -> None:
    releases = Releases(Rules(5, 10))
    for village in (asked(10, 10), asked(*now)):
        made = releases.publish(village)
    (row,) = (row for row in made.table.to_pylist() if row["unit"] == "a")
    assert (row["status"], row["invited"]) == ("F", stated)
