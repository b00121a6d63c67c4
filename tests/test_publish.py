"""Publication: only what was judged, byte for byte; all of it or nothing; one winner; the same again is no change."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from judged_waves import CODE, Watched, content, copied, judged, overwrite, received
from tiny_survey import SURVEY

from pipeline import ledger, parquet
from pipeline.build import build
from pipeline.disclosure import Worth
from pipeline.errors import DisclosureLeak, NotStored, RunRefused
from pipeline.history import worth
from pipeline.judged import hold
from pipeline.judged import judged as judged_candidate
from pipeline.publish import Publication, publish
from pipeline.published import current, file_of, tables_of, verify_files
from pipeline.release import DISCLOSURE, canonical
from pipeline.survey import Withholding

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.store import FolderStore, Store


class Waiting:
    """A workspace with a candidate of w1 and of w2, neither published; and one with w1 published and w2 waiting."""

    def __init__(self, root: Path) -> None:
        self.both = received(root)
        self.runs = {wave: judged(self.both, wave) for wave in ("w1", "w2")}
        self.second = copied(self.both, root / "second")
        self.first = give(self.second, "w1", self.runs["w1"])
        self.run = judged(self.second, "w2")


def give(store: Store, wave: str, run: str) -> Publication:
    return publish(store, "tiny", wave, run, code_version=CODE)


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Waiting:
    return Waiting(tmp_path_factory.mktemp("waiting"))


@pytest.fixture
def store(waiting: Waiting, tmp_path: Path) -> FolderStore:
    """w1 is published, w2 waits."""
    return copied(waiting.second, tmp_path / "work")


def releases(store: FolderStore) -> set[str]:
    return {key.split("/")[3] for key in content(store, "published/tiny/releases/")}


def test_the_pointer_names_a_release_that_is_there_byte_for_byte(store: FolderStore, waiting: Waiting) -> None:
    made = give(store, "w2", waiting.run)
    pointer = json.loads(store.read("published/tiny/current.json").data)
    manifest = store.read(f"published/tiny/releases/{made.release}/manifest.json").data
    sha256 = hashlib.sha256(manifest).hexdigest()
    assert pointer == {"release": made.release, "manifest_sha256": sha256}
    assert made.release == sha256[:16]
    assert verify_files(store, "tiny", made.release) == ()
    assert made.files == len(json.loads(manifest)["files"]) + 1
    assert (made.units, made.unchanged) == (3, False)


def test_no_published_figure_is_about_fewer_people_than_the_minimum(store: FolderStore, waiting: Waiting) -> None:
    made = give(store, "w2", waiting.run)
    facts = tables_of(store, "tiny", made.release)["facts"].to_pylist()
    assert all(row["answered"] >= 5 for row in facts if row["status"] == "F")
    figures = ("answered", "invited", "mean", "sd", "favourable", "ci_low", "previous", "change", "verdict")
    assert all(row[name] is None for row in facts if row["status"] != "F" for name in figures)
    assert made.withheld == sum(row["status"] == "C" and row["wave"] == "w2" for row in facts)
    assert {row["wave"] for row in facts} == {"w1", "w2"}


def test_rows_of_the_wave_before_are_those_of_its_own_release(store: FolderStore, waiting: Waiting) -> None:
    made = give(store, "w2", waiting.run)
    for name, table in tables_of(store, "tiny", waiting.first.release).items():
        if name not in {"segments", "measures"}:
            assert tables_of(store, "tiny", made.release)[name].slice(0, table.num_rows).equals(table)


def test_what_the_wave_before_published_is_what_to_keep(store: FolderStore, waiting: Waiting) -> None:
    survey = ledger.survey(store, "tiny")
    assert worth(store, survey, "w1", None) == worth(store, survey, "w1", waiting.first.release) == Worth()
    facts = tables_of(store, "tiny", waiting.first.release)["facts"].to_pylist()
    cell = ("unit", "segment", "category", "measure")
    shown = {tuple(row[name] for name in cell) for row in facts if row["status"] == "F"}
    assert shown
    assert worth(store, survey, "w2", waiting.first.release) == Worth(followed=frozenset(shown))


def test_so_are_the_units_that_the_survey_file_names(store: FolderStore) -> None:
    survey = ledger.survey(store, "tiny")
    file = survey.file.model_copy(update={"withholding": Withholding(keep_units=("u1",))})
    named = replace(survey, file=file)
    assert worth(store, named, "w1", None) == Worth(units=frozenset({"u1"}))


def test_the_ledger_tells_of_the_release_and_the_run_and_the_private_candidate_is_gone(
    store: FolderStore,
    waiting: Waiting,
) -> None:
    made = give(store, "w2", waiting.run)
    (record,) = [one for one in ledger.releases(store, "tiny") if one.release == made.release]
    assert (record.wave, record.run, record.base) == ("w2", waiting.run, waiting.first.release)
    assert record.files == made.files
    (run,) = ledger.runs(store, "tiny", "w2")
    assert (run.state, run.release, run.run) == ("published", made.release, waiting.run)
    assert not content(store, "candidate/")


def test_the_pointer_moves_after_everything_else_is_written_and_read_back(waiting: Waiting, store: FolderStore) -> None:
    watched = Watched(store)
    made = give(watched, "w2", waiting.run)
    moved = watched.calls.index(("replace", "published/tiny/current.json"))
    folder = f"published/tiny/releases/{made.release}/"
    written = [key for verb, key in watched.calls if verb == "create" and key.startswith(folder)]
    assert written[0] == f"{folder}manifest.json"
    assert len(written) == made.files
    for key in written:
        wrote = watched.calls.index(("create", key))
        assert wrote < moved
        assert ("read", key) in watched.calls[wrote:moved]
    assert watched.calls.index(("create", f"ledger/releases/tiny/{made.release}.json")) < moved
    assert all(at > moved for at, (verb, _) in enumerate(watched.calls) if verb == "delete")


def test_the_same_run_again_is_no_change(store: FolderStore, waiting: Waiting) -> None:
    made = give(store, "w2", waiting.run)
    before = content(store, "")
    again = give(store, "w2", waiting.run)
    assert again == Publication(made.release, made.files, made.units, made.withheld, unchanged=True)
    assert content(store, "") == before


@pytest.mark.parametrize("wave", ["w1", "w2"])
def test_a_published_wave_counted_again_gives_its_own_release_again(
    store: FolderStore,
    waiting: Waiting,
    wave: str,
) -> None:
    second = give(store, "w2", waiting.run)
    before = content(store)
    run = judged(store, wave)
    again = give(store, wave, run)
    assert again.unchanged
    assert again.release == (waiting.first.release if wave == "w1" else second.release)
    assert content(store) == before
    assert not content(store, "candidate/")


def test_two_workspaces_publish_the_same_bytes(store: FolderStore, waiting: Waiting, tmp_path: Path) -> None:
    other = copied(waiting.both, tmp_path / "other")
    assert give(other, "w1", waiting.runs["w1"]).release == waiting.first.release
    assert give(other, "w2", judged(other, "w2")).release == give(store, "w2", waiting.run).release
    assert content(other) == content(store)


def refused(store: FolderStore, run: str, words: str, *, wave: str = "w2", code: str = CODE) -> None:
    """The publication is refused with these words, and nothing that readers see has changed."""
    before = content(store)
    with pytest.raises(RunRefused, match=words):
        publish(store, "tiny", wave, run, code_version=code)
    assert content(store) == before


def edited(store: FolderStore, of: str, name: str, **changes: object) -> None:
    """Changes keys of one of a candidate's JSON files."""
    key = f"candidate/tiny/w2/{of}/{name}"
    overwrite(store, key, json.dumps(json.loads(store.read(key).data) | changes).encode())


def test_a_candidate_that_was_not_judged_is_refused(store: FolderStore, waiting: Waiting) -> None:
    store.delete(f"candidate/tiny/w2/{waiting.run}/gates.json")
    refused(store, waiting.run, "was not judged; check it")


@pytest.mark.parametrize("passed", [False, None, "true", 1])
def test_a_candidate_whose_gates_did_not_pass_is_refused(store: FolderStore, waiting: Waiting, passed: object) -> None:
    edited(store, waiting.run, "gates.json", passed=passed)
    refused(store, waiting.run, "did not pass its gates")


def test_gates_that_passed_in_spite_of_what_stops_are_refused(store: FolderStore, waiting: Waiting) -> None:
    gates = json.loads(store.read(f"candidate/tiny/w2/{waiting.run}/gates.json").data)["gates"]
    gates[0]["outcomes"][0] |= {"passed": False, "severity": "stop"}
    edited(store, waiting.run, "gates.json", gates=gates)
    refused(store, waiting.run, "say that it passed, and that it did not")


def test_the_manifest_counts_what_each_gate_asked_and_warned_of(store: FolderStore, waiting: Waiting) -> None:
    told = json.loads(store.read(f"candidate/tiny/w2/{waiting.run}/gates.json").data)
    warned = {gate["stage"]: sum(not one["passed"] for one in gate["outcomes"]) for gate in told["gates"]}
    made = give(store, "w2", waiting.run)
    waves = json.loads(store.read(f"published/tiny/releases/{made.release}/manifest.json").data)["waves"]
    assert [set(one["judged"]) for one in waves] == [{"responses", "aggregates"}] * 2
    for gate in told["gates"]:
        counted = waves[-1]["judged"][gate["stage"]]
        assert counted == {"requirements": len(gate["outcomes"]), "warnings": warned[gate["stage"]]}
        assert counted["requirements"] > 0


def test_a_release_that_there_is_none_of_is_said_to_be_none(store: FolderStore) -> None:
    with pytest.raises(RunRefused, match="there is no release 0000000000000000 of survey tiny"):
        tables_of(store, "tiny", "0" * 16)


def test_a_file_of_a_release_is_read_as_it_was_published_or_not_at_all(store: FolderStore, waiting: Waiting) -> None:
    release, key = waiting.first.release, f"published/tiny/releases/{waiting.first.release}/{DISCLOSURE}"
    assert file_of(store, "tiny", release, DISCLOSURE) == store.read(key).data
    assert file_of(store, "tiny", release, "nothing.json") is None
    overwrite(store, key, b"{}")
    with pytest.raises(RunRefused, match=f"{DISCLOSURE} of release {release} is not what was published"):
        file_of(store, "tiny", release, DISCLOSURE)


@pytest.mark.parametrize("changed", [{"gates": "0" * 64}, {"judged": {}}])
def test_a_manifest_that_states_other_results_of_the_gates_is_refused(
    store: FolderStore, waiting: Waiting, changed: dict[str, object]
) -> None:
    candidate = judged_candidate(store, "tiny", "w2", waiting.run)
    assert candidate is not None
    made = build(store, ledger.survey(store, "tiny"), candidate, CODE)
    hold(candidate, made)  # as it is made it is held
    told = json.loads(made.manifest)
    told["waves"][-1] |= changed
    with pytest.raises(RunRefused, match="states other results of the gates"):
        hold(candidate, replace(made, manifest=canonical(told)))


def test_the_gates_of_another_run_do_not_count(store: FolderStore, waiting: Waiting) -> None:
    edited(store, waiting.run, "gates.json", run="0" * 16)
    refused(store, waiting.run, "did not pass its gates")


def test_a_table_of_other_bytes_than_were_judged_is_refused(store: FolderStore, waiting: Waiting) -> None:
    key = f"candidate/tiny/w2/{waiting.run}/protected.parquet"
    table = parquet.from_bytes(store.read(key).data)
    overwrite(store, key, parquet.to_bytes(table.replace_schema_metadata({"a": "b"})))
    refused(store, waiting.run, "judged other tables")


def test_responses_that_the_gates_did_not_see_are_refused(store: FolderStore, waiting: Waiting) -> None:
    gates = json.loads(store.read(f"candidate/tiny/w2/{waiting.run}/gates.json").data)
    tables = {key: sha256 for key, sha256 in gates["tables"].items() if not key.startswith("responses/")}
    edited(store, waiting.run, "gates.json", tables=tables)
    refused(store, waiting.run, "judged other tables")


def test_inputs_that_did_not_name_the_run_are_refused(store: FolderStore, waiting: Waiting) -> None:
    edited(store, waiting.run, "inputs.json", base=None)
    refused(store, waiting.run, "not the one that gave run")


def test_other_code_than_that_which_aggregated_is_refused(store: FolderStore, waiting: Waiting) -> None:
    refused(store, waiting.run, "the code or the survey file changed", code="2")


def test_another_survey_file_than_that_which_aggregated_is_refused(store: FolderStore, waiting: Waiting) -> None:
    overwrite(store, "config/tiny/survey.toml", SURVEY.replace("Fjord", "Vik").encode())
    refused(store, waiting.run, "the code or the survey file changed")


@pytest.mark.parametrize("gone", ["inputs.json", "cells.parquet", "actions.parquet"])
def test_a_candidate_that_is_not_whole_is_none(store: FolderStore, waiting: Waiting, gone: str) -> None:
    store.delete(f"candidate/tiny/w2/{waiting.run}/{gone}")
    refused(store, waiting.run, "has no candidate; aggregate the wave again")


def test_a_published_wave_is_not_published_by_another_run(store: FolderStore) -> None:
    refused(store, "f" * 16, f"w1 was published by run .*, and run {'f' * 16} does not follow it", wave="w1")


def test_a_candidate_built_on_an_older_release_is_refused(waiting: Waiting, tmp_path: Path) -> None:
    store = copied(waiting.both, tmp_path / "work")
    give(store, "w1", waiting.runs["w1"])
    refused(store, waiting.runs["w2"], "another wave was published after run")


def test_a_published_wave_that_no_longer_gives_its_release_is_refused(store: FolderStore, waiting: Waiting) -> None:
    give(store, "w2", waiting.run)
    run = judged(store, "w2")
    key = f"candidate/tiny/w2/{run}/actions.parquet"
    overwrite(store, key, parquet.to_bytes(parquet.from_bytes(store.read(key).data).slice(1)))
    refused(store, run, "published release .* and now makes")


def test_a_withheld_cell_that_is_put_back_stops_everything(store: FolderStore, waiting: Waiting) -> None:
    prefix = f"candidate/tiny/w2/{waiting.run}/"
    table = parquet.from_bytes(store.read(f"{prefix}protected.parquet").data)
    cells = {
        tuple(row[name] for name in ("unit", "segment", "category", "measure")): row
        for row in parquet.from_bytes(store.read(f"{prefix}cells.parquet").data).to_pylist()
    }
    rows = table.to_pylist()
    shown = next(row for row in rows if row["status"] == "C")
    cell = cells[shown["unit"], shown["segment"], shown["category"], shown["measure"]]
    shown |= {"status": "F", **{name: cell[name] for name in ("answered", "invited", "total")}}
    data = parquet.to_bytes(pa.Table.from_pylist(rows, table.schema))
    overwrite(store, f"{prefix}protected.parquet", data)
    gates = json.loads(store.read(f"{prefix}gates.json").data)
    gates["tables"][f"{prefix}protected.parquet"] = hashlib.sha256(data).hexdigest()
    edited(store, waiting.run, "gates.json", tables=gates["tables"])
    before = content(store)
    with pytest.raises(DisclosureLeak):
        give(store, "w2", waiting.run)
    assert content(store) == before


def test_a_wave_that_the_survey_does_not_have_is_refused(store: FolderStore, waiting: Waiting) -> None:
    with pytest.raises(Exception, match="has no wave 'w9'"):
        give(store, "w9", waiting.run)


@pytest.mark.parametrize(
    ("path", "change", "words"),
    [
        ("reports/A/leader.html", lambda data: data[:-1] + b"!", "reports/A/leader.html has other bytes"),
        ("tables/facts.parquet", None, "tables/facts.parquet is missing"),
        ("reports/Z/leader.html", lambda _: b"?", "reports/Z/leader.html is not in the manifest"),
        ("manifest.json", lambda data: data + b" ", "manifest.json is missing, or not the one"),
        ("manifest.json", None, "manifest.json is missing, or not the one"),
    ],
)
def test_every_file_that_is_not_as_published_is_found(
    store: FolderStore,
    waiting: Waiting,
    path: str,
    change: Callable[[bytes], bytes] | None,
    words: str,
) -> None:
    assert verify_files(store, "tiny", waiting.first.release) == ()
    key = f"published/tiny/releases/{waiting.first.release}/{path}"
    if change is None:
        store.delete(key)
    else:
        there = content(store).get(key, b"")
        overwrite(store, key, change(there))
    (problem,) = verify_files(store, "tiny", waiting.first.release)
    assert problem.startswith(words)


@pytest.mark.parametrize("path", ["manifest.json", "tables/facts.parquet", "tables/waves.parquet"])
def test_nothing_is_built_on_a_base_that_was_changed(store: FolderStore, waiting: Waiting, path: str) -> None:
    key = f"published/tiny/releases/{waiting.first.release}/{path}"
    overwrite(store, key, store.read(key).data + b" ")
    refused(store, waiting.run, "restores it")


def test_a_pointer_to_another_manifest_than_it_names_is_refused(store: FolderStore, waiting: Waiting) -> None:
    pointer = {"release": waiting.first.release, "manifest_sha256": "0" * 64}
    overwrite(store, "published/tiny/current.json", canonical(pointer))
    refused(store, waiting.run, "not the one that was published")


def test_other_bytes_where_a_file_should_go_are_not_written_over(
    store: FolderStore, waiting: Waiting, tmp_path: Path
) -> None:
    made = give(copied(store, tmp_path / "other"), "w2", waiting.run)
    key = f"published/tiny/releases/{made.release}/reports/index.html"
    store.create(key, b"somebody else's")
    with pytest.raises(RunRefused, match=r"reports/index\.html holds other bytes"):
        give(store, "w2", waiting.run)
    assert json.loads(store.read("published/tiny/current.json").data)["release"] == waiting.first.release
    store.delete(key)
    assert give(store, "w2", waiting.run).release == made.release


def test_bytes_that_were_not_stored_as_meant_are_not_published(store: FolderStore, waiting: Waiting) -> None:
    class Rotting(Watched):
        def create(self, key: str, data: bytes) -> None:
            self.inner.create(key, data[:-1] + b"?" if key.endswith("/leader.en.html") else data)

    with pytest.raises(RunRefused, match="is not stored as it was made"):
        give(Rotting(store), "w2", waiting.run)
    now = current(store, "tiny")
    assert now is not None
    assert now.release == waiting.first.release


def test_a_published_release_that_was_damaged_meanwhile_is_told_and_not_taken_away(
    store: FolderStore,
    waiting: Waiting,
) -> None:
    class Damaged(Watched):
        """Another publication of the same run finishes first, and then somebody changes a page."""

        def before(self, verb: str, key: str) -> None:
            super().before(verb, key)
            if verb == "create" and key.endswith("/reports/index.html"):
                give(self.inner, "w2", waiting.run)
                overwrite(self.inner, key, b"changed")

    with pytest.raises(RunRefused, match=r"reports/index\.html holds other bytes"):
        give(Damaged(store), "w2", waiting.run)
    now = current(store, "tiny")
    assert now is not None
    assert len(now.manifest["waves"]) == 2
    assert len(content(store, f"published/tiny/releases/{now.release}/")) == len(now.manifest["files"]) + 1


class Interrupted(Watched):
    """Somebody else does something just before the n-th call."""

    def __init__(self, inner: Store, at: int, other: Callable[[], object]) -> None:
        super().__init__(inner)
        self.at, self.other = at, other

    def before(self, verb: str, key: str) -> None:
        """At the n-th call."""
        super().before(verb, key)
        if len(self.calls) == self.at:
            self.other()


def moments(waiting: Waiting, root: Path, every: int) -> range:
    """Numbers of calls that a publication makes, every so many."""
    watched = Watched(copied(waiting.second, root / "counted"))
    give(watched, "w2", waiting.run)
    return range(1, len(watched.calls) + 1, every)


EVERY = pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.deep)])


@EVERY
def test_two_publications_of_one_run_end_as_one_wherever_they_meet(
    waiting: Waiting, tmp_path: Path, every: int
) -> None:
    for at in moments(waiting, tmp_path, every):
        store = copied(waiting.second, tmp_path / str(at))
        others: list[Publication] = []
        mine = give(
            Interrupted(store, at, lambda s=store, o=others: o.append(give(s, "w2", waiting.run))), "w2", waiting.run
        )
        (other,) = others
        assert mine.release == other.release
        assert (mine.unchanged, other.unchanged) in {(True, False), (False, True)}
        assert verify_files(store, "tiny", mine.release) == ()
        assert releases(store) == {waiting.first.release, mine.release}
        assert not content(store, "candidate/tiny/w2/")


@EVERY
def test_of_two_waves_at_once_one_wins_and_the_other_leaves_nothing(
    waiting: Waiting,
    tmp_path: Path,
    every: int,
) -> None:
    outcomes = set()
    for at in moments(waiting, tmp_path, every):
        store = copied(waiting.both, tmp_path / str(at))
        won: list[str] = []

        def attempt(store: Store, wave: str, won: list[str] = won) -> None:
            try:
                give(store, wave, waiting.runs[wave])
            except RunRefused:
                return
            won.append(wave)

        attempt(Interrupted(store, at, lambda s=store, go=attempt: go(s, "w2")), "w1")
        now = current(store, "tiny")
        assert now is not None
        assert [one["wave"] for one in now.manifest["waves"]] == won
        assert len(won) == 1
        assert verify_files(store, "tiny", now.release) == ()
        assert releases(store) == {now.release}
        outcomes.add(won[0])
    assert outcomes == {"w1", "w2"}


def test_the_one_that_lost_is_aggregated_again_and_published(waiting: Waiting, tmp_path: Path) -> None:
    store = copied(waiting.both, tmp_path / "work")
    give(store, "w1", waiting.runs["w1"])
    made = give(store, "w2", judged(store, "w2"))
    now = current(store, "tiny")
    assert now is not None
    assert now.chain == (waiting.first.release, made.release)
    assert now.holds("w1") == (waiting.runs["w1"], waiting.first.release)
    assert now.holds("w3") is None


def test_what_a_stopped_loser_left_behind_goes_and_what_is_being_written_stays(
    store: FolderStore,
    waiting: Waiting,
) -> None:
    lost = canonical({"base": None, "files": {}})  # w1's place was taken by another
    store.create("published/tiny/releases/aaaaaaaaaaaaaaaa/manifest.json", lost)
    store.create("published/tiny/releases/aaaaaaaaaaaaaaaa/tables/facts.parquet", b"answers of a stopped run")
    store.create("published/tiny/releases/bbbbbbbbbbbbbbbb/tables/facts.parquet", b"half taken away")
    made = give(store, "w2", waiting.run)
    ahead = canonical({"base": made.release, "files": {}})
    store.create("published/tiny/releases/cccccccccccccccc/manifest.json", ahead)
    further = canonical({"base": "cccccccccccccccc", "files": {}})
    store.create("published/tiny/releases/dddddddddddddddd/manifest.json", further)
    give(store, "w2", waiting.run)
    assert not {"aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"} & releases(store)
    assert {"cccccccccccccccc", "dddddddddddddddd"} <= releases(store)


def test_candidates_of_published_waves_are_cleared_away_whoever_left_them(store: FolderStore, waiting: Waiting) -> None:
    store.create(f"candidate/tiny/w1/{'0' * 16}/members.parquet", b"rows of people")
    give(store, "w2", waiting.run)
    assert not content(store, "candidate/")


def test_reading_what_was_never_published_finds_nothing(tmp_path: Path, waiting: Waiting) -> None:
    store = copied(waiting.both, tmp_path / "work")
    assert current(store, "tiny") is None
    with pytest.raises(RunRefused):
        tables_of(store, "tiny", "0" * 16)
    with pytest.raises(NotStored):
        store.read("published/tiny/current.json")
