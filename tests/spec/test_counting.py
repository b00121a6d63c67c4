"""Counting in pictures: who answered what on one side, the cells with their arithmetic on the other."""

from __future__ import annotations

from typing import Any

import waves
from waves import Collected, cell, parsed, people, responses

NAMES = ("respondents", "answered", "invited", "total", "squares", "modal", "favourable", "neutral", "unfavourable")

PEOPLE = people(
    ("ann", "A1", "f", "u40"),
    ("bo", "A1", "m", "u40"),
    ("cy", "A2", "f", ""),  # nobody knows how old
    ("di", "B", "f", "40+"),  # was invited and never answers
)
WAVE = Collected(
    parsed(),
    PEOPLE,
    responses(
        {"respondent": "ann", "day": 1, "s1": 1, "s2": 1, "s3": 5, "recommend": 0},  # before she thought again
        {"respondent": "ann", "day": 2, "s1": 4, "s2": 5, "s3": 1, "c1": 4, "c2": 3, "recommend": 9},
        {"respondent": "bo", "day": 1, "s1": 2, "s2": 3, "c1": 1, "recommend": 8},
        {"respondent": "cy", "day": 1, "s1": 5, "c1": 2, "c2": 3, "recommend": 6},
        {"respondent": "eve", "day": 1, "s1": 5, "s2": 5, "s3": 1},  # was not invited
    ),
)
COUNTED = WAVE.counted()


def is_cell(measure: str, figures: tuple[int | None, ...], **where: str) -> None:
    assert cell(COUNTED, measure, **where) == dict(zip(NAMES, figures, strict=True))


def test_every_record_is_accounted_for() -> None:
    accounts = COUNTED.accounts
    assert (accounts.accepted, accounts.superseded, accounts.not_invited, accounts.counted) == (5, 1, 1, 3)
    assert COUNTED.respondents == 3


def test_an_item_is_counted_as_it_was_answered() -> None:
    # s1: ann 4, bo 2, cy 5. Above the middle (3): ann, cy; below: bo.
    is_cell("s1", (3, 3, 4, 4 + 2 + 5, 16 + 4 + 25, 1, 2, 0, 1))
    # s3 is reversed: ann's 1 is favourable, and is a 1 all the same.
    is_cell("s3", (1, 1, 4, 1, 1, 1, 1, 0, 0))


def test_a_scale_is_the_mean_of_its_answered_items_in_steps() -> None:
    # safety, moved to 0..4, s3 from the other end: ann 3 + 4 + 4 = 11 of 3 items, bo 1 + 2 = 3 of 2, cy has only one.
    ann, bo = 11 * 6 // 3, 3 * 6 // 2  # of 24 steps: 91.7 and 37.5 points
    is_cell("safety", (2, 2, 4, ann + bo, ann**2 + bo**2, 1, 1, 0, 1))  # 37.5 points are unfavourable
    # clarity needs both of its items: ann 3 + 2 = 5, cy 1 + 2 = 3 of 6 steps; 83.3 and 50 points.
    is_cell("clarity", (2, 2, 4, 5 + 3, 25 + 9, 1, 1, 1, 0))


def test_an_index_counts_promoters_and_detractors() -> None:
    # ann 9: +1, bo 8: 0, cy 6: -1
    is_cell("enps", (3, 3, 4, 0, 2, 1, 1, 1, 1))


def test_a_rate_counts_who_answered_anything() -> None:
    is_cell("response_rate", (3, 3, 4, 3, 3, 0, 0, 0, 0))
    is_cell("response_rate", (0, 0, 1, 0, 0, 0, 0, 0, 0), unit="B")


def test_a_unit_holds_everybody_below_it() -> None:
    is_cell("s1", (2, 2, 2, 4 + 2, 16 + 4, 1, 1, 0, 1), unit="A1")
    is_cell("s1", (3, 3, 3, 4 + 2 + 5, 16 + 4 + 25, 1, 2, 0, 1), unit="A")


def test_a_segment_cuts_and_a_crossing_cuts_again() -> None:
    is_cell("s1", (2, 2, 3, 4 + 5, 16 + 25, 1, 2, 0, 0), segment="gender", category="f")
    is_cell("s1", (2, 2, 2, 4 + 2, 16 + 4, 1, 1, 0, 1), segment="age", category="u40")  # cy's age is not known
    is_cell("s1", (1, 1, 1, 4, 16, 1, 1, 0, 0), segment="gender*age", category="f*u40")


def test_a_cell_in_which_people_were_invited_and_nobody_answered_is_there_with_zeros() -> None:
    is_cell("s1", (0, 0, 1, 0, 0, 0, 0, 0, 0), segment="gender*age", category="f*40+")
    is_cell("clarity", (0, 0, 1, 0, 0, 0, 0, 0, 0), unit="A1", segment="gender", category="m")


def test_there_is_no_cell_where_nobody_was_invited() -> None:
    places = {(row["unit"], row["category"]) for row in COUNTED.cells.to_pylist()}
    assert ("B", "m") not in places
    assert ("A2", "u40") not in places


def test_the_members_say_who_answered_what_and_who_did_not_and_never_what_was_answered() -> None:
    measures = ("safety", "clarity", "enps", "s1", "s2", "s3", "c1", "c2", "response_rate")

    def member(number: int, unit: str, gender: str, age: str, *has: str) -> dict[str, Any]:
        return {"respondent": number, "unit": unit, "gender": gender, "age": age} | {
            name: name in has for name in measures
        }

    assert COUNTED.members.to_pylist() == [
        member(0, "A1", "f", "u40", *measures),
        member(1, "A1", "m", "u40", "safety", "enps", "s1", "s2", "c1", "response_rate"),
        member(2, "A2", "f", "", "clarity", "enps", "s1", "c1", "c2", "response_rate"),
        member(3, "B", "f", "40+"),
    ]


def test_somebody_who_answers_about_several_units_is_one_respondent_above_them() -> None:
    rated = Collected(
        parsed(waves.PER_UNIT),
        None,
        responses(
            {"respondent": "ann", "unit": "A1", "gender": "f", "age": "u40", "s1": 5},
            {"respondent": "ann", "unit": "A2", "gender": "m", "age": "u40", "s1": 3},
            {"respondent": "bo", "unit": "A2", "gender": "m", "age": "", "s1": 3},
        ),
    ).counted()
    figures = dict(zip(NAMES, (2, 3, None, 5 + 3 + 3, 25 + 9 + 9, 2, 1, 2, 0), strict=True))
    assert cell(rated, "s1", unit="A") == figures
    assert cell(rated, "s1", unit="A2")["respondents"] == 2
    assert cell(rated, "s1", unit="U", segment="gender", category="m")["respondents"] == 2
    assert "response_rate" not in rated.cells["measure"].to_pylist()  # nobody was invited by name
    assert rated.members["respondent"].to_pylist() == [0, 0, 1]


def test_a_submission_without_an_answer_counts_as_a_record_in_no_cell_and_as_of_somebody_who_did_not_answer() -> None:
    blank = Collected(parsed(), PEOPLE, responses({"respondent": "ann", "s1": 4}, {"respondent": "bo"})).counted()
    assert (blank.accounts.counted, blank.respondents) == (2, 2)
    assert cell(blank, "response_rate")["answered"] == 1
    assert blank.members["response_rate"].to_pylist().count(False) == len(["bo", "cy", "di"])
