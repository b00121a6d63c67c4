"""A real BI tool: Apache Superset imports the example's dashboard, and its charts show what is true of the sample."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from examples.bi.__main__ import SOURCE, pack
from pipeline import bi, release, sample
from pipeline.local.demo_release import EMPLOYEES

if TYPE_CHECKING:
    from pipeline.local.demo_release import DemoRelease

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-superset/bin/python"  # `make superset`
SCALE_STEPS = 8  # of two items of 1 to 5, in steps of half a point


def test_the_same_dashboard_is_packed_to_the_same_bytes_over_the_database_it_is_given(tmp_path: Path) -> None:
    for name in ("a", "b"):
        pack(tmp_path / "demo.duckdb", tmp_path / f"{name}.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert f"duckdb:///{tmp_path.resolve()}/demo.duckdb".encode() in (tmp_path / "a.zip").read_bytes()


def test_the_dashboard_asks_for_columns_that_the_views_have() -> None:
    for name in ("facts_additive", "facts_current"):
        text = (SOURCE / f"datasets/Pulsverk/{name}.yaml").read_text()
        columns = {line.split(": ")[1] for line in text.splitlines() if line.startswith("- column_name: ")}
        assert columns
        assert columns <= set(shown_columns(name))


def shown_columns(name: str) -> list[str]:
    tables = {one: schema.empty_table() for one, schema in release.TABLES.items()}
    return bi.with_views(tables)[name].schema.names


@pytest.mark.deep
def test_its_charts_show_what_is_true_of_the_sample(pulsverk_demo_release: DemoRelease, tmp_path: Path) -> None:
    if not PYTHON.exists():
        pytest.skip("make superset makes its environment")
    tables = {name: pulsverk_demo_release.table(name) for name in release.TABLES}
    (tmp_path / "demo.duckdb").write_bytes(bi.duckdb_bytes(tables))
    pack(tmp_path / "demo.duckdb", tmp_path / "superset.zip")
    environment = {**os.environ, "SUPERSET_HOME": str(tmp_path), "FLASK_APP": "superset.app:create_app()"}
    environment["SUPERSET_CONFIG_PATH"] = str(ROOT / "tests/superset/superset_config.py")
    command = [PYTHON, ROOT / "tests/superset/drive.py", tmp_path / "superset.zip", tmp_path / "shown.json"]
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603 - our own script
    charts = json.loads((tmp_path / "shown.json").read_text())
    sample.write(tmp_path / "sample", employees=EMPLOYEES)
    truth = json.loads((tmp_path / "sample/truth.json").read_text())
    compare(charts, truth, tables["units"].to_pylist()[0]["unit"])


def compare(charts: dict[str, list[dict[str, Any]]], truth: dict[str, Any], root: str) -> None:
    """Every total by theme and wave, and every unit's mean, against the figures counted straight from the answers."""
    true = {
        (wave, unit, measure): (answered, total)
        for wave, one in truth.items()
        for unit, segment, _, measure, answered, total in one["cells"]
        if segment == "all"
    }
    themes = charts["Themes, wave by wave"]
    assert len(themes) == 3 * 6
    for row in themes:
        answered, total = true[row["wave"], root, row["measure"]]
        assert row["answers"] == answered
        # A sum of rounded means is within a rounding of each, 0.05.
        assert row["mean_score"] == pytest.approx(100 * total / (SCALE_STEPS * answered), abs=0.051)
    units = charts["Units, withheld ones too"]
    last = max(truth)
    shown = [row for row in units if row["status_en"] == "shown"]
    assert 0 < len(shown) < len(units)
    for row in shown:
        answered, total = true[last, row["unit"], row["measure"]]
        assert row["answered"] == answered
        assert row["mean"] == pytest.approx(100 * total / (SCALE_STEPS * answered), abs=0.051)
    assert all(row["mean"] is None for row in units if row["status_en"] == "withheld")
    assert {row["measure"] for row in charts["Answers, wave by wave"]} == {"enps", "response_rate"}
