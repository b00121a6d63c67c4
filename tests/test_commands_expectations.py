"""`pulsverk expectations init`: suites for a survey, as files that its owner changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tiny_survey import INSTRUMENT, SURVEY

from pipeline import cli, register, suites

if TYPE_CHECKING:
    import pytest


def put(folder: Path) -> Path:
    """A survey file with its instrument."""
    (folder / "tiny.toml").write_text(INSTRUMENT)
    (folder / "survey.toml").write_text(SURVEY)
    return folder / "survey.toml"


def test_suites_are_written_beside_the_survey_file_and_come_along_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = put(tmp_path)
    assert cli.run(["expectations", "init", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["folder"] == str(tmp_path / "expectations")
    assert set(told["expectations"]) == set(suites.STAGES)
    _, used = register.parse(register.beside(file))
    assert set(register.SUITES) <= used.keys()
    for stage, count in told["expectations"].items():
        assert len(suites.parse(used[f"expectations/{stage}.json"], stage)["expectations"]) == count


def test_what_is_there_already_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, there = put(tmp_path), tmp_path / "mine" / "aggregates.json"
    there.parent.mkdir()
    there.write_text("mine")
    assert cli.run(["expectations", "init", str(file), "--to", str(there.parent)]) == 1
    assert "would be overwritten" in capsys.readouterr().err
    assert [one.name for one in there.parent.iterdir()] == ["aggregates.json"]
    assert there.read_text() == "mine"


def test_a_suite_that_is_none_does_not_keep_others_from_being_proposed(tmp_path: Path) -> None:
    file = put(tmp_path)
    (tmp_path / "expectations").mkdir()
    (tmp_path / "expectations" / "responses.json").write_text("{")
    assert cli.run(["expectations", "init", str(file), "--to", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new" / "responses.json").is_file()


def test_a_survey_file_that_is_none_is_refused(tmp_path: Path) -> None:
    file = put(tmp_path)
    file.write_text("id = 1")
    assert cli.run(["expectations", "init", str(file)]) == 1
    assert not (tmp_path / "expectations").exists()
