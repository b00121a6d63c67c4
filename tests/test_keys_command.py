"""`pulsverk keys` over a folder: what it says, what it refuses, and that it never shows a secret."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tiny_survey import INSTRUMENT, SURVEY

from pipeline import keyring
from pipeline.cli import run
from pipeline.commands import keys as command
from pipeline.commands.keyholder import KeyFile
from pipeline.errors import Refused, StoreConflict
from pipeline.keyring import MOST, Keyring
from pipeline.pseudonyms import PseudonymKey


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a survey in ./work, and an export beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "_today", lambda: date(2026, 12, 1))
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "survey.toml").write_text(SURVEY)
    (tmp_path / "own" / "tiny.toml").write_text(INSTRUMENT)
    (tmp_path / "a.csv").write_text("person,sent,Q1,Q2,Q3\np1,2026-08-01,4,4,7\n")
    assert run(["survey", "own/survey.toml", "--workspace", "work"]) == 0
    assert run(["push", "a.csv", "--workspace", "work", "--survey", "tiny", "--wave", "w1", "--kind", "responses"]) == 0
    return tmp_path


def secrets(here: Path) -> list[str]:
    return [one.secret.decode() for one in KeyFile(here / "work.key").read().keys]


def test_rotate_show_and_retire_say_what_they_did_and_no_secret(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (first,) = secrets(here)
    capsys.readouterr()

    def told(*arguments: str) -> Any:  # noqa: ANN401 - any JSON
        assert run(["keys", *arguments, "--workspace", "work", "--json"]) == 0
        said = capsys.readouterr()
        assert not [one for one in (first, *secrets(here)) if one in said.out + said.err]
        return json.loads(said.out)

    oldest = told("show")["keys"][0]["key_id"]
    made = told("rotate")
    assert (made["made"], made["linked"]) == (True, 1)
    assert (here / "work.key").stat().st_mode & 0o077 == 0
    assert told("show")["keys"] == [
        {"key_id": oldest, "current": False, "waves": ["tiny/w1"], "open": [], "unlinked": {}},
        {"key_id": made["key_id"], "current": True, "waves": [], "open": [], "unlinked": {}},
    ]
    assert told("rotate")["made"] is False
    assert told("retire", oldest)["again"] is False
    assert told("retire", oldest)["again"] is True
    assert first not in secrets(here)


def test_in_words(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    oldest = KeyFile(here / "work.key").read().oldest.id
    for arguments in (["rotate"], ["rotate"], ["show"], ["link"]):
        assert run(["keys", *arguments, "--workspace", "work"]) == 0
    (here / "work" / "landing" / "tiny" / "w1" / "responses" / "a.csv").unlink()
    assert run(["keys", "retire", oldest, "--workspace", "work", "--losing", "1"]) == 1
    assert run(["keys", "retire", oldest, "--workspace", "work"]) == 0
    said = capsys.readouterr()
    for words in (
        "Waves begin under the new key",
        "no other was made",
        "tiny/w1",
        "0 people were linked",
        "is retired;",
    ):
        assert words in said.out
    assert "without --losing" in said.err


def test_what_was_lost_is_said_and_an_erasure_says_what_it_cannot_reach(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    oldest = KeyFile(here / "work.key").read().oldest.id
    (here / "work" / "landing" / "tiny" / "w1" / "responses" / "a.csv").unlink()
    assert run(["keys", "rotate", "--workspace", "work"]) == 0
    assert run(["keys", "retire", oldest, "--workspace", "work", "--losing", "1"]) == 0
    assert run(["erase", "p1", "--workspace", "work", "--survey", "tiny"]) == 0
    said = capsys.readouterr().out
    assert "1 were lost with it." in said
    assert f"Under the retired keys {oldest} the person was not found" in said


def test_a_file_that_another_changed_meanwhile_is_left_alone(here: Path) -> None:
    held = KeyFile(here / "work.key")
    before = held.read()
    after = before.with_new(PseudonymKey("k2", b"another secret of thirty-two byte"))
    held.replace(before, after)
    with pytest.raises(StoreConflict):
        held.replace(before, before)
    assert held.read() == after
    assert [one.name for one in here.glob(".writing-*")] == []


def test_a_ring_that_is_none_is_refused() -> None:
    several = [PseudonymKey(f"k{n}", b"0123456789abcdef") for n in range(MOST)]
    for keys in ((), (several[0], several[0])):
        with pytest.raises(Refused, match="a key ring holds 1 to"):
            Keyring(tuple(keys))
    with pytest.raises(Refused, match="retires the oldest, k0, first"):
        Keyring(tuple(several)).with_new(PseudonymKey("k9", b"0123456789abcdef"))
    assert keyring.parse(keyring.to_json(Keyring(tuple(several))), "") == Keyring(tuple(several))
    assert keyring.parse(keyring.to_json(Keyring((several[0],))), "") == Keyring((several[0],))
