"""The suites we ship: each passes on a table that is in order, and each expectation fails on a fault planted for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipeline import check, quality, survey
from pipeline.disclosure.protected import PROTECTED

ROOT = Path(__file__).parents[1]
SURVEYS = sorted(folder.name for folder in (ROOT / "expectations").iterdir() if folder.is_dir())
MINIMUM = {"minimum_group_size": 5, "minimum_group_size_distribution": 10}
COMPARE = {"==": pc.equal, "!=": pc.not_equal}

Expectation = dict[str, Any]
Fault = Callable[[pa.Table, Expectation, pa.Array], pa.Table]


def shipped() -> Iterator[tuple[str, quality.Stage, int]]:
    for name in SURVEYS:
        for stage in quality.STAGES:
            yield from ((name, stage, at) for at, _ in enumerate(quality.suite(name, stage)["expectations"]))


def theirs(name: str) -> survey.Survey:
    """The example's survey file, as it is run."""
    folder = ROOT / "examples" / name
    beside = {one.name: one.read_text("utf-8") for one in folder.glob("*.toml") if one.name != "survey.toml"}
    return survey.parse((folder / "survey.toml").read_text("utf-8"), beside)


def in_order(name: str, stage: quality.Stage) -> pa.Table:
    """A small table that nobody could object to, in the form in which the gate judges it."""
    return answers(theirs(name)) if stage == "responses" else cells(roster=not theirs(name).file.respondent.unit)


def answers(of: survey.Survey, rows: int = 4) -> pa.Table:
    wave = of.file.wave[0]
    sent = datetime(wave.opens.year, wave.opens.month, wave.opens.day, 12, tzinfo=UTC)
    columns = {
        "respondent": pa.array([f"{row:032x}" for row in range(rows)]),
        "key_id": pa.array(["k1"] * rows),
        "submitted": pa.array([sent] * rows, pa.timestamp("us", "UTC")),
        "source": pa.array(["0" * 64] * rows),
        "record": pa.array(range(rows), pa.int64()),
        "unit": pa.array(["U1"] * rows),
    }
    for item, (scale, _) in of.items.items():
        columns[item] = pa.array([scale.low, scale.high, scale.low, scale.high], pa.int16())
    return check.with_days(pa.table(columns), wave)


def cells(*, roster: bool) -> pa.Table:
    """Twelve people with all figures, six without a distribution, and one cell that is withheld."""
    twelve = {
        "answered": 12,
        "total": 40,
        "squares": 150,
        "favourable": 6,
        "neutral": 3,
        "unfavourable": 3,
    }
    six = {"answered": 6, "total": 20}
    rows = [
        {"unit": unit, "segment": "all", "category": "all", "measure": "safety", "status": status, **figures}
        for unit, status, figures in (("U", "F", twelve), ("U1", "F", six), ("U2", "C", {}))
    ]
    if roster:  # beside the rate, and nowhere else
        rate = {"measure": "response_rate", **dict.fromkeys(("squares", "favourable", "neutral", "unfavourable"))}
        rows += [rows[0] | rate | {"invited": 18, "total": 12}]
    return check.with_sums(pa.Table.from_pylist(rows, schema=PROTECTED))


def met(table: pa.Table, condition: dict[str, Any] | None) -> pa.Array:
    """Which rows an expectation is about."""
    if condition is None:
        return pa.array([True] * table.num_rows)
    if condition["type"] == "and":
        return pc.and_(*(met(table, one) for one in condition["conditions"]))
    column = table[condition["column"]["name"]]
    if condition["type"] == "nullity":
        return pc.is_valid(column).combine_chunks()
    return COMPARE[condition["operator"]](column, condition["parameter"]).combine_chunks()


def put(column: str, value: Any) -> Fault:  # noqa: ANN401 - whatever the column holds
    """The fault of one value, in every row that the expectation is about."""

    def plant(table: pa.Table, expectation: Expectation, rows: pa.Array) -> pa.Table:
        name = expectation["kwargs"][column]
        kind = table.schema.field(name).type
        planted = pc.if_else(rows, pa.scalar(value, kind), table[name])
        return table.set_column(table.schema.get_field_index(name), name, planted)

    return plant


def beyond(table: pa.Table, expectation: Expectation, rows: pa.Array) -> pa.Table:
    """Just outside the range: above it where it has an upper end, else below."""
    kwargs = expectation["kwargs"]
    least = kwargs.get("min_value")
    if isinstance(least, dict):
        least = MINIMUM[least["$PARAMETER"]]
    return put("column", kwargs["max_value"] + 1 if "max_value" in kwargs else least - 1)(table, expectation, rows)


FAULTS: dict[str, Fault] = {
    "expect_table_row_count_to_be_between": lambda table, *_: table.slice(0, 0),
    "expect_compound_columns_to_be_unique": lambda table, *_: pa.concat_tables([table, table.slice(0, 1)]),
    "expect_column_unique_value_count_to_be_between": lambda table, expectation, _: pa.concat_tables(
        [table, put("column", "k2")(table.slice(0, 1), expectation, pa.array([True]))]
    ),
    "expect_column_values_to_not_be_null": put("column", None),
    "expect_column_values_to_be_null": put("column", 1),
    "expect_column_values_to_match_regex": put("column", "Kari Nordmann"),
    "expect_column_values_to_be_in_set": put("column", "C or another"),
    "expect_column_values_to_be_between": beyond,
    "expect_column_pair_values_to_be_equal": put("column_A", 11),
    "expect_column_pair_values_a_to_be_greater_than_b": put("column_A", 3),
}


@pytest.mark.parametrize("name", SURVEYS)
@pytest.mark.parametrize("stage", quality.STAGES)
def test_a_suite_passes_on_a_table_that_is_in_order(name: str, stage: quality.Stage) -> None:
    judgement = quality.judge(quality.suite(name, stage), in_order(name, stage), MINIMUM)
    assert [str(outcome) for outcome in judgement.results if not outcome.passed] == []


@pytest.mark.parametrize(("name", "stage", "at"), shipped())
def test_an_expectation_fails_on_the_fault_it_is_there_for(name: str, stage: quality.Stage, at: int) -> None:
    suite = quality.suite(name, stage)
    expectation = suite["expectations"][at]
    table = in_order(name, stage)
    rows = met(table, expectation["kwargs"].get("row_condition"))
    planted = FAULTS[expectation["type"]](table, expectation, rows)
    outcome = quality.judge(suite | {"expectations": [expectation]}, planted, MINIMUM).results[0]
    assert outcome.judged, "it failed for the wrong reason"
    assert not outcome.passed


@pytest.mark.parametrize("name", SURVEYS)
def test_every_item_of_the_survey_is_judged_on_its_own_range_and_on_being_there(name: str) -> None:
    found: dict[str, dict[str, Any]] = {}
    for one in quality.suite(name, "responses")["expectations"]:
        if one["kwargs"].get("column") in theirs(name).items:
            found.setdefault(one["kwargs"]["column"], {}).update(one["kwargs"])
    assert {item: (one["min_value"], one["max_value"]) for item, one in found.items()} == {
        item: (scale.low, scale.high) for item, (scale, _) in theirs(name).items.items()
    }
    assert all(0 < one["mostly"] < 1 for one in found.values())
