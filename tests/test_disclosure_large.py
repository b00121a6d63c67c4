"""The looks at a large system against the exact ones: the same people are found, by certificates that hold."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
from attack.villages import examples, villages
from hypothesis import example, given
from hypothesis import strategies as st
from village import Record, Village

from pipeline.disclosure.audit import linear, worlds
from pipeline.disclosure.audit.crowd import OUTSIDE, crowd
from pipeline.disclosure.audit.elimination import PRIME
from pipeline.disclosure.audit.exposed import Exposed
from pipeline.disclosure.audit.large import Searched, determined_in_large
from pipeline.disclosure.audit.linear import determined
from pipeline.disclosure.audit.worlds import REMAINDER, TOLERANCE, System
from pipeline.disclosure.cells import columns, grid
from pipeline.errors import DisclosureLeak
from pipeline.organisation import Unit, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.disclosure.audit.certificate import Certificate


def exposed(village: Village, hidden: frozenset[int] = frozenset(), k: int = 4) -> Exposed:
    """One measure of a village, all places published but those that are hidden or too small, which are guarded."""
    segments, measures = columns(village.members)
    cells = grid(village.cells, measures, segments, village.tree)
    people = cells["respondents"][0]
    small = (people > 0) & (people < k)
    shown = cells.exists[0] & ~small & ~np.isin(np.arange(len(people)), list(hidden))
    known = crowd(cells, village.members, village.tree)
    return Exposed(known, "means", (0,), known.answers[:, 0], shown, k, small)


def people_of(table: Exposed, one: Certificate) -> int:
    """How many people the certificate's terms are about, added up atom by atom; a half is (PRIME + 1) / 2."""
    times = np.zeros(len(table.atoms), dtype=np.int64)
    for term in one.terms:
        for levels in table.levels:
            for level in levels:
                times[level == term.place] += term.times
    return int((times[table.position] % PRIME != 0).sum())


def kinds(found: list[Certificate]) -> set[str]:
    return {one.found_by for one in found}


@examples(60, 2_000)
@given(villages(people=24), st.frozensets(st.integers(0, 40), max_size=6))
def test_who_is_found_exactly_is_found_in_a_large_system_too(village: Village, hidden: frozenset[int]) -> None:
    table = exposed(village, hidden)
    exact = determined(table, set())
    large = determined_in_large(table, Searched.nowhere(table))
    single = {"atom", "pair", "withheld cell"}
    assert kinds(large) & single == kinds(exact) & single
    assert not (kinds(large) - single) or kinds(exact) & {"set"}  # of one unit alone, so not all of the exact ones
    for one in large:
        assert 0 < people_of(table, one) <= one.people


def two_pairs() -> Village:
    """Two women and two men of one unit: {a, b} minus {c, d} is what 'west' leaves of 'women'. No two of them are."""
    units = tree([Unit("u", None, "")])
    rows = [("f", "east"), ("f", "east"), ("m", "west"), ("m", "west"), *[("f", "west")] * 3, *[("m", "east")] * 4]
    records = [
        Record(one, "u", {"gender": gender, "place": place}, {"q": 1 + one % 5})
        for one, (gender, place) in enumerate(rows)
    ]
    return Village(units, tuple(records), ("q",), (("gender",), ("place",)))


def test_a_difference_of_two_pairs_in_one_unit_is_found() -> None:
    # women 5, west 5: their difference is two women of the east minus two men of the west; as groups, f*east - m*west.
    found = determined_in_large(table := exposed(two_pairs(), k=5), Searched.nowhere(exposed(two_pairs(), k=5)))
    assert found
    assert {people_of(table, one) for one in found} == {4}


def four_alone() -> Village:
    """The same with four different ages, so that each of the four is a group alone."""
    village = two_pairs()
    ages = ["a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a"]
    records = [
        Record(one.who, one.unit, {**one.categories, "age": age}, one.answers)
        for one, age in zip(village.records, ages, strict=True)
    ]
    return Village(village.tree, tuple(records), ("q",), (("gender",), ("place",), ("age",)))


def test_four_groups_of_one_unit_are_found_once_and_not_searched_again() -> None:
    table = exposed(four_alone(), k=5)
    searched = Searched.nowhere(table)
    first = [one for one in determined_in_large(table, searched) if one.found_by == "set"]
    assert first
    assert {people_of(table, one) for one in first} == {4}
    # Found where they were: a unit that is not clean is searched again.
    assert [one for one in determined_in_large(table, searched) if one.found_by == "set"] == first


def test_a_clean_unit_is_searched_again_when_more_is_published() -> None:
    village = four_alone()
    segments, measures = columns(village.members)
    places = grid(village.cells, measures, segments, village.tree).places
    women = frozenset(number for number, place in enumerate(places) if place.category in {"f", "m"})
    searched = Searched.nowhere(exposed(village, women, k=5))
    assert determined_in_large(exposed(village, women, k=5), searched) == []
    assert determined_in_large(exposed(village, k=5), searched) != []


@contextmanager
def everything_is_large() -> Iterator[None]:
    """As if no system were small enough for exact elimination."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(linear, "LARGEST_COMPONENT", 0)
        yield


@examples(60, 2_000)
@given(villages(people=24))
def test_the_size_decides_which_look_is_taken(village: Village) -> None:
    table = exposed(village)
    with everything_is_large():
        searched = Searched.nowhere(table)
        assert determined(table, set(), searched) == determined_in_large(table, Searched.nowhere(table))
        assert (searched.shown == table.shown).all()


def system_of(dense: np.ndarray) -> System:
    """Equations of zeros and ones, with at least one column for those that an unknown is in."""
    held = [np.flatnonzero(column).tolist() for column in dense.T]
    wide = max(1, *map(len, held))
    return System(np.array([[*one, *[OUTSIDE] * (wide - len(one))] for one in held], dtype=np.int32), len(dense))


def test_worlds_leave_every_equation_at_nothing_and_move_what_is_free() -> None:
    # x0 + x1 = x0 = x2 + x3: x0 and so x1 are 0; x2 = -x3 is free, and x4 is in none. The second equation twice.
    matrix = np.array([[1.0, 1, 0, 0, 0], [1, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 1, 1, 0]])
    found = system_of(matrix).worlds(3)
    assert np.abs(matrix @ found).max() < REMAINDER
    assert (np.abs(found) > TOLERANCE).tolist() == [[False] * 3] * 2 + [[True] * 3] * 3


@example(rows=3, unknowns=1, ones=0.5, together=128)
@examples(90, 2_000)
@given(
    rows=st.integers(1, 12),
    unknowns=st.integers(1, 12),
    ones=st.sampled_from((0.1, 0.5)),
    together=st.sampled_from((1, 4, 128)),
)
def test_worlds_are_as_free_as_the_null_space(rows: int, unknowns: int, ones: float, together: int) -> None:
    dense = (np.random.default_rng(rows * 100 + unknowns).random((rows, unknowns)) < ones).astype(np.float64)
    system = system_of(dense)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worlds, "_AT_LEAST", together)
        found = system.worlds(unknowns)
        combination = np.random.default_rng(unknowns).integers(-2, 3, rows) @ dense
        parts = system.taking_part(combination)
    assert system.sums(found) == pytest.approx(dense @ found, abs=1e-12)
    free = unknowns - np.linalg.matrix_rank(dense)
    assert np.linalg.matrix_rank(found, tol=TOLERANCE) == free
    taking = dense[parts > TOLERANCE]
    assert taking.T @ np.linalg.lstsq(taking.T, combination)[0] == pytest.approx(combination, abs=1e-9)


def test_blocks_that_are_not_apart_make_more_seem_determined_and_never_less(monkeypatch: pytest.MonkeyPatch) -> None:
    # x0 + x1 and x1 + x2 connect all three, and leave one free.
    system = system_of(np.array([[1.0, 1, 0], [0, 1, 1]]))
    assert (np.abs(system.worlds(3)) > TOLERANCE).all()
    monkeypatch.setattr(System, "_blocks", lambda _: iter([np.array([0]), np.array([1, 2])]))
    assert np.abs(system.worlds(3)).max() < TOLERANCE


def test_worlds_that_do_not_fit_the_whole_stop_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    system = system_of(np.array([[1.0, 1, 0], [0, 1, 1]]))
    monkeypatch.setattr(System, "_blocks", lambda _: iter([np.array([0, 1])]))
    with pytest.raises(DisclosureLeak, match="could not be finished"):
        system.worlds(3)


def test_what_stands_in_chosen_equations_is_in_their_order() -> None:
    system = system_of(np.array([[1.0, 1, 0], [0, 1, 1], [1, 0, 1]]))
    equation, unknown = system.entries(np.array([True, False, True]))
    assert list(zip(equation.tolist(), unknown.tolist(), strict=True)) == [(0, 0), (0, 1), (2, 0), (2, 2)]
