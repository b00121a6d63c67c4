"""The sample's true figures, counted in plain Python from the answers as they were made up, against ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tiny_survey import KEY

from pipeline import ledger, sample
from pipeline.aggregate import aggregate, recompute
from pipeline.ingest import Landed, receive
from pipeline.store import FolderStore

WAVES = ("2026-08", "2026-09", "2026-10")
EMPLOYEES = 300


def received(root: Path, employees: int) -> tuple[FolderStore, dict[str, Any]]:
    """A workspace into which everything of the sample was pushed, and the truth about it."""
    folder = root / "sample"
    sample.write(folder, employees=employees)
    store = FolderStore(root / "work")
    store.create("config/demo/survey.toml", (folder / "survey.toml").read_bytes())
    for number, file in enumerate(sorted(folder.glob("*/*/*"))):
        key = f"landing/demo/{file.relative_to(folder).as_posix()}"
        store.create(key, file.read_bytes())
        receive(store, KEY, Landed(key, landed_at=f"2026-08-01T10:{number:02}:00Z"))
    return store, json.loads((folder / "truth.json").read_bytes())


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> tuple[FolderStore, dict[str, Any]]:
    return received(tmp_path_factory.mktemp("truth"), EMPLOYEES)


def assert_every_cell_is_true(store: FolderStore, truth: dict[str, Any], wave: str) -> None:
    cells, _, _ = recompute(store, ledger.survey(store, "demo"), wave)
    ours = {
        (row["unit"], row["segment"], row["category"], row["measure"]): (row["answered"], row["total"])
        for row in cells.to_pylist()
        if row["measure"] != "response_rate" and "*" not in row["segment"]
    }
    true = {tuple(row[:4]): tuple(row[4:]) for row in truth[wave]["cells"]}
    assert {where: figures for where, figures in ours.items() if figures[0]} == true
    # What the truth does not list is a cell in which people were invited and nobody answered.
    assert {figures for where, figures in ours.items() if where not in true} <= {(0, 0)}


@pytest.mark.parametrize("wave", WAVES)
def test_every_cell_of_the_sample_is_counted_exactly(workspace: tuple[FolderStore, dict[str, Any]], wave: str) -> None:
    assert_every_cell_is_true(*workspace, wave)


def test_the_people_of_the_sample_are_counted_exactly(workspace: tuple[FolderStore, dict[str, Any]]) -> None:
    store, truth = workspace
    made = aggregate(store, "demo", WAVES[0], code_version="1")
    assert (made.respondents, made.not_invited) == (truth[WAVES[0]]["respondents"], truth[WAVES[0]]["not_invited"])
    assert made.respondents > EMPLOYEES // 2


@pytest.mark.deep
@pytest.mark.parametrize("wave", WAVES)
def test_every_cell_of_the_whole_demo_is_counted_exactly(tmp_path: Path, wave: str) -> None:
    assert_every_cell_is_true(*received(tmp_path, 1200), wave)
