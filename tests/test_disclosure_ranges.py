"""Sums near an end of what can be answered: who has no choice left in what they can have said."""

from __future__ import annotations

import os
from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from exposed_village import exposed, totals
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import block_diag
from scipy.sparse import csr_array
from tiny_survey import INSTRUMENT, SURVEY
from village import Record, Village

from pipeline.disclosure.audit import parts
from pipeline.disclosure.audit.bounded import Bounded
from pipeline.disclosure.audit.ranges import Pinned, pinned, pinned_groups
from pipeline.disclosure.bounds import bounds
from pipeline.errors import DisclosureLeak
from pipeline.organisation import Unit, tree
from pipeline.survey import parse

DEEP = bool(os.environ.get("PULSVERK_DEEP"))
TEAM, WEST = {0, 2, 3, 5}, {0, 1, 3, 6, 7}
ROOT, ROOT_WEST, ITS_TEAM = ("root", "all"), ("root", "west"), ("team", "all")
HOLES = {("team", "west")}  # two people


def eight(answers: tuple[int, ...]) -> Village:
    """Four people of a team, of whom two are in the west, and four others, of whom three are."""
    records = tuple(
        Record(who, "team" if who in TEAM else "root", {"place": "west" if who in WEST else ""}, {"q": answer})
        for who, answer in enumerate(answers)
    )
    return Village(tree([Unit("root", None, ""), Unit("team", "root", "")]), records, ("q",), (("place",),))


def people_of(village: Village, one: Pinned, k: int = 3) -> set[int]:
    table = exposed(village, k, HOLES)
    group = table.groups[1][table.position]
    return {int(table.crowd.person[record]) for record in table.records[np.isin(group, one.groups)]}


# All 23, the west 12, the team 8. Whoever is not in the west (2, 4, 5) answered 23 - 12 = 11, and 2 and 5 are in the
# team: 0 and 3 answered 8 - (11 - person 4) together, at most 2, since 4 answered at most 5.
NARROW = (1, 2, 2, 1, 5, 4, 3, 5)
# Person 0 answered 2, so there is one more to give: person 4 may have answered 4 or 5.
WIDER = (2, 2, 2, 1, 5, 4, 3, 5)


def test_two_people_who_can_only_have_answered_one() -> None:
    village = eight(NARROW)
    found = pinned_groups(exposed(village, 3, HOLES), totals(village), 1, 5)
    assert [(people_of(village, one), one.people, one.value) for one in sorted(found, key=lambda one: one.value)] == [
        ({0, 3}, 2, 1 + 1),
        ({4}, 1, 5),
        ({2, 5}, 2, 2 + 4),
    ]


def test_and_with_one_more_to_give_nobody_is_known() -> None:
    village = eight(WIDER)
    assert pinned(exposed(village, 3, HOLES), totals(village), 1, 5) == []


def test_nor_when_the_answers_could_have_gone_further() -> None:
    village = eight(NARROW)
    assert pinned(exposed(village, 3, HOLES), totals(village), 1, 6) == []
    assert pinned(exposed(village, 3, HOLES), totals(village), 0, 5) == []


def test_the_certificate_names_every_cell_that_is_needed() -> None:
    village = eight(NARROW)
    table = exposed(village, 3, HOLES)
    for one in pinned(table, totals(village), 1, 5):
        assert (one.layer, one.found_by) == ("means", "range")
        places = [ROOT, ROOT_WEST, ITS_TEAM]
        assert {places[term.place] for term in one.terms} == set(places)
        for term in one.terms:  # without any of them, nobody is known
            less = exposed(village, 3, {*HOLES, places[term.place]})
            assert pinned(less, totals(village), 1, 5) == []


def bound(village: Village, one: Pinned, sign: int) -> Fraction:
    """The end that a proof gives, worked out again: each equation as often as it says, and the ranges for the rest."""
    table = exposed(village, 3, HOLES)
    signature, group = table.groups
    sizes = np.bincount(group[table.position]).tolist()
    answers = [village.records[record].answers["q"] for record in table.records]
    sums = np.bincount(group[table.position], weights=answers).astype(int).tolist()
    proof = one.at_most if sign > 0 else one.at_least
    result = Fraction(0)
    rest = [Fraction(int(number in one.groups)) for number in range(len(signature))]
    for place, times in proof.items():
        inside = np.flatnonzero((signature == place).any(axis=1)).tolist()
        result += times * sum(sums[number] for number in inside)
        for number in inside:
            rest[number] -= times
    for share, size in zip(rest, sizes, strict=True):
        result += share * size * (5 if share * sign > 0 else 1)
    return result


def test_the_proofs_of_both_ends_add_up_to_the_sum() -> None:
    village = eight(NARROW)
    for one in pinned_groups(exposed(village, 3, HOLES), totals(village), 1, 5):
        assert ceil(bound(village, one, -1)) == floor(bound(village, one, 1)) == one.value


def ten() -> Village:
    """Three people of the team in the west, three in the east; three others in the west, and one nobody knows where."""
    where = [("team", "west", 1)] * 3 + [("team", "east", answer) for answer in (2, 4, 4)]
    where += [("root", "west", answer) for answer in (3, 5, 2)] + [("root", "", 5)]
    records = tuple(Record(who, unit, {"place": place}, {"q": one}) for who, (unit, place, one) in enumerate(where))
    return Village(tree([Unit("root", None, ""), Unit("team", "root", "")]), records, ("q",), (("place",),))


# The east is withheld. All 28, the west 13, the team 13: the east and the last one answered 15 together, so the west
# of the team answered 13 - (15 - the last one) = the last one - 2 <= 3, and they are three.
EAST = {("team", "west"), ("team", "east"), ("root", "east")}


def test_a_large_group_is_found_when_all_its_people_must_have_answered_alike() -> None:
    found = pinned_groups(exposed(ten(), 3, EAST), totals(ten()), 1, 5)
    assert sorted((one.people, one.value) for one in found) == [(1, 5), (3, 3)]


def test_a_withheld_cell_of_any_size_is_found_when_its_sum_is_known() -> None:
    found = pinned_groups(exposed(ten(), 3, EAST, guard={("team", "east")}), totals(ten()), 1, 5)
    assert sorted((one.people, one.value) for one in found) == [(1, 5), (3, 3), (3, 2 + 4 + 4)]


def test_sums_are_whole_and_what_follows_from_that_in_several_steps_is_not_found() -> None:
    # Three segments, answers 1..3: x + y = 6, y + z = 8, x + z + w = 8. So x = (6 - w) / 2 is from 1.5 to 2.5, and
    # whole.
    inside = {"x": ("a", "c"), "y": ("a", "b"), "z": ("b", "c"), "w": ("c",)}
    people = [("x", 2), ("y", 2), ("y", 2), ("z", 1), ("z", 3), ("w", 2)]
    records = tuple(
        Record(who, "root", {name: "in" if name in inside[group] else "" for name in "abc"}, {"q": answer})
        for who, (group, answer) in enumerate(people)
    )
    village = Village(tree([Unit("root", None, "")]), records, ("q",), (("a",), ("b",), ("c",)))
    found = pinned_groups(exposed(village, 3, {ROOT}), totals(village), 1, 3)
    assert sorted((one.people, one.value) for one in found) == [
        (1, 2),
        (2, 4),
        (2, 4),
    ]  # and w = 8 - 2 - 4 is not there


def test_an_equation_about_too_many_groups_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    village = eight(NARROW)
    monkeypatch.setattr(parts, "LARGEST_PART", 2)
    assert pinned(exposed(village, 3, HOLES), totals(village), 1, 5) == []


def test_totals_that_no_answers_have_are_an_audit_that_is_not_finished() -> None:
    village = eight(NARROW)
    with pytest.raises(DisclosureLeak, match="from the lowest to the highest"):
        pinned(exposed(village, 3, HOLES), totals(village), 3, 5)


Drawn = tuple[np.ndarray, np.ndarray, np.ndarray]  # equations x groups; answers of each group; people of each group


@st.composite
def systems(draw: st.DrawFn) -> Drawn:
    """Sums over random sets of groups, of answers that are mostly near an end."""
    groups = draw(st.integers(1, 7))
    sizes = np.array(draw(st.lists(st.integers(1, 3), min_size=groups, max_size=groups)))
    above = [draw(st.sampled_from([0, 0, 1, 2, 4 * int(size)])) for size in sizes]
    answers = np.minimum(sizes + above, 5 * sizes)
    member = st.lists(st.booleans(), min_size=groups, max_size=groups).filter(any)
    matrix = np.array(draw(st.lists(member, min_size=1, max_size=5)), dtype=np.float64)
    return matrix, answers, sizes


def side_by_side(drawn: list[Drawn]) -> Bounded:
    matrices, answers, sizes = zip(*drawn, strict=True)
    matrix, people = block_diag(*matrices), np.concatenate(sizes)
    line, block = (
        np.repeat(np.arange(len(drawn)), [one.shape[side] for one in matrices]).astype(np.int64) for side in (0, 1)
    )
    sums = matrix @ np.concatenate(answers)
    return Bounded(csr_array(matrix), sums, 1.0 * people, 5.0 * people, block, line)


def never(least: np.ndarray, _: np.ndarray) -> np.ndarray:
    return np.zeros(len(least), dtype=np.bool_)


def farthest(system: Bounded, wanted: np.ndarray) -> tuple[float, float]:
    """The ends that programmes find, of one block after the other."""
    ends = [0.0, 0.0]
    for block in range(system.blocks):
        groups, programme = system.programme(block)
        for place, sign in enumerate((-1, 1)):
            ends[place] += float(wanted[groups] @ programme.end(wanted[groups], sign).point)
    return ends[0], ends[1]


@settings(max_examples=500 if DEEP else 80, deadline=None, derandomize=True)
@given(st.lists(systems(), min_size=1, max_size=3))
def test_what_is_shown_to_be_possible_without_a_programme_is_within_what_a_programme_finds(drawn: list[Drawn]) -> None:
    system = side_by_side(drawn)
    groups = len(system.low)
    assert np.abs(system.matrix @ system.centre - system.sums).max() < 1e-6
    wanted = np.concatenate([np.eye(groups), np.ones((1, groups))])  # each group, and all of every block together
    least, most = system.reach(csr_array(wanted), never)
    for number, one in enumerate(wanted):
        low, high = farthest(system, one)
        assert low - 1e-6 <= least[number] <= most[number] <= high + 1e-6
        # Whoever can move at all is seen to move.
        assert (most[number] - least[number] > 1e-6) == (high - low > 1e-5)
    for group, one in enumerate(np.eye(groups)):
        low, high = farthest(system, one)
        forced = high < system.low[group] + 1e-6 or low > system.high[group] - 1e-6
        # The centre is at an end of a range only where every solution is.
        assert (system.room(system.centre)[group] < 1e-6) == forced


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(systems(), min_size=1, max_size=3), st.integers(0, 2))
def test_a_step_alone_shows_no_more_than_a_programme_does(drawn: list[Drawn], after: int) -> None:
    # Whoever asks for less gets less: what is left out was enough before.
    system = side_by_side(drawn)
    asked: list[int] = []

    def enough(least: np.ndarray, most: np.ndarray) -> np.ndarray:
        asked.append(1)
        return (most - least >= 1) | (len(asked) > after)

    least, most = system.reach(csr_array(np.eye(len(system.low))), enough)
    for group, one in enumerate(np.eye(len(system.low))):
        low, high = farthest(system, one)
        assert low - 1e-6 <= least[group] <= most[group] <= high + 1e-6


def test_the_centre_is_sought_until_only_those_are_at_an_end_who_must_be() -> None:
    # The fourth answered 1. The others answered 4 together, so any of them may have answered 2, one at a time.
    matrix = csr_array(np.array([[1.0, 1, 1, 0], [0, 0, 0, 1]]))
    system = Bounded.whole(matrix, np.array([4.0, 1]), np.ones(4), np.full(4, 5.0))
    assert (system.room(system.centre) > 0.1).tolist() == [True, True, True, False]
    least, most = system.reach(csr_array(np.eye(4)), never)
    assert (most - least > 0.5).tolist() == [True, True, True, False]


def test_many_sums_of_one_block_are_moved_a_few_at_a_time() -> None:
    # Forty people answered 100 together: each may have answered anything, and is seen to.
    people = 40
    system = Bounded.whole(csr_array(np.ones((1, people))), np.array([100.0]), np.ones(people), np.full(people, 5.0))
    least, most = system.reach(csr_array(np.eye(people)), lambda least, most: most - least > 3.9)
    assert (most - least > 3.9).all()


def test_bounds_are_in_the_steps_of_the_totals() -> None:
    tiny = parse(SURVEY, {"tiny.toml": INSTRUMENT})
    assert bounds(tiny) == {
        "safety": (0, 2 * 4),  # one or two items answered, so a point of their mean is two steps
        "safe_1": (1, 5),
        "safe_2": (1, 5),  # as it was answered, whichever end is the better one
        "enps": (-1, 1),
    }
