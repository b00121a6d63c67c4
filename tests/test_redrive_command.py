"""`pulsverk redrive`: counts before and after, who and why, and what is wrong with its options."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import pytest
from test_redrive import GOOD, WIDER, A, B, everything, owner_writes, store
from tiny_survey import INSTRUMENT, KEY, SURVEY

from pipeline import cli
from pipeline.redrive import of_file
from pipeline.store import FolderStore

__all__ = ["store"]  # a fixture


@pytest.fixture
def here(tmp_path: Path, store: FolderStore, monkeypatch: pytest.MonkeyPatch) -> FolderStore:
    for name in ("PULSVERK_WORKSPACE", "PULSVERK_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGNAME", "operator")
    monkeypatch.setenv("COLUMNS", "250")  # a table on the terminal breaks no words
    secret = tmp_path / "work.key"
    secret.write_text(json.dumps({"id": KEY.id, "secret": KEY.secret.decode()}))
    secret.chmod(0o600)
    owner_writes(store, "tiny.toml", WIDER)
    return store


def give(*words: str) -> int:
    return cli.run(["redrive", "-W", "work", *words])


def shown(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(capsys.readouterr().out)
    return read


@pytest.mark.usefixtures("here")
def test_counts_before_and_after_are_shown_for_each_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert give("--file", B, "--dry-run", "--json") == 0
    dry = shown(capsys)
    assert give("--file", B, "--why", "nine is an answer", "--json") == 0
    wet = shown(capsys)
    (file,) = wet["files"]
    assert (file["key"], file["before"], file["after"], file["changed"]) == (B, "partly", "accepted", True)
    assert {name: file["counts"]["before"][name] for name in ("records", "accepted", "quarantined")} == {
        "records": 3, "accepted": 1, "quarantined": 1,
    }  # fmt: skip
    assert {name: file["counts"]["after"][name] for name in ("records", "accepted", "quarantined")} == {
        "records": 3, "accepted": 2, "quarantined": 0,
    }  # fmt: skip
    assert (dry["files"], dry["dry_run"], wet["dry_run"]) == (wet["files"], True, False)
    assert (dry["by"], dry["why"], wet["by"], wet["why"]) == (None, None, "operator", "nine is an answer")


def test_in_words(here: FolderStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert give("--wave", "w1", "-S", "tiny", "--dry-run") == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "1 accepted, 1 quarantined" in words
    assert "2 accepted" in words
    assert "1 of 2 files would be read again; 1 would come out differently" in words
    assert "1 wholly accepted already" in words
    assert give("--wave", "w1", "-S", "tiny", "--why", "nine") == 0
    assert "1 of 2 files were read again; 1 came out differently" in " ".join(capsys.readouterr().out.split())
    done = everything(here)
    assert give("--wave", "w1", "-S", "tiny", "--why", "nine") == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "Nothing has changed" in words
    assert "2 wholly accepted already" in words
    assert everything(here) == done


@pytest.mark.usefixtures("here")
def test_what_is_left_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert give("--file", A, "--why", "see") == 0
    assert "wholly accepted already" in capsys.readouterr().out
    Path("work", B).write_text(GOOD)
    assert give("--since", "2026-08-02", "--why", "see", "--json") == 0
    (left,) = shown(capsys)["left"]
    assert (left["key"], left["state"], left["reason"]) == (B, "partly", "another_version")
    Path("work", B).unlink()
    assert give("--since", "2026-08-02", "--why", "see") == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "no longer in landing" in words
    assert "Nothing has changed" in words


def test_the_operator_is_who_they_say(here: FolderStore) -> None:
    assert give("--file", B, "--why", "nine", "--by", "kari nordmann") == 0
    (record,) = of_file(here, B)
    assert (record.redriven_by, record.redriven_why) == ("kari nordmann", "nine")


def test_where_the_environment_names_nobody_it_is_asked(
    here: FolderStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nobody() -> str:
        raise OSError

    monkeypatch.setattr(getpass, "getuser", nobody)
    before = everything(here)
    assert give("--file", B, "--why", "nine") == 2
    assert "--by" in capsys.readouterr().err
    assert everything(here) == before
    assert give("--file", B, "--dry-run") == 0


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--why", "x"), 2, "one of --file, --wave and --since"),
        (("--file", B, "--wave", "w1", "--why", "x"), 2, "one of --file, --wave and --since"),
        (("--wave", "w1", "--since", "2026-08-01", "--why", "x"), 2, "one of --file, --wave and --since"),
        (("--file", B), 2, "--why"),
        (("--file", B, "--why", " "), 2, "--why"),
        (("--since", "31.08.2026", "--why", "x"), 2, "2026-08-31"),
        (("--since", "2026-02-30", "--why", "x"), 2, "2026-08-31"),
        (("--file", "landing/tiny/w1/responses/c.csv", "--why", "x"), 1, "its sender pushes it"),
        (("--file", "answers.csv", "--why", "x"), 1, "no landing key"),
        (("--file", B, "-S", "other", "--why", "x"), 2, "--file names its survey itself"),
        (("--wave", "w9", "--why", "x"), 1, "has no wave 'w9'"),
        (("--wave", "w1", "-S", "none", "--why", "x"), 1, "there is no survey 'none'"),
        (("--wave", "w1", "--why", "a\x07b"), 1, "--why"),
    ],
)
@pytest.mark.usefixtures("here")
def test_what_is_wrong_with_the_words(
    words: tuple[str, ...], code: int, says: str, capsys: pytest.CaptureFixture[str], store: FolderStore
) -> None:
    before = everything(store)
    assert give(*words) == code
    assert says in " ".join(capsys.readouterr().err.split())
    assert everything(store) == before


def test_without_a_survey_or_a_file_no_key_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert give("--wave", "w1", "--dry-run") == 1
    assert "pulsverk survey" in capsys.readouterr().err
    store = FolderStore(tmp_path / "work")
    store.create("config/tiny/survey.toml", SURVEY.encode())
    store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    assert give("--wave", "w1", "--dry-run") == 0
    assert "No file" in capsys.readouterr().out
    assert not (tmp_path / "work.key").exists()


def test_no_person_is_in_what_is_shown_or_written(here: FolderStore, capsys: pytest.CaptureFixture[str]) -> None:
    assert give("--wave", "w1", "--why", "nine", "--json", "--debug") == 0
    told = "".join(capsys.readouterr())
    records = b"".join(here.read(one.key).data for one in here.keys("ledger/files/")).decode()
    for person in ("p1", "p2", "p3", "p4"):
        assert f"{person}," not in told + records
        assert f'"{person}"' not in told + records
