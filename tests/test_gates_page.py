"""The page about a run: what it says of a verdict, in both languages, and what it never says."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from tiny_survey import tiny

from pipeline import gates
from pipeline.quality import Outcome

if TYPE_CHECKING:
    from pipeline.suites import Stage

SURVEY = tiny()
WHY = {"nb": "mange har hoppet over det", "en": "many skipped it"}
ROWS: dict[Stage, list[dict[str, Any]]] = {
    "responses": [
        {"subject": "w1", "kind": "wave", "answers": 36, "invited": 40, "response_rate": 0.9, "strangers": 0.0},
        {"subject": "tiny", "kind": "instrument", "complete": 0.97, "straight_liners": None},
        {"subject": "safe_1", "kind": "item", "missing": 0.25, "item_rest": 0.4, "shift": 0.6},
        {"subject": "safe_2", "kind": "item", "missing": 0.0, "item_rest": -0.4, "shift": 0.3},
        {"subject": "recommend", "kind": "item", "missing": 0.0, "item_rest": None, "shift": 0.0},
    ],
    "aggregates": [
        {**dict.fromkeys(gates.AGGREGATES.names, 0), "subject": one, "rows": 9, "free": free}
        for one, free in (("all", 0.5), ("gender", None))
    ],
    "artifacts": [
        {"subject": "tables/facts.parquet", "kind": "file", "identifiers": 2},
        {"subject": "U", "kind": "unit", "reported": 1},
        {"subject": "roster", "kind": "roster", "people": 40},
    ],
}
SCHEMAS = {"responses": gates.RESPONSES, "aggregates": gates.AGGREGATES, "artifacts": gates.ARTIFACTS}
MEASURES: dict[Stage, pa.Table] = {
    stage: pa.Table.from_pylist(rows, schema=SCHEMAS[stage]) for stage, rows in ROWS.items()
}


def outcome(*subjects: str, **about: Any) -> Outcome:  # noqa: ANN401 - as Outcome takes
    return Outcome(
        "expect_column_values_to_be_between", "missing", WHY["en"], passed=not subjects, **about, subjects=subjects
    )


def checked(*given: gates.Gate, measures: dict[Stage, pa.Table] = MEASURES) -> gates.Checked:
    """A run at these gates; every expectation is of the share that is missing."""
    asked = {"kwargs": {"column": "missing", "max_value": 0.15}, "meta": {"why": WHY}}
    suites = {gate.stage: {"expectations": [asked] * len(gate.outcomes)} for gate in given}
    return gates.Checked(SURVEY, "w1", "0123456789abcdef", given, suites, measures)


def text(page: bytes) -> str:
    """What a person reads, on one line."""
    found: list[str] = []
    parser = HTMLParser()
    skipped = False

    def data(told: str) -> None:
        if not skipped:
            found.append(told)

    def start(tag: str, _: object) -> None:
        nonlocal skipped
        skipped = tag == "style"

    parser.handle_data = data  # type: ignore[method-assign]  # a reader of one line
    parser.handle_starttag = start  # type: ignore[method-assign]  # likewise
    parser.feed(page.decode())
    return " ".join(" ".join(found).split())


def read(*given: gates.Gate, language: str = "en", **about: Any) -> str:  # noqa: ANN401 - as checked takes
    name = "quality.html" if language == "nb" else "quality.en.html"
    return text(gates.pages(checked(*given, **about))[name])


PASSED = gates.Gate("responses", passed=True, outcomes=(outcome(),))


def test_the_first_language_has_the_plain_name_and_each_leads_to_the_other() -> None:
    made = gates.pages(checked(PASSED))
    assert set(made) == {"quality.html", "quality.en.html"}
    assert b'href="quality.en.html"' in made["quality.html"]
    assert b'<html lang="en">' in made["quality.en.html"]


def test_a_run_that_is_in_order_says_so() -> None:
    page = read(PASSED, gates.Gate("aggregates", passed=True), gates.Gate("artifacts", passed=True))
    assert "The wave can be published All that was checked is as expected. 1 of 1 requirements are met." in page
    assert "The answers 1 of 1 requirements met" in page


def test_a_stop_says_what_where_and_why_and_what_was_not_reached() -> None:
    gate = gates.Gate("responses", passed=False, outcomes=(outcome("safe_1", "recommend"),))
    page = read(gate)
    assert "The wave was not published" in page
    assert "This stopped the wave Many skipped it. About: safe_1 · recommend" in page
    assert "The answers · Requirement: missing at most 0.15" in page
    assert "The release not checked" in page
    assert "Mange har hoppet over det." in read(gate, language="nb")


def test_a_warning_does_not_stop() -> None:
    page = read(gates.Gate("responses", passed=True, outcomes=(outcome("safe_1", severity="warn"),)))
    assert "but look at this first" in page
    assert "Worth knowing Many skipped it." in page
    assert "This stopped the wave" not in page


def test_a_warning_about_what_stopped_the_wave_is_not_told_twice() -> None:
    stop, same = outcome("safe_1"), outcome("safe_1", severity="warn")
    other = outcome("safe_1", "safe_2", severity="warn")
    assert "Worth knowing" not in read(gates.Gate("responses", passed=False, outcomes=(stop, same)))
    assert "About: safe_1 · safe_2" in read(gates.Gate("responses", passed=False, outcomes=(stop, other)))


def test_a_gate_that_could_not_be_judged_says_so() -> None:
    page = read(gates.Gate("aggregates", passed=False, problem="it could not be measured: MemoryError"), measures={})
    assert "The check could not be made." in page
    assert "it could not be measured: MemoryError" in page
    assert "The figures could not be checked" in page
    unjudged = gates.Gate("responses", passed=False, outcomes=(outcome("safe_1", judged=False, severity="warn"),))
    assert "Many skipped it. The requirement could not be judged." in read(unjudged)


def test_many_subjects_are_not_all_listed() -> None:
    names = tuple(f"file{number}" for number in range(11))
    assert "file7 and 3 more" in read(gates.Gate("artifacts", passed=False, outcomes=(outcome(*names),)))


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        ({"min_value": 1, "max_value": 5}, "from 1 to 5"),
        ({"min_value": 1}, "at least 1"),
        ({"min_value": -0.1}, "at least −0.1"),
        ({"min_value": {"$PARAMETER": "minimum_group_size"}}, "at least minimum_group_size"),
        ({"max_value": "B"}, "at most B"),
        ({"value_set": ["secret"]}, "(expect_column_values_to_be_between)"),
    ],
)
def test_a_requirement_is_said_in_words(kwargs: dict[str, Any], said: str) -> None:
    it = checked(gates.Gate("responses", passed=False, outcomes=(outcome("safe_1"),)))
    asked = {"responses": {"expectations": [{"kwargs": {"column": "missing"} | kwargs, "meta": {"why": "because"}}]}}
    page = text(gates.pages(gates.Checked(SURVEY, "w1", it.run, it.gates, asked, MEASURES))["quality.en.html"])
    assert f"Because. About: safe_1 The answers · Requirement: missing {said}" in page
    assert "secret" not in page


def test_measures_are_put_into_words() -> None:
    page = read(PASSED)
    assert "Answers received 36 Invited 40 Response rate 90%" in page
    assert "safe_1 25% yes large safe_2 0% no, the other way some recommend 0% stands alone small" in page
    assert "All units 9 50% 0 Gender 9 – 0" in page
    assert "Files 1 Units with a report 1 People searched for in the files 40 Files that name any of them 1" in page


def test_what_people_wrote_is_harmless() -> None:
    hostile = gates.Gate("artifacts", passed=False, outcomes=(outcome("<script>x</script>"),))
    page = gates.pages(checked(hostile))["quality.html"]
    assert b"<script" not in page
    assert b"default-src 'none'" in page


def test_the_same_run_gives_the_same_bytes() -> None:
    assert gates.pages(checked(PASSED)) == gates.pages(checked(PASSED))
