"""What is done quickly for many cells gives what would be found by doing it slowly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from exposed_village import exposed
from hypothesis import given
from hypothesis import strategies as st
from villages import examples, villages

from pipeline.disclosure import Rules
from pipeline.disclosure.audit.agreeing import HALF_A_BIN, UNIT, agreeing
from pipeline.disclosure.audit.guarded import CUT, whole_places
from pipeline.disclosure.audit.unions import small_differences
from pipeline.disclosure.audit.worlds import TOLERANCE
from pipeline.disclosure.cells import columns, grid
from pipeline.disclosure.choose import Chooser
from pipeline.disclosure.left_over import LeftOver
from pipeline.disclosure.lines import Tables
from pipeline.disclosure.unanimity import could_be_of_one_mind

if TYPE_CHECKING:
    from village import Village

    from pipeline.disclosure.audit.exposed import Exposed


def entries(value: list[float], room: list[int]) -> dict[tuple[int, int, int], float]:
    """Every entry that `agreeing` may give, with its value."""
    found = {(one, one, 0): value[one] for one in range(len(value))}
    for one in range(len(value)):
        for other in range(one + 1, len(value)):
            if room[one] == room[other]:
                found[one, other, 1] = value[one] + value[other]
                found[one, other, -1] = value[one] - value[other]
    return found


@examples(150, 3000)
@given(st.data())
def test_whatever_agrees_is_found_without_sorting(data: st.DataObject) -> None:
    rooms = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=12))
    room = [number for number, size in enumerate(rooms) for _ in range(size)]
    value = [data.draw(st.floats(-4, 4, allow_nan=False)) for _ in room]
    if len(value) > 3:  # one that agrees as nearly as it must
        value[-1] = value[-2] + value[-3] + data.draw(st.floats(-1, 1)) * TOLERANCE
    given = set()
    for first, second, times, where in agreeing(np.array(value), np.array(room)):
        given |= set(zip(first.tolist(), second.tolist(), times.tolist(), strict=True))
        assert where.tolist() == [room[one] for one in first.tolist()]
    everything = entries(value, room)
    assert given <= set(everything)
    for one, mine in everything.items():
        for other, theirs in everything.items():
            same = abs(abs(mine) - abs(theirs)) < TOLERANCE * 0.999 and room[one[0]] == room[other[0]]
            if one != other and same:
                assert one in given


def test_most_of_what_agrees_with_nothing_is_not_given() -> None:
    value = np.random.default_rng(1).standard_normal(300)
    assert sum(len(first) for first, *_ in agreeing(value, np.zeros(300, dtype=np.int64))) < 300 * 300 / 20


def test_nobody_agrees_with_nobody() -> None:
    assert list(agreeing(np.zeros(0), np.zeros(0, dtype=np.int64))) == []


def test_two_that_agree_share_a_bin() -> None:
    assert TOLERANCE / UNIT + 2 < HALF_A_BIN


@examples(60, 1500)
@given(st.data(), st.booleans())
def test_lines_brought_up_to_date_are_those_counted_anew(data: st.DataObject, several: bool) -> None:  # noqa: FBT001 - drawn
    """In rounds of random cells that go, for people of one record or of several."""
    village = data.draw(villages(people=14, several=several))
    segments, measures = columns(village.members)
    cells = grid(village.cells, measures, segments, village.tree)
    chooser = Chooser(cells, village.members, village.tree, Rules(3, 6), {})
    sums = tuple(cells[name] for name in ("answered", "total", "squares"))
    known = chooser.members
    tables = Tables(known, known.answers, chooser.weight, sums, lambda rest, _: could_be_of_one_mind(*rest))
    shown = cells.exists.copy()
    left = LeftOver(chooser.lines, tables, 3)
    for _ in range(3):
        left.show(shown)
        anew = LeftOver(chooser.lines, tables, 3)
        anew.show(shown)
        assert left.broken().tolist() == anew.broken().tolist()
        for place in data.draw(st.sets(st.integers(0, len(cells.places) - 1), max_size=4)):
            shown[data.draw(st.integers(0, len(measures) - 1)), place] = False


def test_a_group_lies_in_one_place_in_several_or_in_none() -> None:
    level = np.array([[4, 4, 5, 6, -1, -1, 7]], dtype=np.int32)
    group = np.array([0, 0, 1, 1, 2, 2, 3])
    assert whole_places(level, group, 4)[0].tolist() == [4, CUT, -1, 7]


def left_of_cells(table: Exposed) -> set[tuple[int, int]]:
    """Place and people of every published cell less what of another grouping lies wholly inside, atom by atom."""
    found = set()
    for own, levels in enumerate(table.levels):
        for other in set(range(len(table.levels))) - {own}:
            residuals = [set(np.flatnonzero(table.nearest[other] == one)) for one in set(table.nearest[other]) - {-1}]
            mine = [set(np.flatnonzero(table.nearest[own] == one)) for one in set(table.nearest[own]) - {-1}]
            for place in {one for level in levels for one in level.tolist() if one >= 0 and table.shown[one]}:
                inside = {atom for level in levels for atom in np.flatnonzero(level == place)}
                direct = set(np.flatnonzero(table.nearest[own] == place))
                covered = {atom for one in residuals if one <= inside for atom in one}
                whole = {atom for one in mine if one <= inside and not one & (covered | direct) for atom in one}
                for left in (inside - covered, inside - covered - whole):
                    records = [number for number, atom in enumerate(table.position.tolist()) if atom in left]
                    people = len(set(table.crowd.person[table.records[records]].tolist()))
                    if 0 < people < table.minimum:
                        found.add((place, people))
    return found


@examples(60, 1500)
@given(villages(people=14), st.frozensets(st.integers(0, 40), max_size=6), st.booleans())
def test_differences_of_cells_are_those_found_atom_by_atom(
    village: Village,
    hidden: frozenset[int],
    several: bool,  # noqa: FBT001 - drawn
) -> None:
    """Where everybody has one record, and where the first two people are one."""
    table = exposed(village, 4)
    table = replace(table, shown=table.shown & ~np.isin(np.arange(len(table.shown)), sorted(hidden)))
    if several:
        person = np.where(table.crowd.person == 1, 0, table.crowd.person)
        table = replace(table, crowd=replace(table.crowd, person=person))
    found = small_differences(table)
    assert {one.people for one in found} == {people for _, people in left_of_cells(table)}
    for one in found:
        times = np.zeros(len(table.atoms), dtype=np.int64)
        for term in one.terms:
            for levels in table.levels:
                for level in levels:
                    times[level == term.place] += term.times
        about = set(table.crowd.person[table.records[times[table.position] != 0]].tolist())
        assert len(about) == one.people, "the terms are about those who are left"
    places = {place for place, _ in left_of_cells(table)}
    assert all(any(term.place in places for term in one.terms) for one in found)
    assert len(found) >= len(left_of_cells(table))
