"""Counting on Spark: a real one on this machine, cell for cell and byte for byte what one machine counts alone."""

from __future__ import annotations

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from judged_waves import CODE, content, copied, receive, received
from tiny_survey import KEY, SURVEY

from examples.insteval.prepare import prepare
from functions import aggregate_on_spark
from functions.aggregate import handler
from functions.runtime import Runtime, using
from pipeline import ingest, register, sample
from pipeline.aggregate import aggregate
from pipeline.counting import engines, wave
from pipeline.errors import EngineMissing
from pipeline.local.lambdas import Context
from pipeline.store import FolderStore

RATINGS = Path(__file__).parents[2] / "shared/real/insteval.csv"
NOW = datetime(2026, 9, 1, tzinfo=UTC)
NAMED = {"survey": "tiny", "wave": "w1"}
ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv-spark/bin/python"  # `make spark`
there = pytest.mark.skipif(not PYTHON.exists(), reason="`make spark` makes its environment")


def made(store: FolderStore) -> dict[str, bytes]:
    """Everything private that aggregation has written."""
    return content(store, "candidate/") | content(store, "identities/")


def same_on_both(store: FolderStore, to: Path, survey: str, wave: str) -> int:
    """Aggregates a wave in this process, and on a real Spark in another; how many files were the same."""
    spark = copied(store, to)
    aggregate(store, survey, wave, code_version=CODE)
    command = [PYTHON, ROOT / "tests/spark/drive.py", spark.root, survey, wave, CODE]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - our own script
    assert made(spark) == made(store)
    return len(made(spark))


def pushed(folder: Path, store: FolderStore, survey: str, wave: str) -> FolderStore:
    """A wave of a folder as customers push it, received."""
    register.register(store, register.beside(folder / "survey.toml"))
    receive(store, folder, wave, KEY, survey)
    return store


# --- on a real Spark ------------------------------------------------------------------------------------------------


@there
@pytest.mark.deep
def test_a_small_wave_is_the_same_to_the_last_byte(tmp_path: Path) -> None:
    store = received(tmp_path)
    assert same_on_both(store, tmp_path / "spark", "tiny", "w1") > 5


@there
@pytest.mark.deep
def test_the_demo_is_the_same_to_the_last_byte(tmp_path: Path) -> None:
    sample.write(tmp_path / "sample", employees=1200, seed=1)
    store = pushed(tmp_path / "sample", FolderStore(tmp_path / "work"), "demo", "2026-08")
    assert same_on_both(store, tmp_path / "spark", "demo", "2026-08") > 5


@there
@pytest.mark.deep
@pytest.mark.skipif(not RATINGS.exists(), reason="the real ratings lie beside the project")
def test_73421_real_ratings_are_the_same_to_the_last_byte(tmp_path: Path) -> None:
    prepare(RATINGS, tmp_path / "ratings")
    store = pushed(tmp_path / "ratings", FolderStore(tmp_path / "work"), "insteval", "all")
    assert same_on_both(store, tmp_path / "spark", "insteval", "all") > 5


# --- where it is chosen ---------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path, without_spark: None) -> FolderStore:  # noqa: ARG001 - the process is as it leaves it
    """A wave whose survey file asks for Spark, in a process that has none."""
    return received(tmp_path, SURVEY.replace('id = "tiny"', 'id = "tiny"\nengine = "spark"', 1))


def step(store: FolderStore) -> dict[str, str]:
    with using(Runtime(store, lambda: KEY, lambda: NOW, CODE)):
        answer: dict[str, str] = handler(NAMED, Context("pulsverk-test"))
        return answer


def job(store: FolderStore, *arguments: str) -> int:
    """The job, on an engine that calls itself Spark."""
    with using(Runtime(store, lambda: KEY, lambda: NOW, CODE)), pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "named", lambda name, *_: {"spark": wave.here}[name])
        return aggregate_on_spark.main(arguments)


def test_the_function_leaves_a_wave_to_the_job_and_finds_what_that_has_made(
    store: FolderStore, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(EngineMissing, match=r"whoever runs this installs pulsverk\[spark\]"):
        step(store)
    assert not content(store, "candidate/")
    capsys.readouterr()
    assert job(store, "tiny", "w1") == 0
    assert json.loads(capsys.readouterr().out)["message"] == "aggregated"
    before = content(store, "")
    (run,) = {key.split("/")[3] for key in content(store, "candidate/")}
    assert step(store) == {**NAMED, "run": run}
    assert content(store, "") == before


def test_what_came_after_the_job_is_not_passed_over(store: FolderStore) -> None:
    assert job(store, "tiny", "w1") == 0
    store.create("landing/tiny/w1/responses/late.csv", b"person,Q1,Q2,Q3\nkari39@fjord.no,1,2,3\n")
    ingest.receive(store, KEY, ingest.Landed("landing/tiny/w1/responses/late.csv"))
    with pytest.raises(EngineMissing):
        step(store)


def test_a_candidate_that_was_cut_off_is_none(store: FolderStore) -> None:
    assert job(store, "tiny", "w1") == 0
    (last,) = (key for key in content(store, "candidate/") if key.endswith("inputs.json"))
    store.delete(last)
    with pytest.raises(EngineMissing):
        step(store)


def test_a_refused_job_says_why_in_its_log_and_fails(store: FolderStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert job(store, "tiny", "w3") == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["message"], said["type"]) == ("refused", "SurveyInvalid")
    assert "w3" in said["why"]
