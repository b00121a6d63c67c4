"""What a careless person pushes: each gets words that say who must do what, an exit code, and nothing is lost."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from test_ingest import ACTIONS, GOOD, HEAD, PEOPLE, SURVEY, UNITS
from tiny_survey import INSTRUMENT, KEY, tiny

from pipeline import cli, ledger
from pipeline.content import sha256
from pipeline.exports import organisation, read
from pipeline.store import FolderStore

SEMICOLONS = "Ansatt;sent;Q1;Q2;Q3\np1;01.08.2026;4;4;7\nBjørn;01.08.2026;3;3;8\n"


def workbook() -> bytes:
    """What a spreadsheet saves when nobody says CSV."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    (tmp_path / "survey.toml").write_text(SURVEY)
    (tmp_path / "tiny.toml").write_text(INSTRUMENT)
    assert cli.run(["survey", f"{tmp_path}/survey.toml", "-W", f"{tmp_path}/work"]) == 0
    return tmp_path


def push(root: Path, capsys: pytest.CaptureFixture[str], content: str | bytes, kind: str, name: str) -> tuple[int, Any]:
    """The exit code, and the record of the file, or None when it was refused before it landed."""
    file = root / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    capsys.readouterr()
    where = ["-W", f"{root}/work", "-S", "tiny", "-V", "w1", "-k", kind, "--json"]
    code = cli.run(["push", str(file), *where])
    told = capsys.readouterr().out
    return code, json.loads(told).get("received", [None])[0]


CARELESS: list[tuple[str | bytes, str, str, str]] = [
    # what was pushed, as what, the reason, the words
    (
        HEAD.replace("Q3", "Q3,boss") + "p1,2026-08-01,4,4,7,x\n",
        "responses",
        "unknown_column",
        "column 'boss': nobody has said what it holds; the survey's owner adds it",
    ),
    (
        UNITS + "U3,U9,x\n",
        "units",
        "organisation_invalid",
        "'U9', which is missing from the units file; whoever keeps the organisation adds it",
    ),
    (
        UNITS + "U3,U4,x\nU4,U3,x\n",
        "units",
        "organisation_invalid",
        "in a circle: 'U3' > 'U4'; whoever keeps the organisation mends a parent_id",
    ),
    (
        UNITS + "U3,,x\n",
        "units",
        "organisation_invalid",
        "'U1', 'U3'; whoever keeps the organisation gives all but one a parent_id",
    ),
    (
        UNITS + "U2,U1,x\n",
        "units",
        "organisation_invalid",
        "stands twice in the units file; whoever keeps the organisation keeps one",
    ),
    (HEAD, "responses", "no_records", "headings and no records; the sender exports it again"),
    (UNITS.split("\n")[0] + "\n", "units", "no_records", "headings and no records; the sender exports it again"),
    (
        "name,score\nkari,3\n",
        "responses",
        "another_survey",
        "an export of another survey: 0 of the 3 items of tiny are in it; the sender pushes",
    ),
    (
        SEMICOLONS.replace(";", ",", 4).encode("cp1252"),
        "responses",
        "encoding",
        "with semicolons from the first record to the last; the sender exports it again",
    ),
    (
        SEMICOLONS.replace(";", "|"),
        "responses",
        "delimiter",
        "not separated by comma, semicolon or TAB; the sender exports the file again",
    ),
    (
        GOOD + 'p5,2026-08-01,4,"4',
        "responses",
        "unclosed_quote",
        "record 4: a quote is opened and never closed, or the file was cut off; the sender",
    ),
    (
        workbook(),
        "responses",
        "broken_workbook",
        "the workbook is broken, or was cut off on its way; the sender exports it again",
    ),
    (
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(9),
        "people",
        "old_workbook",
        "an old workbook, such as .xls, whatever its name says; the sender saves",
    ),
    (b"%PDF-1.7\n", "responses", "not_text", "a PDF, whatever its name says; the sender saves"),
    (b"$FL2@(#) SPSS DATA FILE", "responses", "broken_sav", "was cut off on its way; the sender exports it again"),
    (b"", "responses", "empty_file", "the file is empty; the sender exports it again"),
    (b"\xef\xbb\xbf", "units", "empty_file", "the file is empty; the sender exports it again"),
    (
        UNITS,
        "people",
        "another_kind",
        "the columns of units, and the file was pushed as people; the sender pushes it as units",
    ),
    (
        PEOPLE,
        "units",
        "another_kind",
        "the columns of people, and the file was pushed as units; the sender pushes it as people",
    ),
    (PEOPLE, "responses", "another_kind", "the columns of people, and the file was pushed as responses"),
    (ACTIONS, "people", "another_kind", "the columns of actions, and the file was pushed as people"),
    (GOOD, "units", "missing_column", "column 'unit_id': it is missing from the file; the sender adds it"),
]


@pytest.mark.parametrize(("content", "kind", "reason", "says"), CARELESS)
def test_a_file_that_cannot_be_used_is_set_aside_whole_with_words(
    workspace: Path, capsys: pytest.CaptureFixture[str], content: str | bytes, kind: str, reason: str, says: str
) -> None:
    code, record = push(workspace, capsys, content, kind, "file.csv")
    assert (code, record["state"], record["reasons"]) == (1, "quarantined", {reason: 1})
    assert says in record["message"]
    assert set(record["accounts"]) <= {"records"} or record["accounts"]["quarantined"] == record["accounts"]["records"]
    store = FolderStore(workspace / "work")
    assert sha256(store.read(record["key"]).data) == record["sha256"] == sha256((workspace / "file.csv").read_bytes())
    assert json.loads(store.read(f"quarantine/tiny/w1/{record['sha256']}/file.json").data)["reason"] == reason
    assert [*store.keys("responses/"), *store.keys("organisation/")] == []


def test_every_message_of_a_refusal_says_who_acts() -> None:
    assert all(any(who in says for who in ("sender", "owner", "whoever", "pushed as")) for *_, says in CARELESS)


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes_and_the_sender_is_told(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, record = push(workspace, capsys, GOOD + "p9,2026-0", "responses", "cut.csv")
    assert (code, record["state"], record["reasons"]) == (0, "partly", {"cut_short": 1})
    assert (record["accounts"]["accepted"], record["accounts"]["quarantined"]) == (2, 1)
    assert record["message"].endswith(
        "it ends in the middle of a record: the sender looks whether it was cut off, and pushes it whole"
    )
    assert cli.run(["inspect", f"{workspace}/cut.csv", "--survey-file", f"{workspace}/survey.toml"]) == 0
    assert "the sender looks whether it was cut off" in " ".join(capsys.readouterr().out.split())
    code, whole = push(workspace, capsys, GOOD + "p9,2026-08-01,4,4,7", "responses", "whole.csv")
    assert (code, whole["state"], whole["accounts"]["accepted"]) == (0, "accepted", 3)


def test_the_same_file_twice_is_once_and_another_under_its_name_is_refused_before_it_lands(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = push(workspace, capsys, GOOD, "responses", "a.csv")
    assert push(workspace, capsys, GOOD, "responses", "a.csv") == first
    assert (first[0], first[1]["state"]) == (0, "accepted")
    code, copy = push(workspace, capsys, GOOD, "responses", "a (1).csv")
    assert (code, copy["state"]) == (0, "duplicate")
    assert push(workspace, capsys, GOOD + "p5,2026-08-01,4,4,7\n", "responses", "a.csv") == (1, None)
    store = FolderStore(workspace / "work")
    assert store.read("landing/tiny/w1/responses/a.csv").data == GOOD.encode()
    assert len(ledger.files(store, "tiny", "w1")) == 2


def test_a_people_file_may_carry_an_ignored_column_of_another_kind() -> None:
    survey = tiny(SURVEY.replace('ignored = ["comment"]', 'ignored = ["parent_id"]'))
    text = "person_id,unit_id,parent_id,kjonn\np1,U1,U,f\n"
    assert organisation.people(read(text.encode()), survey, KEY).accounts.accepted == 1
