"""A cell beside itself in an earlier release: pictures of who came and left, and what the auditor says of each cell."""

from __future__ import annotations

from dataclasses import replace

import pytest
from releases import Releases
from test_attack_history import people, village
from village import Record, Village

from pipeline.disclosure import Rules, found_in_history
from pipeline.disclosure.audit import Certificate, Term

NORTH, SOUTH = people("north", range(12)), people("south", range(20, 32))
FIRST = village(*NORTH, *SOUTH)


def alike(who: range, answer: int = 5) -> tuple[Record, ...]:
    return tuple(Record(one, "north", {}, {"q": answer}) for one in who)


def changed(before: Village, after: Village, measure: str = "q") -> dict[str, int]:
    """Unit -> how many people its figures of two releases differ by, where the auditor says that they are too few."""
    releases = Releases(Rules(5, 1000))
    for one in (before, after):
        releases.publish(one, blind=True)
    found = found_in_history(releases.past, releases.rules, before.families)
    said = {}
    for one in found.certificates:
        first = one.terms[0]
        place = found.cells.places[first.place]
        if one.found_by == "change" and found.cells.measures[first.measure] == measure:
            # The new figure less the old one of the same cell, and nothing else.
            assert [found.release[term.place] for term in one.terms] == [1, 0]
            assert {found.cells.places[term.place] for term in one.terms} == {place}
            assert [term.times for term in one.terms] == [1, -1]
            said[place.unit] = one.people
    return said


@pytest.mark.parametrize(
    ("after", "said"),
    [
        pytest.param(village(*NORTH, *people("north", range(12, 13)), *SOUTH), {"north": 1, "all-of-us": 1}, id="came"),
        pytest.param(village(*NORTH[1:], *SOUTH), {"north": 1, "all-of-us": 1}, id="left"),
        pytest.param(village(*NORTH, *SOUTH[1:]), {"south": 1, "all-of-us": 1}, id="left the last unit"),
        pytest.param(
            village(*NORTH[2:], *people("north", range(12, 14)), *SOUTH), {"north": 4, "all-of-us": 4}, id="two and two"
        ),
        pytest.param(
            village(*NORTH[2:], *people("north", range(12, 15)), *SOUTH), {}, id="two and three are five people"
        ),
        pytest.param(
            village(replace(NORTH[0], answers={"q": 5}), *NORTH[1:], *SOUTH), {"north": 1, "all-of-us": 1}, id="answer"
        ),
        pytest.param(
            village(replace(NORTH[0], unit="south"), *NORTH[1:], *SOUTH), {"north": 1, "south": 1}, id="moved"
        ),
        pytest.param(village(*NORTH, *people("north", range(12, 17)), *SOUTH), {}, id="five came"),
        pytest.param(village(*NORTH[5:], *SOUTH), {}, id="five left"),
        pytest.param(FIRST, {}, id="nothing happened"),
    ],
)
def test_who_differs_is_counted_in_people(after: Village, said: dict[str, int]) -> None:
    assert changed(FIRST, after) == said


def test_people_who_came_are_counted_once_however_often_they_answered() -> None:
    three_times = tuple(Record(40 + n % 2, "north", {}, {"q": 1 + n}) for n in range(5))
    assert changed(FIRST, village(*NORTH, *three_times, *SOUTH)) == {"north": 2, "all-of-us": 2}


SIX = alike(range(40, 46))
ALL_BUT_ONE = (*alike(range(40, 45)), *alike(range(45, 46), 2))
MIXED = people("north", range(40, 46))


@pytest.mark.parametrize(
    ("six", "told"),
    [pytest.param(SIX, True, id="alike"), pytest.param(ALL_BUT_ONE, True, id="all but one"), (MIXED, False)],
)
def test_of_people_who_only_came_or_only_left_nobody_may_know_that_they_think_alike(
    six: tuple[Record, ...], *, told: bool
) -> None:
    more = village(*NORTH, *six, *SOUTH)
    said = {"north": 6, "all-of-us": 6} if told else {}
    assert changed(FIRST, more) == said
    assert changed(more, FIRST) == said


def test_where_others_left_at_the_same_time_their_sum_is_not_told() -> None:
    assert changed(FIRST, village(*NORTH[1:], *SIX, *SOUTH)) == {}
    assert changed(village(*NORTH[1:], *SIX, *SOUTH), FIRST) == {}


def test_that_all_who_came_answered_is_told_of_a_rate_and_not_taken_for_one_mind() -> None:
    assert changed(FIRST, village(*NORTH, *SIX, *SOUTH), "response_rate") == {}
    assert changed(FIRST, village(*NORTH, *SIX[:2], *SOUTH), "response_rate") == {"north": 2, "all-of-us": 2}


def test_a_finding_about_one_measure_is_the_same_about_another_in_the_same_places() -> None:
    of_first = Certificate("means", "union", 2, (Term(0, 4, 1), Term(0, 6, -1)), frozenset({(0, 6)}))
    assert of_first.of("distributions", 3) == Certificate(
        "distributions", "union", 2, (Term(3, 4, 1), Term(3, 6, -1)), frozenset({(3, 6)})
    )
