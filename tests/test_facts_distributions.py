"""How often each answer was given: what the figures that are published say already, and never anything more."""

from __future__ import annotations

from collections import Counter
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from release_pictures import admitted
from waves import Collected, collections, parsed

from pipeline import disclosure, facts
from pipeline.counting.measures import Values, values
from pipeline.disclosure.protected import FINER, PROTECTED
from pipeline.errors import RunRefused
from pipeline.facts.distributions import Solved

if TYPE_CHECKING:
    from collections.abc import Sequence

SURVEY = parsed()


def question(low: int, high: int, *, turned: bool = False) -> Values:
    """A question with these answers; `turned`, the low ones are favourable."""
    steps = np.arange(low, high + 1)
    side = np.sign(2 * steps - low - high) * (-1 if turned else 1)
    return Values("q", steps, side, (0,), (False,), np.arange(len(steps) + 1, dtype=np.int32)[None])


def sums(measure: Values, answers: Sequence[int]) -> tuple[int, ...]:
    """Favourable, neutral, unfavourable, sum and squares, each counted by hand."""
    side = dict(zip(measure.steps.tolist(), measure.side.tolist(), strict=True))
    shares = [sum(side[one] == of for one in answers) for of in (1, 0, -1)]
    return (*shares, sum(answers), sum(one * one for one in answers))


def row(answers: Sequence[int], item: str = "s1", unit: str = "U") -> dict[str, Any]:
    """The protected row of a question from the demo survey, which goes from 1 to 5."""
    shares = sums(question(1, 5), answers)
    names = ("favourable", "neutral", "unfavourable", "total", "squares")
    where = {"unit": unit, "segment": "all", "category": "all", "measure": item, "status": "F"}
    return where | {"answered": len(answers), "invited": None} | dict(zip(names, shares, strict=True))


def told(*rows: dict[str, Any]) -> list[tuple[Any, ...]]:
    made = facts.distributions(admitted(pa.Table.from_pylist(list(rows), PROTECTED)), SURVEY, "w1")
    assert made.schema == facts.DISTRIBUTIONS
    return [tuple(one.values())[2:] for one in made.to_pylist()]


def test_every_answer_has_a_row_with_how_many_gave_it() -> None:
    rows = told(row([1, 1, 2, 2, 2, 3, 3, 4, 4, 5, 5, 5]))
    where = ("U", "all", "all", "s1")
    assert rows == [
        (*where, 1, 2, 0.17),
        (*where, 2, 3, 0.25),
        (*where, 3, 2, 0.17),
        (*where, 4, 2, 0.17),
        (*where, 5, 3, 0.25),
    ]


def test_an_answer_that_nobody_gave_is_told_as_none() -> None:
    assert [one[4:6] for one in told(row([2] * 5 + [3] * 2 + [5] * 3))] == [(1, 0), (2, 5), (3, 2), (4, 0), (5, 3)]


def test_where_one_person_gave_an_answer_alone_nothing_is_told() -> None:
    assert told(row([1, 2, 2, 3, 3, 4, 4, 5, 5, 5])) == []
    assert len(told(row([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]), row([1, 2, 2, 3, 3, 4, 4, 5, 5, 5], "s2"))) == 5


def test_what_is_withheld_or_has_no_shares_has_no_distribution() -> None:
    shown = row([1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    hidden = shown | {"status": "C"} | dict.fromkeys(("answered", "total", *FINER))
    assert told(hidden, row([2] * 6, "s2") | dict.fromkeys(FINER)) == []


def test_scales_and_scores_have_none_and_a_turned_question_has_its_answers_as_given() -> None:
    answers = [1, 1, 2, 2, 2, 3, 3, 4, 4, 4]
    turned = row(answers, "s3") | {"favourable": 5, "unfavourable": 3}
    assert [one[4:6] for one in told(turned)] == [(1, 2), (2, 3), (3, 2), (4, 3), (5, 0)]
    assert told(row(answers, "safety"), row(answers, "enps")) == []
    assert told(row(answers, "recommend")) == []


@pytest.mark.parametrize("wrong", [{"total": 31}, {"squares": 97}, {"favourable": 5}, {"neutral": 3}])
def test_sums_that_no_answers_have_stop_the_run(wrong: dict[str, int]) -> None:
    with pytest.raises(RunRefused, match=r"cells of wave w1 state sums that no answers have; aggregate the wave again"):
        told(row([1, 1, 2, 2, 3, 3, 4, 4, 5, 5]) | wrong)


RANGES = [(low, low + width) for low in (0, 1) for width in range(1, 5)]


@pytest.mark.parametrize(("low", "high"), RANGES)
@pytest.mark.parametrize("turned", [False, True])
def test_a_count_is_a_sum_of_what_is_published(low: int, high: int, turned: bool) -> None:  # noqa: FBT001 - a case
    """Whoever has the sums has the counts: each is the same combination of them in every cell, and of none else."""
    measure = question(low, high, turned=turned)
    solved = Solved.of(measure)
    assert solved is not None
    each = np.array([sums(measure, [one]) for one in measure.steps.tolist()]).T
    assert (solved.over @ each == solved.under * np.eye(len(measure.steps), dtype=np.int64)).all()


@settings(deadline=None)
@given(st.sampled_from(RANGES), st.booleans(), st.data())
def test_the_counts_are_those_of_the_answers(span: tuple[int, int], turned: bool, data: st.DataObject) -> None:  # noqa: FBT001 - drawn
    measure = question(*span, turned=turned)
    cells = data.draw(st.lists(st.lists(st.integers(*span), max_size=40), min_size=1, max_size=4))
    solved = Solved.of(measure)
    assert solved is not None
    found = solved.counts(np.array([sums(measure, answers) for answers in cells]).T)
    assert found.T.tolist() == [[Counter(answers)[one] for one in measure.steps.tolist()] for answers in cells]


@pytest.mark.parametrize(("low", "high"), [(0, 5), (1, 7), (0, 10)])
def test_a_question_with_more_answers_has_none_because_it_would_tell_more(low: int, high: int) -> None:
    """Two groups answer otherwise, and have the same sums: to tell them apart is news."""
    measure = question(low, high)
    assert Solved.of(measure) is None
    alike: dict[tuple[int, ...], int] = Counter()
    for answers in combinations_with_replacement(range(low, high + 1), 6):
        alike[sums(measure, answers)] += 1
    assert max(alike.values()) > 1


@settings(max_examples=60, deadline=None)
@given(collections())
def test_of_a_counted_wave_it_is_what_people_answered(wave: Collected) -> None:
    """Every cell of a wave, whoever may see it: the counts are those of its own answers, found without us."""
    counted = wave.counted()
    asked = [one.id for one in SURVEY.measures if one.kind == "item" and one.id != "recommend"]
    rows = facts.of_cells(counted.cells, SURVEY, "w1").to_pylist()
    given_by: dict[tuple[str, ...], Counter[int]] = {}
    path = wave.tree.path
    for who, answers in zip(counted.members.to_pylist(), counted.answers.to_pylist(), strict=True):
        places = [("all", "all"), ("gender", who["gender"]), ("age", who["age"])]
        if who["gender"] and who["age"]:
            places.append(("gender*age", f"{who['gender']}*{who['age']}"))
        for unit in path[who["unit"]]:
            for segment, category in places:
                for item in asked:
                    if category and answers[item] is not None:
                        given_by.setdefault((unit, segment, category, item), Counter())[answers[item]] += 1
    expected = {key: found for key, found in given_by.items() if 1 not in found.values()}
    shown: dict[tuple[str, ...], Counter[int]] = {}
    for one in rows:
        shown.setdefault(tuple(one[name] for name in disclosure.KEPT.names), Counter())[one["code"]] = one["answered"]
    assert {key: +found for key, found in shown.items() if found.total()} == expected


def test_each_place_and_question_stands_there_once() -> None:
    many = [row([1, 1, 2, 2, 3, 3, 4, 4, 5, 5], item, unit) for unit in ("A", "U", "B") for item in ("s1", "s2")]
    rows = told(*many)
    assert len({one[:5] for one in rows}) == len(rows) == 30
    assert [one[0] for one in rows[:15:5]] == ["A", "U", "B"]  # in the order of the cells
    made = facts.distributions(admitted(pa.Table.from_pylist(many, PROTECTED)), SURVEY, "w1")
    sums_of = made.group_by(["unit", "measure"]).aggregate([("share", "sum")])
    assert pc.all(pc.equal(pc.round(sums_of["share_sum"], 6), 1.0)).as_py()
    assert values(SURVEY)  # the survey's own measures are what the counts are made by
