"""The primary rules, each as a picture: what a cell is like, and whether it may be shown."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pyarrow as pa
import pytest
from tiny_survey import tiny
from village import RATE, Record, Village

from pipeline.disclosure import Rules, families
from pipeline.disclosure.cells import Grid, columns, grid
from pipeline.disclosure.distribution import tells_too_much
from pipeline.disclosure.family import check
from pipeline.disclosure.minimum import too_few
from pipeline.disclosure.primary import Shown, allowed
from pipeline.disclosure.small_complement import too_few_silent
from pipeline.disclosure.unanimity import could_be_of_one_mind, of_one_mind
from pipeline.errors import DisclosureLeak
from pipeline.organisation import Unit, tree

ROOT = tree([Unit("root", None, "Root")])


def one_unit(answers: list[int | None], *, silent: int = 0) -> Village:
    records = tuple(
        Record(number, "root", {}, {} if answer is None else {"q": answer}) for number, answer in enumerate(answers)
    )
    away = tuple(Record(100 + number, "root", {}, {}) for number in range(silent))
    return Village(ROOT, records, ("q", RATE), silent=away)


def laid(village: Village) -> Grid:
    segments, measures = columns(village.members)
    return grid(village.cells, measures, segments, village.tree)


def shown(village: Village, rules: Rules) -> Shown:
    return allowed(laid(village), rules)


@pytest.mark.parametrize(("people", "withheld"), [(0, True), (4, True), (5, False), (6, False)])
def test_minimum_is_the_smallest_count_that_may_be_shown(people: int, *, withheld: bool) -> None:
    assert too_few(np.array([people]), 5).tolist() == [withheld]


def test_a_measure_is_held_to_its_own_answers_not_to_those_of_its_unit() -> None:
    # Six people answered something, four of them this question; five more were asked.
    village = one_unit([1, 2, 4, 5, None, None], silent=5)
    means = shown(village, Rules(5, 10)).means
    assert means[:, 0].tolist() == [False, True]  # the question, and the response rate


def test_one_person_with_five_answers_is_one_person() -> None:
    records = tuple(Record(7, "root", {}, {"q": value}) for value in (1, 2, 3, 4, 5))
    assert not shown(Village(ROOT, records, ("q",)), Rules(3, 3)).means.any()


@pytest.mark.parametrize(
    ("answers", "withheld"),
    [
        ([4, 4, 4, 4, 4, 4], True),  # whoever answered, answered 4
        ([4, 4, 4, 4, 4, 2], True),  # whoever answered 2 knows that all others answered 4
        ([4, 4, 4, 4, 2, 2], False),
        ([1, 2, 3, 4, 5, 1], False),
    ],
)
def test_unanimity_and_all_but_one(answers: list[int], *, withheld: bool) -> None:
    assert shown(one_unit(answers), Rules(5, 10)).means[0, 0] != withheld


def test_that_all_of_those_who_answered_did_is_a_rate_and_not_one_mind() -> None:
    assert shown(one_unit([None] * 6, silent=5), Rules(5, 10)).means[1, 0]


@pytest.mark.parametrize(
    ("answered", "silent", "withheld"),
    [
        (20, 0, True),  # everybody answered: so did each
        (20, 1, True),  # whose colleagues can work out who did not
        (20, 4, True),
        (20, 5, False),
        (5, 20, False),
        (0, 20, True),  # nobody answered: nor did any of them
    ],
)
def test_a_rate_tells_who_did_not_answer_as_well(answered: int, silent: int, *, withheld: bool) -> None:
    village = one_unit([None] * answered, silent=silent)
    assert shown(village, Rules(5, 10)).means[1, 0] != withheld
    assert too_few_silent(laid(village), 5).tolist() == [[False], [withheld]]  # rates alone


def test_without_a_roster_nobody_knows_who_did_not_answer() -> None:
    everybody = Village(ROOT, tuple(Record(one, "root", {}, {}) for one in range(6)), (RATE,))
    assert not too_few_silent(laid(everybody), 5).any()


def test_nobody_is_not_of_one_mind() -> None:
    assert of_one_mind(np.array([0]), np.array([0])).tolist() == [False]


def test_sums_alone_show_every_group_of_one_mind_and_few_others() -> None:
    false_alarms = groups = 0
    for size in range(1, 8):
        for answers in combinations_with_replacement(range(1, 6), size):
            n, total, squares = (np.array([x]) for x in (size, sum(answers), sum(x * x for x in answers)))
            found = bool(could_be_of_one_mind(n, total, squares)[0])
            modal = max(answers.count(value) for value in answers)
            assert found or size - modal >= 2
            false_alarms += found and size - modal >= 2
            groups += 1
    # Such as 1 1 1 2 3, with the count, sum and squares of 2 2 2 2 0.
    assert (false_alarms, groups) == (66, 791)


@pytest.mark.parametrize(
    ("favourable", "neutral", "unfavourable", "withheld"),
    [
        (6, 3, 3, False),
        (12, 0, 0, True),  # everybody is favourable
        (11, 1, 0, True),  # all but one
        (9, 3, 0, True),  # nobody is unfavourable
        (9, 2, 1, True),  # exactly one is: who?
        (1, 4, 7, True),
        (6, 0, 6, False),  # a scale without a middle
        (6, 1, 5, False),
        (0, 12, 0, True),
        (1, 11, 0, True),
    ],
)
def test_shares(favourable: int, neutral: int, unfavourable: int, *, withheld: bool) -> None:
    counts = (np.array([count]) for count in (12, favourable, neutral, unfavourable))
    assert tells_too_much(*counts).tolist() == [withheld]


def test_a_distribution_needs_more_people_than_a_mean() -> None:
    answers = [1, 2, 4, 5, 1, 2, 4, 5, 3]
    assert shown(one_unit(answers), Rules(5, 9)).distributions[:, 0].tolist() == [True, False]  # a rate has none
    assert not shown(one_unit(answers), Rules(5, 10)).distributions.any()
    assert shown(one_unit(answers), Rules(5, 10)).means[0, 0]


def test_no_distribution_where_the_mean_is_withheld() -> None:
    answers = [4] * 11 + [2]
    village = one_unit(answers)
    found = shown(village, Rules(3, 3))
    assert not (found.distributions & ~found.means).any()


def test_a_unit_smaller_than_the_minimum_says_nothing_even_about_several_answers_each() -> None:
    # Four people were invited; with a roster that is what counts.
    assert not shown(one_unit([1, 2, 4, 5]), Rules(5, 10)).means.any()
    assert shown(one_unit([1, 2, 4, 5, 1], silent=5), Rules(5, 10)).means.all()


@pytest.mark.parametrize(("mean", "distribution"), [(2, 10), (0, 0), (5, 4), (-1, 3)])
def test_minimums_that_protect_nobody_are_refused(mean: int, distribution: int) -> None:
    with pytest.raises(DisclosureLeak, match="at least 3"):
        Rules(mean, distribution)


def test_families_of_a_survey_are_its_scales_and_their_items() -> None:
    # eNPS is one item that is not published beside its index.
    assert families(tiny()) == {"safety": ("safe_1", "safe_2")}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"s": ("i1", "i9")}, "'i9' is no measure"),
        ({"x": ("i1",)}, "'x' is no measure"),
        ({"s": ("i1", "i1")}, "stands in two"),
        ({"s": ()}, "stands in two"),
    ],
)
def test_families_that_are_not_those_of_the_wave_are_refused(given: dict[str, tuple[str, ...]], words: str) -> None:
    with pytest.raises(DisclosureLeak, match=words):
        check(given, ("s", "i1", "i2"))


def test_a_unit_to_which_fewer_were_invited_than_answered_is_small_all_the_same() -> None:
    village = one_unit([1, 2, 4, 5, 1, 2])
    segments, measures = columns(village.members)
    three = pa.Table.from_pylist(
        [{**row, "invited": 3} for row in village.cells.to_pylist()], schema=village.cells.schema
    )
    assert not allowed(grid(three, measures, segments, ROOT), Rules(5, 10)).means.any()
    unknown = pa.Table.from_pylist([{**row, "invited": None} for row in three.to_pylist()], schema=three.schema)
    assert allowed(grid(unknown, measures, segments, ROOT), Rules(5, 10)).means.all()
