"""Ranges, held against somebody who writes down every set of whole answers that fits what is published."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from attacker import worlds
from exposed_village import exposed, totals
from hypothesis import given
from villages import examples, villages

from pipeline.disclosure.audit.ranges import pinned_groups

if TYPE_CHECKING:
    from village import Village

    from pipeline.disclosure.audit.exposed import Exposed

LOW, HIGH, K = 1, 5, 3


def by_trying(village: Village, table: Exposed) -> set[tuple[int, int]]:
    """The groups with one sum in all worlds, and that sum: small ones, and others where everybody answered alike."""
    shown = np.flatnonzero(table.shown)
    answers = {(int(one), "q"): village.records[one].answers["q"] for one in table.records}
    inside = [depth[table.position] == place for place in shown for level in table.levels for depth in level]
    known = [{(record, "q"): Fraction(1) for record in table.records[mine].tolist()} for mine in inside if mine.any()]
    possible = worlds(known, answers, range(LOW, HIGH + 1))
    group = table.groups[1][table.position]
    people = table.people(table.groups[1], len(table.groups[0]))
    found = set()
    for one in range(len(table.groups[0])):
        sums = possible[:, group == one].sum(axis=1)
        answered = int((group == one).sum())
        if sums.min() == sums.max() and (people[one] < K or sums[0] in {answered * LOW, answered * HIGH}):
            found.add((one, int(sums[0])))
    return found


def found(village: Village, table: Exposed) -> set[tuple[int, int]]:
    return {(one.groups[0], one.value) for one in pinned_groups(table, totals(village), LOW, HIGH)}


@examples(150, 3000)
@given(villages(people=8, low=1, high=2).filter(lambda village: len(village.groupings) < 2))
def test_with_two_groupings_it_finds_exactly_what_trying_every_answer_finds(village: Village) -> None:
    table = exposed(village, K)
    assert found(village, table) == by_trying(village, table)


@examples(100, 3000)
@given(villages(people=8, low=1, high=3))
def test_what_it_finds_is_so_in_every_world(village: Village) -> None:
    table = exposed(village, K)
    assert found(village, table) <= by_trying(village, table)


@examples(50, 2000)
@given(villages(people=8, low=4, high=5, several=True))
def test_also_of_people_who_answer_in_several_units(village: Village) -> None:
    table = exposed(village, K)
    assert found(village, table) <= by_trying(village, table)
