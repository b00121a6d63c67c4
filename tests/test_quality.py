"""The gate's judge: what passes, what fails, what is refused, and that no value ever comes out."""

from __future__ import annotations

import json
import logging
import socket
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import quality, suites
from pipeline.errors import RunRefused
from pipeline.quality import Judgement, Outcome

BETWEEN = "expect_column_values_to_be_between"
FREE = {"type": "comparison", "column": {"name": "status"}, "operator": "==", "parameter": "F"}
SECRET = 987654321  # an answer that must never be seen outside a table


def suite(*expectations: dict[str, Any]) -> dict[str, Any]:
    return {"name": "tiny.responses", "expectations": [{"meta": {"why": "because"}} | one for one in expectations]}


def q3(**kwargs: object) -> dict[str, Any]:
    return {"type": BETWEEN, "kwargs": {"column": "q3", "min_value": 1, "max_value": 5} | kwargs}


def answers(*values: int | None) -> pa.Table:
    return pa.table({"q3": pa.array(values, pa.int16())})


def test_a_table_that_is_as_expected_passes() -> None:
    assert quality.judge(suite(q3()), answers(1, 5, None)) == Judgement(
        (Outcome(BETWEEN, "q3", "because", passed=True),)
    )


def test_what_fails_is_told_by_where_and_how_many_and_why() -> None:
    judgement = quality.judge(suite(q3()), answers(1, 0, 6, None))
    assert not judgement.passed
    assert judgement.results == (Outcome(BETWEEN, "q3", "because", passed=False, rows=4, unexpected=2),)
    assert str(judgement.results[0]) == f"q3: {BETWEEN} does not hold in 2 of 4 rows (because)"


def test_one_failure_fails_the_gate_and_every_outcome_is_there_in_the_order_of_the_suite() -> None:
    judgement = quality.judge(suite(q3(max_value=1), q3(), q3(max_value=2)), answers(1, 5))
    assert [outcome.passed for outcome in judgement.results] == [False, True, False]
    assert not judgement.passed


def test_a_verdict_belongs_to_the_expectation_that_it_is_about() -> None:
    judgement = quality.judge(suite(q3(), q3(column="q4"), q3(max_value=1), q3(column="q5")), answers(1, 5))
    assert [(one.column, one.passed, one.judged, one.unexpected) for one in judgement.results] == [
        ("q3", True, True, None),
        ("q4", False, False, None),
        ("q3", False, True, 1),
        ("q5", False, False, None),
    ]


def test_most_is_enough_where_the_suite_says_so() -> None:
    assert quality.judge(suite(q3(mostly=0.5)), answers(1, 9)).passed
    assert not quality.judge(suite(q3(mostly=0.51)), answers(1, 9)).passed


def test_a_parameter_stands_for_the_number_that_is_passed_in() -> None:
    least = suite({"type": BETWEEN, "kwargs": {"column": "q3", "min_value": {"$PARAMETER": "least"}}})
    assert quality.judge(least, answers(5, 6), {"least": 5}).passed
    assert quality.judge(least, answers(5, 6), {"least": 6}).results[0].unexpected == 1
    with pytest.raises(RunRefused, match="could not be judged: SuiteParameterError"):
        quality.judge(least, answers(5, 6))


def test_a_condition_limits_the_rows_that_are_judged() -> None:
    table = pa.table({"status": ["F", "C"], "q3": pa.array([1, 9], pa.int16())})
    assert quality.judge(suite(q3(row_condition=FREE)), table).passed
    assert not quality.judge(suite(q3(row_condition=FREE | {"parameter": "C"})), table).passed


def test_expectations_about_the_table_and_about_several_columns_say_so() -> None:
    several = {"type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["a", "b"]}}
    pair = {"type": "expect_column_pair_values_to_be_equal", "kwargs": {"column_A": "a", "column_B": "b"}}
    rows = {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 5}}
    judgement = quality.judge(suite(several, pair, rows), pa.table({"a": [1, 1], "b": [2, 2]}))
    assert [str(outcome) for outcome in judgement.results] == [
        "a + b: expect_compound_columns_to_be_unique does not hold in 2 of 2 rows (because)",
        "a + b: expect_column_pair_values_to_be_equal does not hold in 2 of 2 rows (because)",
        "expect_table_row_count_to_be_between does not hold (because)",
    ]


def test_a_column_that_is_missing_or_of_another_kind_fails_without_being_judged() -> None:
    judgement = quality.judge(suite(q3(), q3(column="q4")), pa.table({"q3": ["often"]}))
    assert [(outcome.passed, outcome.judged) for outcome in judgement.results] == [(False, False), (False, False)]
    assert str(judgement.results[0]) == f"q3: {BETWEEN} could not be judged (because)"


def test_no_outcomes_are_no_pass() -> None:
    assert not Judgement(()).passed


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        (suite(), "expectations: Tuple should have at least 1 item"),
        ({"name": "tiny"}, "expectations: Field required"),
        (suite(q3()) | {"severity": "warning"}, "severity: Extra inputs are not permitted"),
        (suite(q3() | {"severity": "warning"}), "expectations.0.severity: Extra inputs are not permitted"),
        (suite(q3() | {"meta": {}}), "expectations.0.meta.why: Field required"),
        (suite(q3() | {"meta": {"why": ""}}), "expectations.0.meta.why.*: String should have at least 1 character"),
        (suite(q3() | {"type": "expect_nonsense"}), "Great Expectations does not know expect_nonsense"),
        (suite(q3(minimum=1)), "is not well formed, and its owner mends it: .*minimum extra fields not permitted"),
        (suite({"type": BETWEEN, "kwargs": {"column": "q3"}}), "cannot both be None"),
        (suite(q3(mostly=0)), "is met by any table, because mostly is 0"),
        (suite(q3(), {"type": "expect_nonsense", "kwargs": {}}), "Great Expectations does not know expect_nonsense"),
    ],
)
def test_a_suite_that_is_not_one_is_refused(document: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RunRefused, match=complaint):
        quality.judge(document, answers(1))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [(b"{", "x.json is not JSON"), (b"\xff", "x.json is not JSON"), (b"[]", "x.json is no suite: file: ")],
)
def test_a_file_that_is_no_suite_is_refused_by_its_name(text: bytes, complaint: str) -> None:
    with pytest.raises(RunRefused, match=complaint):
        suites.parse(text, "x.json")


@pytest.mark.parametrize("survey_id", ["nobody", "..", ""])
def test_a_survey_without_expectations_is_refused_with_the_place_where_they_go(survey_id: str) -> None:
    with pytest.raises(RunRefused, match=f"writes config/{survey_id}/expectations/responses.json"):
        suites.shipped(survey_id, "responses")


def test_when_great_expectations_breaks_down_the_gate_stays_shut_and_tells_no_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: pa.Table) -> object:
        raise MemoryError(SECRET)

    monkeypatch.setattr(quality, "_batch", broken)
    with pytest.raises(RunRefused, match=r"tiny\.responses could not be judged: MemoryError") as refused:
        quality.judge(suite(q3()), answers(1))
    assert str(SECRET) not in str(refused.value)
    assert refused.value.__suppress_context__


KINDS: list[tuple[str, dict[str, Any]]] = [
    (BETWEEN, {"column": "a", "max_value": 1}),
    ("expect_column_values_to_be_in_set", {"column": "a", "value_set": [1]}),
    ("expect_column_values_to_be_unique", {"column": "a"}),
    ("expect_column_max_to_be_between", {"column": "a", "max_value": 1}),
    ("expect_column_mean_to_be_between", {"column": "a", "max_value": 1}),
    ("expect_column_distinct_values_to_equal_set", {"column": "a", "value_set": [1]}),
    ("expect_column_most_common_value_to_be_in_set", {"column": "a", "value_set": [1]}),
    ("expect_column_values_to_match_regex", {"column": "b", "regex": "^x$"}),
    ("expect_column_value_lengths_to_equal", {"column": "b", "value": 1}),
    ("expect_column_values_to_be_of_type", {"column": "b", "type_": "float64"}),
    (BETWEEN, {"column": "b", "max_value": 1}),
    ("expect_column_pair_values_to_be_equal", {"column_A": "a", "column_B": "c"}),
    ("expect_compound_columns_to_be_unique", {"column_list": ["a", "b"]}),
    ("expect_multicolumn_sum_to_equal", {"column_list": ["a", "c"], "sum_total": 1}),
]


@pytest.mark.parametrize(("kind", "kwargs"), KINDS)
def test_no_value_is_in_an_outcome_or_a_log(
    kind: str, kwargs: dict[str, Any], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    table = pa.table({"a": [SECRET] * 3, "b": [str(SECRET)] * 3, "c": [SECRET - 1] * 3})
    judgement = quality.judge(suite({"type": kind, "kwargs": kwargs}), table)
    assert not judgement.passed
    printed = capfd.readouterr()
    for told in (repr(judgement), caplog.text, printed.out, printed.err):
        assert str(SECRET) not in told


def test_what_great_expectations_logs_stays_with_it() -> None:
    quality.judge(suite(q3()), answers(1))
    heard: list[logging.LogRecord] = []
    listener = logging.Handler()
    listener.emit = heard.append  # type: ignore[method-assign]  # a fake of one line
    logging.getLogger().addHandler(listener)
    try:
        logging.getLogger("great_expectations.execution_engine").error("an answer: %s", SECRET)
    finally:
        logging.getLogger().removeHandler(listener)
    assert heard == []


def test_the_judge_calls_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        msg = "the gate opened a connection"
        raise AssertionError(msg)

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert quality.judge(suite(q3()), answers(1)).passed
    assert quality.understood(json.dumps(suite(q3())).encode(), "x.json", "responses") == suite(q3())


def test_where_great_expectations_is_missing_it_is_said_who_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "find_spec", lambda _: None)
    with pytest.raises(RunRefused, match=r"whoever runs this installs pulsverk\[quality\]"):
        quality.judge(suite(q3()), answers(1))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.none() | st.integers(-3, 9), min_size=1), st.integers(-3, 9), st.integers(-3, 9))
def test_counts_are_those_of_counting(values: list[int | None], low: int, high: int) -> None:
    low, high = sorted((low, high))
    outcome = quality.judge(suite(q3(min_value=low, max_value=high)), answers(*values)).results[0]
    outside = sum(value is not None and not low <= value <= high for value in values)
    assert outcome.passed == (outside == 0)
    assert (outcome.rows, outcome.unexpected) == ((None, None) if outside == 0 else (len(values), outside))


def test_the_same_table_gives_the_same_outcomes() -> None:
    first, second = (quality.judge(suite(q3()), answers(1, 9)) for _ in range(2))
    assert first == second
