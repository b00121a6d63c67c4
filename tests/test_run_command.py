"""`pulsverk run`: what it says of a wave besides its release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from judged_waves import content, received
from tiny_survey import SURVEY

from pipeline import cli

KEPT = f'{SURVEY}\n[withholding]\nkeep_units = ["Z", "A"]\n'


def test_units_to_keep_that_there_are_not_are_a_warning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = received(tmp_path, KEPT)
    where = ["-W", str(store.root), "-S", "tiny", "-V", "w1"]
    assert cli.run(["run", *where]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "Warning, [withholding] keep_units names Z, which are not among its units: the owner" in shown
    assert cli.run(["run", *where, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unknown_units"] == ["Z"]


@pytest.mark.usefixtures("without_spark")
def test_without_pyspark_a_wave_is_not_counted_on_spark_and_whoever_runs_it_is_told_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = received(tmp_path)
    assert cli.run(["run", "-W", str(store.root), "-S", "tiny", "-V", "w1", "--engine", "spark"]) == 1
    assert "whoever runs this installs pulsverk[spark] and Java 17" in " ".join(capsys.readouterr().err.split())
    assert not content(store, "candidate/")
