"""The instruments in worked examples: answers on one side, the score by the rule of the source on the other.

WHO-5 (Topp et al. 2015): the raw score of 0 to 25, times 4. COPSOQ III (Burr et al. 2019): options score 100, 75, 50,
25 and 0, a scale is their mean, and missing when fewer than half of its questions are answered. HSE (Analysis Tool user
manual): the mean of the answered questions, 6 less the answer for Demands and Relationships. Edmondson (1999): the mean
of seven items, of which 1, 3 and 5 are reverse-scored.
"""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

import pyarrow as pa
import pytest
import waves
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import scoring, survey, tables
from pipeline.commands.instruments import snippet
from pipeline.instruments import Form, Instrument, builtin, names

ALONE = waves.ROSTER.split("[[instrument]]")[0]
WAVE = "[[wave]]" + waves.ROSTER.split("[[wave]]", 1)[1]
SCORED = tuple(name for name in names() if isinstance(builtin(name), Instrument))
ROSTER = waves.people(*((f"p{n}", ("A1", "A2", "B")[n % 3], "fm"[n % 2], "u40") for n in range(9)))


def asking(name: str, *more: str) -> survey.Survey:
    """A survey of one instrument, its columns called as its items are."""
    return survey.parse("\n".join([ALONE, snippet(builtin(name)).replace("\n\n", "\n".join(["", *more, ""]), 1), WAVE]))


def answered(asked: survey.Survey, *rows: dict[str, int]) -> tables.Counted:
    """What is counted when people answer so, an item that is left out being skipped."""
    people = [{"respondent": f"p{n}", "day": 1} for n in range(len(rows))]
    table = waves.responses(*people).select(["respondent", "key_id", "source", "submitted", "record"])
    for item in asked.items:
        table = table.append_column(item, pa.array([row.get(item) for row in rows], pa.int16()))
    return tables.count(asked, waves.TREE, ROSTER, table, 1)


def score(name: str, scale: str, answers: dict[str, int], *more: str) -> Fraction | None:
    """The published score of one person, exactly; None where it is missing."""
    asked = asking(name, *more)
    other = {item: one.low for item, (one, _) in asked.items.items()}
    cells = answered(asked, answers, other).cells.to_pylist()
    alone = answered(asked, other).cells.to_pylist()
    (both,) = (row for row in cells if (row["unit"], row["segment"], row["measure"]) == ("U", "all", scale))
    (second,) = (row for row in alone if (row["unit"], row["segment"], row["measure"]) == ("U", "all", scale))
    if both["answered"] == second["answered"]:
        return None
    (one,) = (one for one in asked.scales if one.id == scale)
    width = one.score_high - one.score_low
    return one.score_low + Fraction((both["total"] - second["total"]) * width, scoring.span(one))


def numbered(prefix: str, *answers: int | None) -> dict[str, int]:
    return {f"{prefix}_{n}": answer for n, answer in enumerate(answers, 1) if answer is not None}


@pytest.mark.parametrize(
    ("answers", "raw"),
    [((5, 4, 4, 4, 4), 21), ((0, 0, 0, 0, 0), 0), ((5, 5, 5, 5, 5), 25), ((3, 2, 3, 2, 2), 12), ((1, 2, 1, 2, 1), 7)],
)
def test_who_5_is_the_raw_score_times_four(answers: tuple[int, ...], raw: int) -> None:
    assert score("who-5", "who5", numbered("who5", *answers)) == 4 * raw  # 84, 0, 100, 48 (poor), 28 (look closer)


def test_who_5_needs_all_five() -> None:
    assert score("who-5", "who5", numbered("who5", 5, 4, 4, 4, None)) is None


def test_edmondson_turns_1_3_and_5_round() -> None:
    answers = numbered("edmondson", 2, 6, 1, 5, 3, 7, 6)
    # (8 - 2) + 6 + (8 - 1) + 5 + (8 - 3) + 7 + 6 = 42, over 7
    assert score("edmondson-safety", "psychological_safety", answers) == Fraction(42, 7)
    # agreeing with everything is the middle but for the fourth that is not turned round: (3 * 1 + 4 * 7) / 7
    assert score("edmondson-safety", "psychological_safety", numbered("edmondson", *[7] * 7)) == Fraction(31, 7)


HSE = {
    "hse_demands": [3, 6, 9, 12, 16, 18, 20, 22],
    "hse_control": [2, 10, 15, 19, 25, 30],
    "hse_manager_support": [8, 23, 29, 33, 35],
    "hse_peer_support": [7, 24, 27, 31],
    "hse_relationships": [5, 14, 21, 34],
    "hse_role": [1, 4, 11, 13, 17],
    "hse_change": [26, 28, 32],
}


def test_hse_asks_thirty_five_questions_each_in_one_standard() -> None:
    assert sorted(number for numbers in HSE.values() for number in numbers) == list(range(1, 36))
    scales = {
        one.id: [int(item.id.removeprefix("hse_")) for item in one.item] for one in asking("hse-indicator").scales
    }
    assert scales == HSE


def test_hse_is_a_mean_on_1_to_5_with_5_the_favourable_end_of_every_standard() -> None:
    often = dict(zip((f"hse_{n}" for n in HSE["hse_demands"]), (4, 4, 5, 3, 4, 2, 4, 4), strict=True))
    assert score("hse-indicator", "hse_demands", often) == Fraction(6 * 8 - 30, 8)  # 2.25
    role = dict(zip((f"hse_{n}" for n in HSE["hse_role"]), (5, 4, 4, 5, 3), strict=True))
    assert score("hse-indicator", "hse_role", role) == Fraction(21, 5)  # 4.2
    assert score("hse-indicator", "hse_change", {"hse_26": 2}) is None  # one of three is fewer than half
    assert score("hse-indicator", "hse_change", {"hse_26": 2, "hse_28": 3}) == Fraction(5, 2)


def test_copsoq_has_32_core_items_and_28_that_may_be_left_out() -> None:
    items = [item for scale in builtin("copsoq-iii").scale for item in scale.item]
    assert (len(items), sum(not item.optional for item in items), len(builtin("copsoq-iii").scale)) == (60, 32, 26)


def test_copsoq_scores_the_most_of_what_a_scale_is_called_100_also_where_that_is_bad() -> None:
    # often, sometimes, always: (75 + 50 + 100) / 3
    demands = {"copsoq_qd1": 4, "copsoq_qd2": 3, "copsoq_qd3": 5}
    assert score("copsoq-iii", "copsoq_quantitative_demands", demands) == 75
    assert score("copsoq-iii", "copsoq_quantitative_demands", {"copsoq_qd1": 4}) is None  # one of three
    assert score("copsoq-iii", "copsoq_quantitative_demands", {"copsoq_qd1": 4, "copsoq_qd2": 1}) == Fraction(75, 2)
    by_id = {one.id: one for one in asking("copsoq-iii").measures}
    assert by_id["copsoq_quantitative_demands"].direction == by_id["copsoq_qd1"].direction == "high_is_bad"
    assert by_id["copsoq_role_clarity"].direction == "high_is_good"


def test_where_high_is_bad_a_high_score_is_on_the_unfavourable_side() -> None:
    asked = asking("copsoq-iii")
    (cell,) = (
        row
        for row in answered(asked, {"copsoq_wp1": 5, "copsoq_wp2": 4}).cells.to_pylist()
        if (row["unit"], row["segment"], row["measure"]) == ("U", "all", "copsoq_work_pace")
    )
    assert (cell["favourable"], cell["neutral"], cell["unfavourable"]) == (0, 0, 1)


def test_the_core_alone_is_scored_over_the_core() -> None:
    core = [item.id for scale in builtin("copsoq-iii").scale for item in scale.item if not item.optional]
    columns = "\n".join(f'"{one}" = "{one}"' for one in core)
    asked = survey.parse(f'{ALONE}[[instrument]]\ndefinition = "copsoq-iii"\n[instrument.columns]\n{columns}\n{WAVE}')
    assert list(asked.items) == core
    assert len(asked.scales) == 21  # of 26: five have no core item
    demands = next(one for one in asked.scales if one.id == "copsoq_quantitative_demands")
    assert scoring.least_answered(demands) == 1  # half of two


def test_what_is_about_health_is_stated_of_the_whole_alone() -> None:
    whole = {one.id for name in SCORED for one in asking(name).measures if one.whole_only}
    assert whole == {"who5", *(f"who5_{n}" for n in range(1, 6)), "copsoq_health", "copsoq_gh1"}


@pytest.mark.parametrize("name", names())
def test_the_piece_that_is_shown_can_be_pasted_into_a_survey_file(name: str) -> None:
    definition = builtin(name)
    beside = snippet(builtin("enps")) if isinstance(definition, Form) and definition.private else ""
    asked = survey.parse("\n".join([ALONE, snippet(definition), beside, WAVE]))
    private = isinstance(definition, Form) and definition.private
    assert bool(asked.unread) == private
    assert not private or [one.id for one in asked.scales] == ["enps"]


@pytest.mark.parametrize("name", SCORED)
@settings(max_examples=4, deadline=None)
@given(st.integers(), st.permutations(range(9)), st.integers(0, 9))
def test_the_order_of_people_batches_and_files_changes_nothing(
    name: str, seed: int, order: list[int], cut: int
) -> None:
    asked, chance = asking(name), random.Random(seed)  # noqa: S311 - pictures, no secrets
    rows: list[dict[str, Any]] = [
        {item: chance.randint(one.low, one.high) for item, (one, _) in asked.items.items() if chance.random() < 0.8}
        for _ in range(9)
    ]
    people = [{"respondent": f"p{n}", "day": 1} for n in range(9)]
    table = waves.responses(*people).select(["respondent", "key_id", "source", "submitted", "record"])
    for item in asked.items:
        table = table.append_column(item, pa.array([row.get(item) for row in rows], pa.int16()))
    mixed = table.take(pa.array(order))
    batches = pa.concat_tables([mixed.slice(cut), mixed.slice(0, cut)])
    first = tables.count(asked, waves.TREE, ROSTER, table, 1)
    again = tables.count(asked, waves.TREE, ROSTER.take(pa.array(order)), batches, 2)
    assert first.cells.equals(again.cells)
    assert first.answers.equals(again.answers)
