"""Aggregation as a stage: what it needs, what it writes, and that a published wave stays what it was."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import tiny_wave
from tiny_survey import INSTRUMENT, KEY, PER_UNIT, SURVEY, who

from pipeline import ledger, parquet, release
from pipeline.aggregate import Candidate, aggregate, recompute
from pipeline.disclosure import PROTECTED
from pipeline.disclosure.past import plain
from pipeline.erase import erase
from pipeline.errors import OrganisationInvalid, RunRefused, SurveyInvalid
from pipeline.ingest import Landed, receive
from pipeline.judged import judged
from pipeline.keyring import KeyMissing
from pipeline.organisation import UNITS
from pipeline.pseudonyms import PseudonymKey
from pipeline.publish import Publication, build, publish
from pipeline.store import FolderStore
from pipeline.tables import CELLS

CODE = "1.0"
FILES = ("units/units.csv", "people/people.csv", "actions/actions.csv", "responses/a.csv", "responses/b.csv")
AGAIN = "responses/b again.csv"


class Workspace:
    """A folder with the tiny survey in config/, into which files of its two waves are pushed."""

    def __init__(self, root: Path, survey: str = SURVEY) -> None:
        self.prepared = tiny_wave.prepare(root / "prepared")
        self.store = FolderStore(root / "work")
        self.store.create("config/tiny/survey.toml", survey.encode())
        self.store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
        self.landed = 0

    def push(self, file: str, text: str | None = None, wave: str = "w1", key: PseudonymKey = KEY) -> ledger.FileRecord:
        """Lands a prepared file, or another text under its name, and receives it."""
        self.landed += 1
        data = (self.prepared / wave / file).read_bytes() if text is None else text.encode()
        name = f"landing/tiny/{wave}/{file.split('/', maxsplit=1)[0]}/{self.landed:03}.csv"
        self.store.create(name, data)
        return receive(self.store, key, Landed(name, landed_at=f"2026-08-01T10:00:{self.landed:02}Z"))

    def pushed(self, wave: str = "w1") -> Workspace:
        """With all files of a wave."""
        for file in FILES:
            self.push(file, wave=wave)
        return self

    def aggregate(self, wave: str = "w1", code: str = CODE) -> Candidate:
        """The stage."""
        return aggregate(self.store, "tiny", wave, code_version=code)

    def refused(self, wave: str = "w1", code: str = CODE) -> str:
        """The words of a refusal, after which nothing is different from before."""
        before = self.everything()
        with pytest.raises(RunRefused) as refusal:
            self.aggregate(wave, code)
        assert self.everything() == before
        return str(refusal.value)

    def publish(self, wave: str = "w1") -> tuple[Candidate, Publication]:
        """Aggregates, passes the gates without judging, and publishes."""
        made = self.aggregate(wave)
        prefix = f"candidate/tiny/{wave}/{made.run}/"
        read = [f"{prefix}protected.parquet", *self.inputs(made)["responses"]]
        hashes = {key: hashlib.sha256(self.store.read(key).data).hexdigest() for key in read}
        self._pass(f"{prefix}gates.json", run=made.run, tables=hashes, gates=[])
        found = judged(self.store, "tiny", wave, made.run)
        assert found is not None
        would = build(self.store, ledger.survey(self.store, "tiny"), found, CODE)
        self._pass(f"{prefix}artifacts.json", run=made.run, release=would.id)
        return made, publish(self.store, "tiny", wave, made.run, code_version=CODE)

    def _pass(self, key: str, **told: object) -> None:
        """Writes that a gate was passed."""
        self.store.create(key, json.dumps({"passed": True, **told}).encode())

    def inputs(self, made: Candidate) -> dict[str, Any]:
        """What a run wrote down."""
        return dict(json.loads(self.store.read(f"candidate/tiny/{made.wave}/{made.run}/inputs.json").data))

    def candidate(self, made: Candidate) -> dict[str, bytes]:
        """The files of a candidate by name."""
        prefix = f"candidate/tiny/{made.wave}/{made.run}/"
        return {one.key.removeprefix(prefix): self.store.read(one.key).data for one in self.store.keys(prefix)}

    def everything(self) -> dict[str, bytes]:
        """Every object there is."""
        return {one.key: self.store.read(one.key).data for one in self.store.keys("")}

    def put(self, key: str, data: bytes) -> None:
        """Makes this the content under a key."""
        self.store.delete(key)
        self.store.create(key, data)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


# --- what is written ------------------------------------------------------------------------------------------------


def test_a_candidate_is_whole_and_its_numbers_add_up(workspace: Workspace) -> None:
    made = workspace.pushed().aggregate()
    files = workspace.candidate(made)
    assert sorted(files) == [
        "actions.parquet",
        "cells.parquet",
        "differences.parquet",
        "inputs.json",
        "kept.parquet",
        "members.parquet",
        "panel.parquet",
        "protected.parquet",
        "units.parquet",
    ]
    tables = {name: parquet.from_bytes(data) for name, data in files.items() if name.endswith(".parquet")}
    assert tables["cells.parquet"].schema == CELLS
    assert tables["protected.parquet"].schema == PROTECTED
    assert tables["units.parquet"].schema == UNITS
    assert tables["actions.parquet"].schema.names == [name for name in release.ACTIONS.names if name != "wave"]
    assert tables["actions.parquet"]["action_id"].to_pylist() == ["T1"]
    assert (made.survey, made.wave, made.respondents, made.not_invited) == ("tiny", "w1", 36, 1)
    statuses = tables["protected.parquet"]["status"].to_pylist()
    assert (made.cells, made.withheld) == (len(statuses), statuses.count("C"))
    assert made.cells == tables["cells.parquet"].num_rows == 3 * 3 * 5  # units x (everybody, f, m) x measures


def test_a_run_is_named_after_everything_that_went_into_it(workspace: Workspace) -> None:
    made = workspace.pushed().aggregate()
    inputs = workspace.inputs(made)
    assert set(inputs) == {"survey", "code_version", "base", "responses", "units", "people", "actions"}
    assert (inputs["base"], inputs["code_version"]) == (None, CODE)
    assert inputs["survey"] == ledger.survey(workspace.store, "tiny").sha256
    for kind, number in {"responses": 2, "units": 1, "people": 1, "actions": 1}.items():
        assert len(inputs[kind]) == number
        for key, sha256 in inputs[kind].items():
            assert hashlib.sha256(workspace.store.read(key).data).hexdigest() == sha256
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"))
    assert made.run == hashlib.sha256(text.encode()).hexdigest()[:16]
    assert workspace.aggregate(code="1.1").run != made.run


def test_the_same_run_again_changes_nothing(workspace: Workspace) -> None:
    made = workspace.pushed().aggregate()
    before = workspace.everything()
    assert workspace.aggregate() == made
    assert workspace.everything() == before


def test_the_order_in_which_files_landed_makes_no_difference(tmp_path: Path) -> None:
    candidates = []
    for number, order in enumerate(list(permutations(FILES))[::40]):
        workspace = Workspace(tmp_path / str(number))
        for file in order:
            workspace.push(file)
        candidates.append(workspace.candidate(workspace.aggregate()))
    assert len(candidates) == 3
    assert candidates[1] == candidates[2] == candidates[0]


def test_a_file_that_is_pushed_twice_makes_no_difference(workspace: Workspace) -> None:
    made = workspace.pushed().aggregate()
    assert workspace.push(AGAIN).state == "duplicate"
    assert workspace.aggregate() == made


def test_how_answers_are_split_into_files_changes_no_byte_of_what_is_counted(tmp_path: Path) -> None:
    lines = tiny_wave.answers(0)
    found = []
    for number, cuts in enumerate(([0, 36], [0, 5, 36], [0, 12, 24, 36])):
        workspace = Workspace(tmp_path / str(number))
        for file in FILES[:3]:
            workspace.push(file)
        for start, end in pairwise(cuts):
            workspace.push("responses/x.csv", tiny_wave.HEADER + "".join(lines[start:end]))
        files = workspace.candidate(workspace.aggregate())
        found.append({name: files[f"{name}.parquet"] for name in ("cells", "members", "protected", "units", "actions")})
    assert found[1] == found[2] == found[0]


def without_small(cells: pa.Table, least: int = 5) -> pa.Table:
    """The cells without the figures of those that have too few people to be published."""
    few = pc.less(cells["respondents"], least)
    counts, figures = cells.schema.names[:7], cells.schema.names[7:]
    kept = {name: cells[name] for name in counts} | {name: pc.if_else(few, 0, cells[name]) for name in figures}
    return pa.table(kept, schema=cells.schema)


def test_counting_again_gives_the_cells_of_the_candidate_and_writes_nothing(workspace: Workspace) -> None:
    made = workspace.pushed().aggregate()
    before = workspace.everything()
    cells, members, tree = recompute(workspace.store, ledger.survey(workspace.store, "tiny"), "w1")
    files = workspace.candidate(made)
    assert without_small(cells).equals(parquet.from_bytes(files["cells.parquet"]))
    assert plain(parquet.from_bytes(files["members.parquet"])).equals(members)
    assert tree.root == "U"
    assert workspace.everything() == before


def test_of_two_people_files_the_one_that_landed_last_counts(workspace: Workspace) -> None:
    workspace.pushed()
    roster = "person_id,unit_id,kjonn\n" + "".join(f"{','.join(one)}\n" for one in tiny_wave.people()[:30])
    workspace.push("people/people.csv", roster)
    made = workspace.aggregate()
    assert (made.respondents, made.not_invited) == (30, 7)


def test_units_that_the_survey_file_wants_kept_and_that_are_not_there_are_named(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, f'{SURVEY}\n[withholding]\nkeep_units = ["Z", "A", "a"]\n')
    workspace.pushed()
    assert workspace.aggregate().unknown == ("Z", "a")


def test_a_wave_without_actions_is_counted_and_has_none(workspace: Workspace) -> None:
    for file in (one for one in FILES if not one.startswith("actions")):
        workspace.push(file)
    made = workspace.aggregate()
    assert parquet.from_bytes(workspace.candidate(made)["actions.parquet"]).num_rows == 0
    assert workspace.inputs(made)["actions"] == {}


def test_an_export_that_carries_its_units_needs_no_people_file_and_reads_none(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, PER_UNIT)
    for file in FILES[:2]:
        workspace.push(file)
    rows = "".join(
        f"{one[0]},{one[1]},{one[2]},4,{2 + number % 3},7\n" for number, one in enumerate(tiny_wave.people())
    )
    workspace.push("responses/x.csv", f"person,team,kjonn,Q1,Q2,Q3\n{rows}")
    made = workspace.aggregate()
    assert (made.respondents, made.not_invited) == (40, 0)
    assert workspace.inputs(made)["people"] == {}
    cells = parquet.from_bytes(workspace.candidate(made)["cells.parquet"])
    assert cells["invited"].null_count == cells.num_rows


# --- refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "brings"),
    [
        ("responses", "whoever sends the exports"),
        ("units", "whoever keeps the organisation"),
        ("people", "whoever keeps the organisation"),
    ],
)
def test_without_a_file_that_it_needs_a_wave_is_refused_and_says_who_brings_it(
    workspace: Workspace, kind: str, brings: str
) -> None:
    for file in (one for one in FILES if not one.startswith(kind)):
        workspace.push(file)
    assert f"there is no accepted file of {kind} ({brings}); push it under landing/tiny/w1/" in workspace.refused()


def test_all_that_is_missing_is_said_at_once(workspace: Workspace) -> None:
    words = workspace.refused()
    assert all(kind in words for kind in ("responses", "units", "people"))


def test_a_wave_that_the_survey_file_does_not_have_is_refused(workspace: Workspace) -> None:
    with pytest.raises(SurveyInvalid, match="has no wave 'w9'"):
        workspace.aggregate("w9")


def test_a_minimum_that_was_lowered_after_people_answered_is_refused(workspace: Workspace) -> None:
    workspace.pushed()
    workspace.put("config/tiny/survey.toml", SURVEY.replace("mean = 5", "mean = 3").encode())
    with pytest.raises(SurveyInvalid, match="may not be lowered"):
        workspace.aggregate()


def test_people_in_units_that_there_are_not_are_refused(workspace: Workspace) -> None:
    workspace.pushed()
    workspace.push("units/units.csv", "unit_id,parent_id,name\nU,,Fjord\nA,U,Havn\n")
    with pytest.raises(OrganisationInvalid, match=r"'B' \(18\)"):
        workspace.aggregate()


def test_pseudonyms_of_two_keys_are_refused_because_nobody_could_be_found_again(workspace: Workspace) -> None:
    workspace.pushed()
    key = next(one for one in workspace.everything() if one.startswith("organisation/") and "/people/" in one)
    people = parquet.from_bytes(workspace.store.read(key).data)
    at = people.schema.get_field_index("key_id")
    other = people.set_column(at, people.schema.field(at), pa.array(["k2"] * len(people)))
    workspace.put(key, parquet.to_bytes(other))
    assert "with 2 keys, k1, k2" in workspace.refused()


def test_a_wave_stays_under_the_key_with_which_it_began(workspace: Workspace) -> None:
    workspace.pushed()
    with pytest.raises(KeyMissing, match="began under the pseudonym key 'k1', which is not among the keys here"):
        workspace.push("people/late.csv", "person_id,unit_id\nny,A\n", key=PseudonymKey("k2", bytes(33)))


def test_a_roster_that_fits_nobody_is_refused_and_names_nobody(workspace: Workspace) -> None:
    workspace.pushed()
    workspace.push("people/people.csv", "person_id,unit_id,kjonn\nola@fjord.no,A,Mann\n")
    words = workspace.refused()
    assert "none of the 37 respondents are in the people file" in words
    assert "@" not in words
    assert who("kari0@fjord.no") not in words


# --- a published wave -----------------------------------------------------------------------------------------------


def test_a_published_wave_with_the_same_inputs_is_the_same_run_and_the_same_release(workspace: Workspace) -> None:
    made, first = workspace.pushed().publish()
    before = {key: data for key, data in workspace.everything().items() if key.startswith("published/")}
    again, second = workspace.publish()
    assert again == made
    assert (second.release, second.unchanged) == (first.release, True)
    assert {key: data for key, data in workspace.everything().items() if key.startswith("published/")} == before


def test_the_next_wave_builds_on_the_release_and_the_first_stays_what_it_was(workspace: Workspace) -> None:
    made, first = workspace.pushed().publish()
    later = workspace.pushed("w2").aggregate("w2")
    assert workspace.inputs(later)["base"] == first.release
    _, second = workspace.publish("w2")
    assert second.release != first.release
    assert workspace.aggregate() == made
    assert workspace.inputs(made)["base"] is None


def published_by_earlier_code(workspace: Workspace) -> None:
    """Publishes w1 as it was done when no private tables were kept beside the ledger."""
    _, done = workspace.pushed().publish()
    key = f"ledger/releases/tiny/{done.release}.json"
    record = json.loads(workspace.store.read(key).data)
    del record["rows"]
    workspace.put(key, json.dumps(record).encode())
    for one in list(workspace.store.keys(key.replace(".json", "/"))):
        workspace.store.delete(one.key)


def test_late_answers_to_a_wave_that_earlier_code_published_are_refused_and_counted(workspace: Workspace) -> None:
    published_by_earlier_code(workspace)
    late = tiny_wave.people()[36:39]
    workspace.push("responses/late.csv", tiny_wave.HEADER + "".join(f"{one[0]},4,2,9\n" for one in late))
    words = workspace.refused()
    assert "wave w1 is published and stays as it is" in words
    assert "3 new answers in 1 files came late" in words
    assert "pushes them under the next wave" in words
    assert "@" not in words


def test_whatever_else_has_changed_since_is_named(workspace: Workspace) -> None:
    published_by_earlier_code(workspace)
    assert "another version of the code" in workspace.refused(code="2.0")
    workspace.push("people/people.csv", "person_id,unit_id,kjonn\nkari0@fjord.no,A,Mann\n")
    workspace.put("config/tiny/survey.toml", SURVEY.replace("Fjord", "Fjell").encode())
    words = workspace.refused()
    assert "another people file" in words
    assert "another survey file" in words
    assert "late" not in words.split(". ")[0]


def test_after_an_erasure_a_wave_that_earlier_code_published_cannot_be_made_again(workspace: Workspace) -> None:
    published_by_earlier_code(workspace)
    erase(workspace.store, KEY, "tiny", "kari0@fjord.no")
    words = workspace.refused()
    assert "2 of the files that it was counted from were rewritten" in words  # kari0 is in a.csv and in b.csv
    assert "came late" not in words


def test_an_erasure_before_publication_leaves_the_person_out(workspace: Workspace) -> None:
    workspace.pushed()
    erase(workspace.store, KEY, "tiny", "kari0@fjord.no")
    assert workspace.aggregate().respondents == 35


def test_a_manifest_that_was_tampered_with_stops_the_run(workspace: Workspace) -> None:
    _, done = workspace.pushed().publish()
    key = f"published/tiny/releases/{done.release}/manifest.json"
    workspace.put(key, workspace.store.read(key).data.replace(b"Fjord", b"Fjell"))
    assert f"the manifest of release {done.release} is not the one that was published" in workspace.refused()


# --- whoever rewrote a table was stopped halfway --------------------------------------------------------------------


def halfway(workspace: Workspace, *names: str) -> None:
    """Leaves, beside the table of the larger file, others without its first row."""
    tables = [one.key for one in workspace.store.keys("responses/")]
    key = max(tables, key=lambda one: parquet.from_bytes(workspace.store.read(one).data).num_rows)
    less = parquet.from_bytes(workspace.store.read(key).data).slice(1)
    for name in names:
        workspace.store.create(key.replace(".parquet", f".{name}.parquet"), parquet.to_bytes(less))


def test_of_a_table_and_its_rewritten_one_the_rewritten_one_counts(workspace: Workspace) -> None:
    before = workspace.pushed().aggregate()
    halfway(workspace, "0" * 16)
    after = workspace.aggregate()
    assert after.respondents == before.respondents - 1
    assert len(workspace.inputs(after)["responses"]) == 2


def test_two_rewritten_tables_of_one_file_are_refused(workspace: Workspace) -> None:
    workspace.pushed()
    halfway(workspace, "0" * 16, "1" * 16)
    assert "was rewritten halfway, twice; whoever asked for the erasures" in workspace.refused()
