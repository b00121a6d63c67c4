"""Numbers of people and answers: the same as long as it is the same, and nothing by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from waves import CARRIED, PER_UNIT, Collected, collections, parsed, people, responses

from pipeline.disclosure.past import plain
from pipeline.identities import Numbered, number, without
from pipeline.tables import numbered_schema

if TYPE_CHECKING:
    from pipeline.tables import Counted

ROSTER = people(*((name, "A", "f", "u40") for name in ("ada", "bo", "cy", "di")))


def counted(*rows: dict[str, Any], survey: str = "") -> Counted:
    if survey:
        return Collected(parsed(survey), None, responses(*rows)).counted()
    return Collected(parsed(), ROSTER, responses(*rows)).counted()


def told(made: Numbered, *measures: str) -> list[tuple[int | None, ...]]:
    """Person, record, and the versions of some measures, of everybody who answered."""
    rows = [row for row in made.members.to_pylist() if any(row[measure] is not None for measure in measures)]
    return [tuple(row[name] for name in ("respondent", "record", *measures)) for row in rows]


def test_the_same_answer_has_the_same_version_and_another_one_the_next() -> None:
    first = number(counted({"respondent": "bo", "s1": 4, "s2": 2}, {"respondent": "cy", "s1": 4}))
    assert told(first, "s1", "s2") == [(1, 1, 0, 0), (2, 2, 0, None)]  # ada and di are 0 and 3, and have not answered
    # bo changes s1 and keeps s2, cy leaves, ada comes.
    second = number(
        counted({"respondent": "ada", "s1": 1}, {"respondent": "bo", "s1": 5, "s2": 2}), first.identities, (4, 4)
    )
    assert told(second, "s1", "s2") == [(0, 0, 1, None), (1, 1, 1, 0)]
    # bo has the first answer again and skips s2, and cy is back as they were.
    third = number(counted({"respondent": "bo", "s1": 4}, {"respondent": "cy", "s1": 4}), second.identities, (4, 4))
    assert told(third, "s1", "s2") == [(1, 1, 0, None), (2, 2, 0, None)]
    assert third.identities.num_rows == len(["ada", "bo", "cy", "di", "ada's late answer", "bo's second answer"])


def test_an_answer_given_late_to_one_question_is_new_in_that_one_alone() -> None:
    first = number(counted({"respondent": "bo", "s1": 4}))
    second = number(counted({"respondent": "bo", "s1": 4, "c1": 3, "c2": 3}), first.identities, (1, 1))
    assert told(first, "s1", "c1") == [(1, 1, 0, None)]
    assert told(second, "s1", "c1", "response_rate") == [(1, 1, 0, 1, 0)]


def test_a_measure_that_was_not_asked_before_starts_anew() -> None:
    first = number(counted({"respondent": "bo", "s1": 4}))
    second = number(counted({"respondent": "bo", "s1": 4, "s2": 1}), first.identities.drop_columns(["s2"]), (1, 1))
    assert told(second, "s1", "s2") == [(1, 1, 0, 1)]


def test_a_person_has_a_record_for_each_unit_they_answer_about() -> None:
    rows = [{"respondent": "bo", "unit": unit, "s1": 2 + at} for at, unit in enumerate(("A1", "A2"))]
    first = number(counted(*rows, survey=PER_UNIT))
    assert sorted(told(first, "s1")) == [(0, 0, 0), (0, 1, 0)]
    second = number(
        counted(rows[1], {"respondent": "bo", "unit": "B", "s1": 2}, survey=PER_UNIT), first.identities, (1, 2)
    )
    assert sorted(told(second, "s1")) == [(0, 1, 0), (0, 2, 0)]


def test_a_person_who_moved_is_the_same_record() -> None:
    first = number(counted({"respondent": "bo", "unit": "A1", "s1": 2}, survey=CARRIED))
    second = number(counted({"respondent": "bo", "unit": "B", "s1": 2}, survey=CARRIED), first.identities, (1, 1))
    assert told(second, "s1") == told(first, "s1") == [(0, 0, 0)]


def test_whoever_is_erased_comes_back_as_somebody_else() -> None:
    first = number(counted({"respondent": "bo", "s1": 4}, {"respondent": "cy", "s1": 5}))
    left = without(first.identities, "bo")
    assert left["respondent"].to_pylist() == ["ada", "cy", "di"]
    again = number(counted({"respondent": "bo", "s1": 4}, {"respondent": "cy", "s1": 5}), left, (4, 4))
    assert told(again, "s1") == [(4, 4, 0), (2, 2, 0)]


@settings(max_examples=40, deadline=None)
@given(collections(), st.lists(st.integers(0, 10**6), min_size=2, max_size=2))
def test_numbering_changes_nothing_else_and_the_same_again_is_the_same(wave: Collected, taken: list[int]) -> None:
    made = wave.counted()
    first = number(made, taken=(taken[0], taken[1]))
    segments = ("gender", "age")
    measures = tuple(measure.id for measure in wave.survey.measures)
    assert first.members.schema == numbered_schema(segments, measures)
    without_numbers = plain(first.members)
    assert without_numbers.drop_columns(["respondent"]).equals(made.members.drop_columns(["respondent"]))
    before, after = (one["respondent"].to_pylist() for one in (made.members, without_numbers))
    assert len(set(zip(before, after, strict=True))) == len(set(before)) == len(set(after))
    assert min(after) == taken[0]
    again = number(made, first.identities, (2 * 10**6, 2 * 10**6))
    assert again.members.equals(first.members)
    assert again.identities.equals(first.identities)
