"""The synthetic organisation's own account of every record, against ours."""

from __future__ import annotations

import csv
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from pipeline import ledger, organisation, parquet, sample
from pipeline.ingest import Landed, receive
from pipeline.pseudonyms import PseudonymKey
from pipeline.store import FolderStore

if TYPE_CHECKING:
    import pyarrow as pa

KEY = PseudonymKey("k1", b"0123456789abcdef0123456789abcdef")
STATES = ("header", "accepted", "quarantined", "duplicate", "superseded", "excluded")


@pytest.fixture(scope="module", params=[1, 7])
def received(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[FolderStore, Any]:
    """A workspace into which everything of a sample was pushed, and the truth about it."""
    folder = tmp_path_factory.mktemp("sample")
    sample.write(folder, employees=300, seed=request.param)
    store = FolderStore(tmp_path_factory.mktemp("workspace"))
    store.create("config/demo/survey.toml", (folder / "survey.toml").read_bytes())
    for path in sorted(folder.glob("*/*/*.csv")):
        key = f"landing/demo/{path.relative_to(folder).as_posix()}"
        store.create(key, path.read_bytes())
        receive(store, KEY, Landed(key))
    return store, json.loads((folder / "truth.json").read_bytes())


def test_every_record_of_every_export_is_where_its_writer_says(received: tuple[FolderStore, Any]) -> None:
    store, truth = received
    for wave, expected in truth.items():
        files = {
            one.key.rpartition("/")[2]: one for one in ledger.files(store, "demo", wave) if one.kind == "responses"
        }
        assert set(files) == set(expected["files"])
        for name, one in files.items():
            assert {state: one.accounts[state] for state in STATES} == expected["files"][name]["accounts"]
            assert sum(one.accounts.values()) == one.accounts["records"] * 2


def test_every_quarantined_record_has_the_column_and_reason_it_was_spoilt_with(
    received: tuple[FolderStore, Any],
) -> None:
    store, truth = received
    for wave, expected in truth.items():
        for name, about in expected["files"].items():
            sha256 = hashlib.sha256(store.read(f"landing/demo/{wave}/responses/{name}").data).hexdigest()
            reasons = f"quarantine/demo/{wave}/{sha256}/reasons.csv"
            listed = [one.key for one in store.keys(reasons)]
            assert bool(listed) == bool(about["quarantined"])
            found = list(csv.DictReader(store.read(reasons).data.decode().splitlines())) if listed else []
            assert found == [{key: str(value) for key, value in one.items()} for one in about["quarantined"]]


def test_as_many_people_answered_as_answered(received: tuple[FolderStore, Any]) -> None:
    store, truth = received
    for wave, expected in truth.items():
        keys = [one.key for one in store.keys(f"responses/survey=demo/wave={wave}/")]
        answered = {who for key in keys for who in parquet.from_bytes(store.read(key).data)["respondent"].to_pylist()}
        people = table(store, wave, "people")
        organisation.check_units(
            organisation.from_table(table(store, wave, "units")), people["unit"], "people belong to"
        )
        invited = set(people["respondent"].to_pylist())
        assert (len(answered & invited), len(answered - invited)) == (expected["respondents"], expected["not_invited"])


def test_whole_organisation_files_are_accepted(received: tuple[FolderStore, Any]) -> None:
    store, truth = received
    for wave in truth:
        states = {one.kind: one.state for one in ledger.files(store, "demo", wave) if one.kind != "responses"}
        assert states == {"units": "accepted", "people": "accepted", "actions": "accepted"}


def table(store: FolderStore, wave: str, kind: str) -> pa.Table:
    key = ledger.current(store, "demo", wave, kind)
    assert key is not None
    return parquet.from_bytes(store.read(key).data)
