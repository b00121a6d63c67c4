"""What is planted in the synthetic organisation: units that get better or worse, and the actions that explain it."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from sample_reading import SCALES, Files, demo_files, demo_truth, table

from pipeline.sample import WAVES
from pipeline.survey import parse


@pytest.fixture(scope="module")
def demo() -> Files:
    return demo_files()


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return demo_truth()


def means(truth: dict[str, Any], unit: str) -> list[dict[str, float]]:
    """Points of 100 by scale, for each wave."""
    found = []
    for wave in WAVES:
        cells = {row[3]: row[4:] for row in truth[wave]["cells"] if row[:3] == [unit, "all", "all"]}
        found.append({scale: 100 * cells[scale][1] / cells[scale][0] / 8 for scale in SCALES})
    return found


def planted(demo: Files, truth: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """Unit -> the scale that its action is about, and 1 for the better or -1 for the worse."""
    about = {row["unit_id"]: row["scale"] for row in table(demo["2026-10/actions/actions.csv"])}
    told = truth["2026-10"]
    ways = {**dict.fromkeys(told["improves"], 1), told["worsens"]: -1}
    return {unit: (about[unit], way) for unit, way in ways.items()}


def test_two_units_improve_and_one_gets_worse_most_of_all_in_what_their_action_is_about(
    demo: Files,
    truth: dict[str, Any],
) -> None:
    effects = planted(demo, truth)
    assert len(effects) == 3
    for unit, (scale, way) in effects.items():
        waves = means(truth, unit)
        change = {one: way * (waves[2][one] - waves[0][one]) for one in SCALES}
        assert change[scale] > 20  # of 1.6 points of a five-point answer, 40 of 100, less where answers end
        assert change[scale] > sum(change.values()) / len(SCALES) > 0


def test_nothing_else_moves_as_a_whole(truth: dict[str, Any]) -> None:
    first, _, last = means(truth, "U0")
    assert all(abs(last[scale] - first[scale]) < 4 for scale in SCALES)


def test_an_action_stays_as_it_was_decided_and_comes_before_what_it_changes(
    demo: Files,
    truth: dict[str, Any],
) -> None:
    registers = [{row["action_id"]: row for row in table(demo[f"{wave}/actions/actions.csv"])} for wave in WAVES]
    waves = parse(demo["survey.toml"].decode()).file.wave
    for before, after in pairwise(registers):
        for action, row in before.items():
            assert {**after[action], "status": ""} == {**row, "status": ""}
            assert row["status"] in {"open", after[action]["status"]}  # what has ended is not opened again
    for wave, register in zip(waves, registers, strict=True):
        assert all(row["created"] <= wave.closes.isoformat() for row in register.values())
        assert all(row["created"] < row["due"] for row in register.values())
    decided = {row["unit_id"]: date.fromisoformat(row["created"]) for row in registers[-1].values()}
    assert all(waves[0].closes < decided[unit] < waves[1].opens for unit in truth["2026-10"]["improves"])


def test_actions_are_opened_and_ended_while_the_programme_runs_and_the_last_is_overdue(demo: Files) -> None:
    registers = [table(demo[f"{wave}/actions/actions.csv"]) for wave in WAVES]
    assert [{row["action_id"]: row["status"] for row in register} for register in registers] == [
        {"T1": "open"},
        {"T1": "done", "T2": "done", "T3": "open", "T4": "open"},
        {"T1": "done", "T2": "done", "T3": "done", "T4": "dropped", "T5": "open"},
    ]
    closes = parse(demo["survey.toml"].decode()).wave("2026-10").closes.isoformat()
    assert [row["action_id"] for row in registers[-1] if row["status"] == "open" and row["due"] < closes] == ["T5"]
