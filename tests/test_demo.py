"""The whole chain: files pushed as S3 objects, and what comes out of it on disk, in the ledger and in words."""

from __future__ import annotations

import hashlib
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from rich.console import Console
from tiny_wave import HEADER, prepare, suite

from pipeline import ledger, parquet
from pipeline.commands import demo as command
from pipeline.local import demo
from pipeline.local.cloud import Cloud, cloud
from pipeline.local.proofs import proofs
from pipeline.local.shown import report_to_open
from pipeline.published import current, tables_of, verify_files

if TYPE_CHECKING:
    from pipeline.local.demo import Demo
    from pipeline.local.demo_release import DemoRelease

QUIET = Console(quiet=True)


def go(folder: Path, out: Path) -> Demo:
    return demo.run(folder, out, "tiny", QUIET)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Demo, Path]:
    root = tmp_path_factory.mktemp("demo")
    for name in ("reports/OLD/leader.html", "notes.txt", "manifest.json"):  # an earlier demo's, and somebody's notes
        (root / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "out" / name).write_text("{}")
    return go(prepare(root / "prepared"), root / "out"), root / "out"


def test_every_file_and_record_and_person_is_accounted_for(done: tuple[Demo, Path]) -> None:
    made, _ = done
    first, second = made.waves
    assert (first.wave, second.wave) == ("w1", "w2")
    for wave in made.waves:
        # units, people, actions, a, b, b again, z
        assert (wave.files, wave.twice) == (7, 1)
        # a: 18; b: 18 + 3; z: 2, its heading among them, because it was refused whole
        assert wave.records == 18 + 21 + 2
        assert (wave.accepted, wave.quarantined) == (18 + 20, 1 + 2)
        assert wave.records == wave.accepted + wave.quarantined + wave.left_out + wave.superseded
        assert (wave.later, wave.not_invited, wave.counted, wave.respondents) == (1, 1, 36, 36)
        assert wave.accepted == wave.later + wave.not_invited + wave.counted
        assert wave.published > 0
        assert re.fullmatch("[0-9a-f]{16}", wave.release)
        assert wave.why == ""
    assert first.release != second.release
    assert [(one.name, one.holds) for one in made.proofs] == [(name, True) for name in ("R0", "R1", "R2", "R4", "R5")]
    assert made.good


def test_the_release_on_disk_is_the_last_one_published_byte_for_byte(done: tuple[Demo, Path]) -> None:
    made, out = done
    manifest = (out / "manifest.json").read_bytes()
    assert hashlib.sha256(manifest).hexdigest()[:16] == made.waves[-1].release
    listed = json.loads(manifest)["files"]
    there = {path.relative_to(out).as_posix(): path for path in out.rglob("*") if path.is_file()}
    del there["notes.txt"]
    assert there.keys() == {*listed, "manifest.json"}
    assert all(hashlib.sha256(there[name].read_bytes()).hexdigest() == listed[name]["sha256"] for name in listed)


def test_no_published_cell_is_below_the_minimum(done: tuple[Demo, Path]) -> None:
    facts = parquet.from_bytes((done[1] / "tables/facts.parquet").read_bytes()).to_pylist()
    assert all(row["answered"] >= 5 for row in facts if row["status"] == "F")
    assert all(row["mean"] is None and row["answered"] is None for row in facts if row["status"] == "C")
    assert {row["status"] for row in facts} >= {"F", "C"}


def test_the_report_to_open_is_there_and_is_of_the_unit_that_acted(done: tuple[Demo, Path]) -> None:
    made, out = done
    assert made.report == out / "reports" / "A" / "leader.html"
    assert "<html" in made.report.read_text("utf-8")


def test_the_same_files_again_give_the_same_release(done: tuple[Demo, Path], tmp_path: Path) -> None:
    again = go(prepare(tmp_path / "prepared", waves=1), tmp_path / "out")
    assert again.waves[0] == done[0].waves[0]  # the release's name is a hash over every byte of it
    assert again.good


def test_waves_that_cannot_be_published_say_why_and_nothing_is_copied(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "prepared")
    strict = suite("responses", ("expect_column_values_to_be_between", {"column": "safe_1", "max_value": 2}))
    (folder / "expectations/responses.json").write_bytes(strict)
    (folder / "w2/units/units.csv").unlink()
    made = go(folder, tmp_path / "out")
    refused, lacking = made.waves
    assert "safe_1" in refused.why
    assert lacking.why == "it was not due: a file that a run needs is missing"
    assert (made.report, refused.published, refused.release) == (None, 0, "")
    assert all(proof.holds for proof in made.proofs)
    assert not made.good
    assert not (tmp_path / "out").exists()


def test_a_folder_of_another_survey_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is survey 'tiny', not 'other'"):
        demo.run(prepare(tmp_path / "prepared", waves=1), tmp_path / "out", "other", QUIET)


def test_an_earlier_demo_is_replaced_and_somebody_elses_files_are_not(done: tuple[Demo, Path]) -> None:
    assert (done[1] / "notes.txt").read_text() == "{}"
    assert not (done[1] / "reports/OLD").exists()


def publish_first(it: Cloud, folder: Path) -> None:
    """The first wave, through the parts that the demo is made of."""
    survey = demo.register(it.store, demo.beside(folder / "survey.toml")).survey
    for _ in demo._through(it, folder, survey, survey.wave("w1")):  # noqa: SLF001 - its steps, one by one
        pass


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401 - a generator of a Cloud
    # In a region of its own: it stays open while other tests open others.
    with cloud("published", region="eu-west-2") as it:
        publish_first(it, prepare(tmp_path_factory.mktemp("published") / "prepared", waves=1))
        yield it


PERSONAL = re.compile(r"kari|stranger|fjord\.no|b again|Rydde|Ingrid|Havn|Kvinne")


def test_no_log_or_execution_names_a_person_a_file_or_an_action(published: Cloud) -> None:
    assert {line.get("service") for line in published.logs} >= {"ingest", "aggregate", "check", "publish", "watch"}
    assert not PERSONAL.search(json.dumps(published.logs))
    assert not PERSONAL.search(repr(published.executions))
    published_bytes = [published.store.read(one.key).data for one in published.store.keys("published/")]
    assert not any(b"@fjord" in data for data in published_bytes)


def test_the_machinery_published_what_the_ledger_says(published: Cloud) -> None:
    now = current(published.store, "tiny")
    assert now is not None
    (record,) = ledger.releases(published.store, "tiny")
    assert (record.release, record.wave) == (now.release, "w1")
    assert verify_files(published.store, "tiny", now.release) == ()
    assert list(published.store.keys("candidate/")) == []


def snapshot(it: Cloud) -> dict[str, bytes]:
    return {one.key: it.store.read(one.key).data for one in it.store.keys("published/")}


def test_a_file_pushed_twice_and_a_run_run_twice_change_nothing_published(published: Cloud, tmp_path: Path) -> None:
    before = snapshot(published)
    folder = prepare(tmp_path / "prepared", waves=1)
    published.push("landing/tiny/w1/responses/a.csv", (folder / "w1/responses/a.csv").read_bytes())
    published.push("landing/tiny/w1/responses/another name.csv", (folder / "w1/responses/a.csv").read_bytes())
    published.drain()
    (again,) = published.run("tiny", "w1").waves
    assert again["state"] == "published"
    assert again["release"] == next(iter(ledger.releases(published.store, "tiny"))).release
    assert snapshot(published) == before


def test_one_answer_that_comes_after_publication_changes_no_figure_that_would_give_it_away(published: Cloud) -> None:
    before = snapshot(published)
    first = current(published.store, "tiny")
    assert first is not None
    published.push("landing/tiny/w1/responses/late.csv", f"{HEADER}kari38@fjord.no,5,5,9\n".encode())
    published.drain()
    (again,) = published.run("tiny", "w1").waves
    assert again["state"] == "published"
    after = snapshot(published)
    assert after.items() >= {key: data for key, data in before.items() if "/releases/" in key}.items()
    second = current(published.store, "tiny")
    assert second is not None
    assert second.release == again["release"] != first.release
    # Whoever holds both could subtract one from the other: every figure that one person would move stays as it was.
    old, new = (tables_of(published.store, "tiny", one.release)["facts"].to_pylist() for one in (first, second))
    assert [row for row in new if row["status"] == "F"] == [row for row in old if row["status"] == "F"]


def test_what_is_wrong_with_a_wave_is_said_once_and_changes_nothing_published(published: Cloud, tmp_path: Path) -> None:
    it, before = published, snapshot(published)
    units = "unit_id,parent_id,name\n"
    files = {
        "people": (prepare(tmp_path / "prepared") / "w2/people/people.csv").read_text(),
        "responses": (tmp_path / "prepared/w2/responses/a.csv").read_text(),
    }
    for kind, content in files.items():
        it.push(f"landing/tiny/w2/{kind}/{kind}.csv", content.encode())
    wrong = {
        f"{units}U,B,Fjord\nA,U,Havn\nB,A,Kai\n": ("quarantined", "circle", "units"),
        f"{units}U,,Fjord\nA,V,Havn\n": ("quarantined", "'V', which is missing", "units"),
        f"{units}U,,Fjord\nA,U,Havn\n": ("accepted", "records are accepted", "people belong to units that are missing"),
    }
    for content, (state, message, why) in wrong.items():
        it.push("landing/tiny/w2/units/units.csv", content.encode())
        it.drain()
        last = [one for one in ledger.files(it.store, "tiny", "w2") if one.kind == "units"][-1]
        assert (last.state, message in last.message) == (state, True)
        (run,) = it.run("tiny", "w2").waves
        assert (run["state"], why in run["why"]) == ("refused", True), run
        assert snapshot(it) == before


@pytest.mark.parametrize("spoiled", ["R0", "R1", "R2", "R4"])
def test_each_proof_fails_when_what_it_promises_does_not_hold(tmp_path: Path, spoiled: str) -> None:
    with cloud() as it:
        folder = prepare(tmp_path / "prepared", waves=1)
        survey = demo.register(it.store, demo.beside(folder / "survey.toml")).survey
        it.push("landing/tiny/w1/responses/a.csv", (folder / "w1/responses/a.csv").read_bytes())
        it.drain()
        assert all(one.holds for one in proofs(it, survey, ["w1"]))
        spoil(it, spoiled)
        assert [one.name for one in proofs(it, survey, ["w1"]) if not one.holds] == [spoiled]


def spoil(it: Cloud, what: str) -> None:
    """Breaks one promise behind our own back."""
    if what == "R0":
        it.push("landing/tiny/w1/responses/b.csv", b"")
        return
    prefix = "responses/" if what == "R4" else "ledger/files/tiny/"
    (key,) = [one.key for one in it.store.keys(prefix)]
    stored = it.store.read(key)
    if what == "R4":
        new = parquet.to_bytes(parquet.from_bytes(stored.data).slice(1))
    else:
        record = json.loads(stored.data)
        record |= {"size": record["size"] + 1} if what == "R1" else {}
        record["accounts"] |= {"records": record["accounts"]["records"] + 1, "blank": 1} if what == "R2" else {}
        new = json.dumps(record).encode()
    it.store.replace(key, new, stored.etag)


def tables(*units: tuple[str, int], actions: dict[str, str], up: list[tuple[str, str]]) -> dict[str, pa.Table]:
    """Units with their depth, the scale of each unit's action, and what went up where."""
    fact = {"wave": "w", "segment": "all", "verdict": "up"}
    facts = [{**fact, "unit": unit, "measure": measure} for unit, measure in up]
    return {
        "units": pa.Table.from_pylist([{"wave": "w", "unit": unit, "depth": depth} for unit, depth in units]),
        "actions": pa.Table.from_pylist(
            [{"wave": "w", "unit": unit, "scale": scale} for unit, scale in actions.items()] or [{"wave": "v"}],
            pa.schema([("wave", pa.string()), ("unit", pa.string()), ("scale", pa.string())]),
        ),
        "facts": pa.Table.from_pylist(
            facts or [{**fact, "wave": "v", "unit": "", "measure": ""}],
        ),
    }


UNITS = (("U", 0), ("A", 1), ("B", 1), ("C", 1))


@pytest.mark.parametrize(
    ("actions", "up", "unit"),
    [
        ({"B": "safety", "A": "safety"}, [("A", "clarity"), ("B", "safety")], "B"),  # better in what was acted on
        ({"B": "safety", "A": "safety"}, [("A", "clarity"), ("C", "safety")], "A"),  # better in anything
        ({"C": "safety"}, [("A", "safety")], "C"),  # an action at least
        ({}, [], "A"),  # a small unit
    ],
)
def test_which_report_is_best_to_open(actions: dict[str, str], up: list[tuple[str, str]], unit: str) -> None:
    pages = [f"reports/{name}/leader.html" for name, _ in UNITS]
    assert report_to_open(tables(*UNITS, actions=actions, up=up), "w", pages) == f"reports/{unit}/leader.html"
    others = [page for page in pages if f"/{unit}/" not in page]
    assert report_to_open(tables(*UNITS, actions=actions, up=up), "w", others) in others
    assert report_to_open(tables(*UNITS, actions=actions, up=up), "w", []) is None


def shown(made: Demo) -> str:
    out = io.StringIO()
    console = Console(file=out, width=100)
    for one in command.answer(made).words:
        console.print(one)
    return out.getvalue()


def test_a_finished_demo_in_words_and_as_a_document(done: tuple[Demo, Path]) -> None:
    answer = command.answer(done[0])
    assert answer.exit_code == 0
    assert json.loads(json.dumps(answer.document))["good"] is True
    text = shown(done[0])
    assert text.count("holds") == 5
    assert re.search(r"Open .*reports/A/leader.html", text.replace("\n", ""))
    assert re.search(r"  counted +36 +36", text)
    assert re.search(r"people counted +36 +36", text)


def test_a_demo_in_which_something_does_not_add_up_is_a_fault(done: tuple[Demo, Path]) -> None:
    from dataclasses import replace  # noqa: PLC0415 - for this alone

    made = done[0]
    lost = replace(made, proofs=(replace(made.proofs[0], holds=False), *made.proofs[1:]))
    assert command.answer(lost).exit_code == 3
    assert "FAILS  R0" in shown(lost)
    stopped = replace(made, waves=(replace(made.waves[0], why="no units"),), report=None)
    assert command.answer(stopped).exit_code == 3
    assert "Wave w1 is not published: no units" in shown(stopped)
    assert "Nothing was published." in shown(stopped)


def test_the_release_of_the_demo_has_something_to_say(pulsverk_demo_release: DemoRelease) -> None:
    waves = pulsverk_demo_release.manifest["waves"]
    assert [one["wave"] for one in waves] == ["2026-08", "2026-09", "2026-10"]
    facts = pulsverk_demo_release.table("facts").to_pylist()
    assert {"F", "C"} <= {row["status"] for row in facts}
    assert {"up", "same"} & {row["verdict"] for row in facts}
    assert pulsverk_demo_release.table("actions").num_rows > 0
    assert list((pulsverk_demo_release.folder / "reports").glob("*/leader.html"))
