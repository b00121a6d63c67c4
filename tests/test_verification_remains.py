"""A release is verified as far as the rows that it was counted from are still there, and says how far that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redriving import redrive
from test_verification import copy, document, give, released, rewritten, workspace
from tiny_survey import INSTRUMENT
from tiny_wave import HEADER, UNITS, people

from pipeline.commands.keyholder import keys_of
from pipeline.erase import erase
from pipeline.ingest import Landed, receive
from pipeline.store import FolderStore
from pipeline.verification import verify

__all__ = ["copy", "workspace"]  # fixtures


@pytest.fixture
def store(workspace: Path, copy: Path) -> FolderStore:
    """A published wave, to be spoiled, with the key that its people were named under."""
    (copy.parent / "work.key").write_bytes((workspace.parent / "work.key").read_bytes())
    return FolderStore(copy)


def pushed(store: FolderStore, kind: str, text: str) -> None:
    key = f"landing/tiny/w1/{kind}/later.csv"
    store.create(key, text.encode())
    record = receive(store, keys_of(store, None), Landed(key, landed_at="2027-01-01T00:00:00Z"))
    assert record.state == "accepted"


def late_answers(store: FolderStore) -> None:
    pushed(store, "responses", f"{HEADER}kari38@fjord.no,5,5,9\n")


def later_tree(store: FolderStore) -> None:
    pushed(store, "units", f"{UNITS}C,U,Odde\n")
    pushed(store, "people", "person_id,unit_id,kjonn\n" + "".join(f"{who},C,Mann\n" for who, _, _ in people()))


def erased(store: FolderStore) -> None:
    assert erase(store, keys_of(store, None), "tiny", "kari3@fjord.no").responses == 1


def read_again(store: FolderStore) -> None:
    """`b.csv` had an answer off its scale; the owner of the survey makes the scale longer."""
    key = "config/tiny/tiny.toml"
    store.replace(key, INSTRUMENT.replace("high = 5", "high = 9").encode(), store.read(key).etag)
    (found,) = [one for one in redrive(store, keys_of(store, None), "tiny", "w1", dry_run=False) if one.changed]
    assert found.after.state == "accepted"


def taken_away(store: FolderStore) -> None:
    store.delete(next(one.key for one in store.keys("responses/")))


def units_taken_away_after_an_erasure(store: FolderStore) -> None:
    erased(store)
    store.delete(next(one.key for one in store.keys("organisation/survey=tiny/wave=w1/units/")))


def altered(store: FolderStore) -> None:
    key = next(one.key for one in store.keys("responses/"))
    there = store.read(key)
    store.replace(key, there.data + b"x", there.etag)


PARTLY = "partly verified"


@pytest.mark.parametrize(
    ("happened", "state", "status", "exit_code", "says"),
    [
        (late_answers, "verified", "verified", 0, "; 1 files that came later are not in it"),
        (later_tree, "verified", "verified", 0, "nobody can be found in them"),
        (erased, "explained", PARTLY, 0, "2 of the tables that it was counted from are no longer stored, explained by"),
        (erased, "explained", PARTLY, 0, "explained by 1 erasures; checked: every file's hash"),
        (erased, "explained", PARTLY, 0, "Not checked: that the figures are those of the answers"),
        (read_again, "explained", PARTLY, 0, "explained by 1 files read again"),
        (
            taken_away,
            "unexplained",
            PARTLY,
            1,
            "1 of them for no reason that the ledger knows; whoever keeps the store",
        ),
        (units_taken_away_after_an_erasure, "unexplained", PARTLY, 1, "1 of them for no reason"),
        (altered, "unexplained", PARTLY, 1, "have other bytes than then"),
    ],
)
def test_what_happened_to_the_rows_since_and_what_is_then_verified(
    store: FolderStore,
    capsys: pytest.CaptureFixture[str],
    happened: Callable[[FolderStore], None],
    state: str,
    status: str,
    exit_code: int,
    says: str,
) -> None:
    happened(store)
    assert give(f"verify -W {store.root} --json") == exit_code
    shown = document(capsys)
    (wave,) = shown["waves"]
    assert (wave["state"], shown["status"], shown["good"]) == (state, status, exit_code == 0)
    assert says in wave["words"]
    assert give(f"verify -W {store.root}") == exit_code
    told = capsys.readouterr().out
    assert f"Release {released(store.root)}: {status}." in told
    assert says in told


def first_shown(change: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A change to the first figure that is shown with its distribution."""
    done: list[bool] = []

    def rewrite(row: dict[str, Any]) -> dict[str, Any]:
        if done or row["status"] != "F" or row["favourable"] is None:
            return row
        done.append(True)
        return row | change

    return rewrite


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"answered": 4, "favourable": None}, "1 figures rest on fewer than 5 answers: withdraw the release"),
        ({"answered": 9}, "1 distributions rest on fewer than 10 answers"),
        ({"kind": "rate", "invited": 24, "answered": 20}, "1 response rates leave fewer than 5 who did not answer"),
        ({"status": "C"}, "figures are given of cells that are withheld"),
    ],
)
def test_what_no_release_may_say_is_found_without_the_rows_too(
    store: FolderStore, change: dict[str, Any], says: str
) -> None:
    new = rewritten(store.root, first_shown(change))
    erased(store)
    assert give(f"verify {new} -W {store.root}") == 1
    (wave,) = verify(store, "tiny", new).waves
    assert wave.state == "leak"
    assert says in wave.words


def test_a_figure_of_a_withheld_cell_is_found_although_the_rows_agree(store: FolderStore) -> None:
    def give_one(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"mean": 50.0} if row["status"] == "C" else row

    new = rewritten(store.root, give_one)
    (wave,) = verify(store, "tiny", new).waves
    assert wave.state == "leak"
    assert "figures are given of cells that are withheld" in wave.words


def test_another_survey_file_since_is_told_where_figures_differ(store: FolderStore) -> None:
    key = "config/tiny/tiny.toml"
    store.replace(key, INSTRUMENT.replace('id = "enps"', 'id = "praise"').encode(), store.read(key).etag)
    (wave,) = verify(store, "tiny", released(store.root)).waves
    assert wave.state == "differs"
    assert "today's survey file, which is another" in wave.words
