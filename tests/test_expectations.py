"""The suites we ship: each passes on measures that are in order, and each expectation fails on its planted fault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline import gates, quality, suites, survey

ROOT = Path(__file__).parents[1]
SURVEYS = sorted(folder.name for folder in (ROOT / "expectations").iterdir() if folder.is_dir())
SCHEMAS = {"responses": gates.RESPONSES, "aggregates": gates.AGGREGATES, "artifacts": gates.ARTIFACTS}
# What stands beside a measure to be read, and is judged through another.
CONTEXT = {"subject", "kind", "respondents", "invited", "expected"}

ROSTER = {"response_rate": 0.7, "strangers": 0.0, "invited": 100}
WAVE = {"answers": 70, "respondents": 70, "no_pseudonym": 0, "keys": 1, "no_file": 0, "taken_twice": 0}
DAYS = {"days_early": 0.0, "days_late": 0.0}
FORM = {"complete": 0.98, "straight_liners": 0.01, "repeated_patterns": 0.0}
ITEM = {"missing": 0.02, "outside": 0, "item_rest": 0.4, "shift": 0.1, "drift": 0.0}
FILE = {"listed": 1, "intact": 1, "searched": 1, "identifiers": 0}
FACTS = {
    "rows": 40,
    "unknown_status": 0,
    "below_minimum": 0,
    "withheld_with_figures": 0,
    "shares_off": 0,
    "distributions_off": 0,
}


def theirs(name: str) -> survey.Survey:
    """The example's survey file, as it is run."""
    folder = ROOT / "examples" / name
    beside = {one.name: one.read_text("utf-8") for one in folder.glob("*.toml") if one.name != "survey.toml"}
    return survey.parse((folder / "survey.toml").read_text("utf-8"), beside)


def in_order(name: str, stage: suites.Stage) -> pa.Table:
    """Measures that nobody could object to."""
    of = theirs(name)
    roster = of.file.respondent.unit is None
    rows: dict[suites.Stage, list[dict[str, Any]]] = {
        "responses": [
            {"subject": "w", "kind": "wave", **WAVE, **DAYS, **(ROSTER if roster else {"no_unit": 0})},
            {"subject": "form", "kind": "instrument", **FORM},
            *({"subject": item, "kind": "item", **ITEM} for item in of.items),
        ],
        "aggregates": [
            {**dict.fromkeys(gates.AGGREGATES.names, 0), "subject": one, "rows": 9, "expected": 9, "free": 0.8}
            for one in ("all", "gender")
        ],
        "artifacts": [
            {"subject": "tables/facts.parquet", "kind": "file", **FILE},
            {"subject": "U", "kind": "unit", "reported": 1},
            {"subject": "facts", "kind": "facts", **FACTS},
            *([{"subject": "roster", "kind": "roster", "people": 100}] if roster else []),
        ],
    }
    return pa.Table.from_pylist(rows[stage], schema=SCHEMAS[stage])


def shipped() -> Iterator[tuple[str, suites.Stage, int]]:
    for name in SURVEYS:
        for stage in suites.STAGES:
            yield from ((name, stage, at) for at, _ in enumerate(suites.shipped(name, stage)["expectations"]))


def just_outside(kwargs: dict[str, Any]) -> float:
    return float(kwargs["max_value"] + 1 if "max_value" in kwargs else kwargs["min_value"] - 1)


def planted(table: pa.Table, kwargs: dict[str, Any]) -> tuple[pa.Table, str]:
    """The table with one measure just outside what is expected, and the subject whose it is."""
    rows, column = table.to_pylist(), kwargs["column"]
    about = kwargs.get("row_condition", {}).get("parameter")
    row = next(one for one in rows if one[column] is not None and about in {None, one["subject"]})
    row[column] = just_outside(kwargs)
    return pa.Table.from_pylist(rows, schema=table.schema), row["subject"]


@pytest.mark.parametrize("name", SURVEYS)
@pytest.mark.parametrize("stage", suites.STAGES)
def test_a_suite_passes_on_measures_that_are_in_order(name: str, stage: suites.Stage) -> None:
    judgement = quality.judge(suites.shipped(name, stage), in_order(name, stage))
    assert [str(outcome) for outcome in judgement.results if not outcome.passed] == []


@pytest.mark.parametrize(("name", "stage", "at"), shipped())
def test_an_expectation_fails_on_the_fault_it_is_there_for(name: str, stage: suites.Stage, at: int) -> None:
    suite = suites.shipped(name, stage)
    expectation = suite["expectations"][at]
    table, subject = planted(in_order(name, stage), expectation["kwargs"])
    outcome = quality.judge(suite | {"expectations": [expectation]}, table).results[0]
    assert outcome.judged, "it failed for the wrong reason"
    assert not outcome.passed
    assert outcome.subjects == (subject,)
    assert outcome.stops == (expectation["meta"]["severity"] == "stop")


@pytest.mark.parametrize("name", SURVEYS)
@pytest.mark.parametrize("stage", suites.STAGES)
def test_whatever_is_measured_of_a_survey_is_judged(name: str, stage: suites.Stage) -> None:
    of, expected = theirs(name), suites.shipped(name, stage)["expectations"]
    absent = {"response_rate", "strangers", "people", "more_than_invited", "rate_alone"}
    absent = absent if of.file.respondent.unit else {"no_unit"}
    absent |= set() if len(of.file.wave) > 1 or of.file.rhythm else {"shift", "drift"}
    absent |= set() if any(len(scale.item) > 1 for scale in of.scales) else {"item_rest", "straight_liners"}
    judged = {one["kwargs"]["column"] for one in expected}
    assert judged == set(SCHEMAS[stage].names) - CONTEXT - absent


@pytest.mark.parametrize("name", SURVEYS)
def test_a_suite_is_proposed_as_it_is_shipped_but_for_its_numbers(name: str) -> None:
    def shape(suite: dict[str, Any]) -> list[Any]:
        return [(one["type"], one["kwargs"]["column"], one["meta"]) for one in suite["expectations"]]

    for stage, proposed in gates.propose(theirs(name)).items():
        assert shape(proposed) == shape(suites.shipped(name, stage))  # type: ignore[arg-type]  # a stage by name
        assert suites.parse(gates.to_json(proposed), stage) == proposed
