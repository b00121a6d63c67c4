"""The auditor's looks one by one: small things held against counting them all, or against a picture."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from exposed_village import exposed, laid
from hypothesis import given, settings
from hypothesis import strategies as st
from village import RATE, Record, Village

from pipeline.disclosure.audit.crowd import Crowd, crowd
from pipeline.disclosure.audit.elimination import PRIME
from pipeline.disclosure.audit.exposed import Exposed
from pipeline.disclosure.audit.findings import certified
from pipeline.disclosure.audit.guarded import determined_places, of_one_value, whole_places
from pipeline.disclosure.audit.laminar import small_residuals
from pipeline.disclosure.audit.linked import Links
from pipeline.disclosure.audit.silent import silent
from pipeline.disclosure.audit.small_sets import components, meeting
from pipeline.organisation import Unit, tree

EXAMPLES = settings(max_examples=60, deadline=None, derandomize=True)

# --- sums and differences of up to four groups ------------------------------------------------------------------------


def met(values: list[list[int]]) -> set[frozenset[tuple[int, int]]]:
    """What `meeting` finds, with signs for the remainders, and the first group counted once and not minus once."""
    table = np.array(values, dtype=np.int64) % PRIME
    signed = [
        {group: times if times < PRIME // 2 else times - PRIME for group, times in one.items()}
        for one in meeting(table)
    ]
    return {
        frozenset(one.items()) if one[min(one)] > 0 else frozenset((g, -x) for g, x in one.items()) for one in signed
    }


def by_trying(values: list[list[int]]) -> set[frozenset[tuple[int, int]]]:
    """Every sum and difference of two, three or four of these rows that is 0 throughout."""
    table = np.array(values, dtype=np.int64)
    found = set()
    for size in (2, 3, 4):
        for groups in combinations(range(len(table)), size):
            for rest in product((1, -1), repeat=size - 1):
                if not (np.array([1, *rest]) @ table[list(groups)] % PRIME).any():
                    found.add(frozenset(zip(groups, (1, *rest), strict=True)))
    return found


@EXAMPLES
@given(st.lists(st.lists(st.integers(-4, 4), min_size=2, max_size=2), min_size=2, max_size=6))
def test_every_sum_and_difference_of_up_to_four_groups_is_found(values: list[list[int]]) -> None:
    found = met(values)
    assert by_trying(values) <= found
    for one in found:  # and what is found besides is so as well
        total = sum(times * np.array(values[group]) for group, times in one)
        assert not (total % PRIME).any()


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([[5, 7], [9, 2], [14, 9]], {frozenset({(0, 1), (1, 1), (2, -1)})}),
        ([[5, 7], [9, 2], [14, 10]], set()),  # agrees in the first world alone
        ([[7, 5], [2, 9], [10, 14]], set()),
        ([[PRIME - 5, 1], [5, PRIME - 1]], {frozenset({(0, 1), (1, 1)})}),
        ([[1, 1], [2, 2], [4, 4], [7, 7]], {frozenset({(0, 1), (1, 1), (2, 1), (3, -1)})}),
        ([[3, 1]], set()),
    ],
)
def test_sets_in_pictures(values: list[list[int]], found: set[frozenset[tuple[int, int]]]) -> None:
    assert {one for one in met(values) if {abs(times) for _, times in one} == {1}} == found


@EXAMPLES
@given(st.lists(st.lists(st.integers(-1, 5), min_size=3, max_size=3), min_size=1, max_size=8))
def test_groups_are_connected_by_the_places_they_share(signature: list[list[int]]) -> None:
    known = np.array(signature)
    label = components(known)
    linked = np.array([[any(a == b >= 0 for a in x for b in y) for y in known] for x in known])
    reach = np.linalg.matrix_power(linked.astype(int) + np.eye(len(known), dtype=int), len(known)) > 0
    assert ((label[:, None] == label[None, :]) == reach).all()


# --- places made of whole groups --------------------------------------------------------------------------------------


def test_what_has_one_value_and_what_has_none() -> None:
    one, value = of_one_value(np.array([0, 0, 1, 1, -1]), np.array([7, 7, 8, 9, 3]), 3)
    assert one.tolist() == [True, False, True, True]  # 0, 1, a key that nothing has, and the last: -1
    assert value.tolist()[::2] == [7, -1]
    assert value.tolist()[3] == 3


@EXAMPLES
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 2)), min_size=1, max_size=8),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.lists(st.integers(-2, 2), min_size=4, max_size=4),
)
def test_guarded_places_of_whole_groups_whose_sum_is_known(
    atoms: list[tuple[int, int]], guarded: list[bool], values: list[int]
) -> None:
    group, level = np.array(atoms).T
    _, group = np.unique(group, return_inverse=True)
    worlds = np.array(values)[: int(group.max()) + 1, None]
    expected = set()
    for place in np.flatnonzero(guarded).tolist():
        inside = {*group[level == place].tolist()}
        whole = inside and not inside & {*group[level != place].tolist()}
        if whole and sum(worlds[one, 0] for one in inside) == 0:
            expected.add(frozenset(inside))
    found = determined_places([level[None, :]], group, np.array(guarded), worlds, lambda sums: sums[:, 0] == 0)
    assert sorted(map(sorted, found)) == sorted(map(sorted, expected))
    (whole,) = whole_places(level[None, :], group, len(worlds))
    for one in range(len(worlds)):
        held = {*level[group == one].tolist()}
        assert whole[one] == (held.pop() if len(held) == 1 else -2)


# --- residuals --------------------------------------------------------------------------------------------------------

TREE = tree([Unit("top", None, ""), Unit("a", "top", ""), Unit("a1", "a", ""), Unit("b", "top", "")])


def residuals(counts: dict[str, int], hidden: set[str]) -> dict[str, int]:
    """Unit -> people of its small residual, with a minimum of 3; so many people work directly at each unit."""
    homes = [unit for unit, count in counts.items() for _ in range(count)]
    made = Village(TREE, tuple(Record(who, unit, {}, {"q": 1 + who % 5}) for who, unit in enumerate(homes)), ("q",))
    cells, table = laid(made), exposed(made, 3, [(unit, "all") for unit in hidden])
    return {cells.places[one.terms[0].place].unit: one.people for one in small_residuals(table) if one.terms}


@pytest.mark.parametrize(
    ("hidden", "small"),
    [
        (set(), {"a": 2, "top": 1}),  # 2 work at a itself and 1 at the top
        ({"a"}, {}),  # then the top keeps the two of a, and its own
        ({"a1"}, {"top": 1}),
        ({"b"}, {"a": 2}),
        ({"top"}, {"a": 2}),
        ({"a", "a1", "b"}, {}),
    ],
)
def test_a_residual_is_what_the_nearest_published_cells_below_leave(hidden: set[str], small: dict[str, int]) -> None:
    counts = {"top": 1, "a": 2, "a1": 5, "b": 4}
    assert residuals(counts, hidden) == small


# --- who did not answer -----------------------------------------------------------------------------------------------


def test_whose_silence_is_withheld_for_their_own_sake() -> None:
    # Of each unit: how many answered, how many did not; and whether the rate is stated.
    rates = {
        "few": (9, 2, False),
        "one": (9, 1, False),
        "enough": (9, 3, False),
        "nobody answered": (0, 6, False),
        "one answered": (1, 6, False),
        "all answered": (9, 0, False),
        "stated": (9, 2, True),
    }
    units = tree([Unit("top", None, ""), *(Unit(name, "top", "") for name in rates)])
    number = iter(range(1000))
    answered = tuple(Record(next(number), unit, {}, {}) for unit, (count, _, _) in rates.items() for _ in range(count))
    away = tuple(Record(next(number), unit, {}, {}) for unit, (_, count, _) in rates.items() for _ in range(count))
    made = Village(units, answered, (RATE,), silent=away)
    cells = laid(made)
    known = crowd(cells, made.members, made.tree)
    shown = np.array([place.unit == "top" or rates[place.unit][2] for place in cells.places])
    rate = Exposed(known, "means", (0,), known.answers[:, 0], shown, 3, np.zeros_like(shown))
    told = silent(rate, cells)
    assert {cells.places[one].unit for one in np.flatnonzero(told.guarded)} == {"few", "one", "nobody answered"}
    assert sorted(made.members["respondent"][int(one)].as_py() for one in told.records) == [one.who for one in away]
    assert (told.times, told.shown.tolist()) == ((-1,), shown.tolist())


# --- parts of people who changed an answer ----------------------------------------------------------------------------


def structure(base: list[int], version: list[list[int]], atom: list[int]) -> list[int]:
    return Links(np.array(base), np.array(version)).structure(np.array(atom)).tolist()


def test_records_are_alike_where_their_people_are_linked_alike() -> None:
    # Three people of two records each, and one of one. The first two changed item 1 and kept item 2.
    base, atom = [0, 0, 1, 1, 2, 2, 3], [5, 6, 5, 6, 5, 6, 5]
    kept = [[0, 0], [1, 0]]
    assert structure(base, [*kept, [4, 2], [7, 2], [0, 0], [0, 1], [0, 0]], atom) == [1, 2, 1, 2, 3, 4, 0]
    # Elsewhere than the first two: another structure.
    assert structure(base, [*kept, *kept, *kept, [0, 0]], [5, 6, 5, 6, 5, 7, 5]) == [1, 2, 1, 2, 3, 4, 0]
    # No answer in one of them is not the same as another answer, nor as the same.
    assert structure(base, [[0, 0], [-1, 0], [0, 0], [1, 0], [-1, 0], [0, 0], [0, 0]], atom) == [1, 2, 3, 4, 5, 6, 0]


# --- certificates -----------------------------------------------------------------------------------------------------


def test_a_certificate_names_the_cells_and_those_among_them_that_follow() -> None:
    # Places 0 and 1 state the same about group 0, and place 2 is about 0 and 1: 2 - 0 gives group 1.
    nobody = Crowd(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros((0, 1), dtype=np.bool_), ())
    everywhere = np.ones(4, dtype=np.bool_)
    table = Exposed(nobody, "distributions", (3,), np.zeros(0, dtype=np.bool_), everywhere, 3, ~everywhere)
    rows = [{0: 1}, {0: 1}, {0: 1, 1: 1}]
    (one,), left = certified(table, [5, 6, 7], rows, 3, [({1: 1}, 2, "set"), ({2: 1}, 1, "atom")])
    assert (one.layer, one.found_by, one.people) == ("distributions", "set", 2)
    assert {term.measure for term in one.terms} == {3}
    named = {term.place: term.times for term in one.terms}
    assert named in ({7: 1, 5: -1}, {7: 1, 6: -1})
    assert one.follow == {(3, place) for place in named} - {(3, 7)}
    assert left == [({2: 1}, 1, "atom")]
