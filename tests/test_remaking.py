"""A release is made again from what was kept beside it: whoever changed anything in it afterwards is found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from judged_waves import CODE, copied, judged, overwrite, received
from tiny_survey import INSTRUMENT, KEY, ON_PAPER

from pipeline import ingest, ledger, parquet, register, release
from pipeline.content import sha256
from pipeline.publish import publish
from pipeline.remaking import Remade, remade
from pipeline.verification import verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pipeline.store import FolderStore

LATE = (36, 37, 38)
FACTS = "tables/facts.parquet"


def give(store: FolderStore, wave: str) -> str:
    return publish(store, "tiny", wave, judged(store, wave), code_version=CODE).release


class Made:
    """w1 was published, then w2 on top of it, then w1 again with late answers; pages on paper as well."""

    def __init__(self, root: Path) -> None:
        self.store = received(root, ON_PAPER)
        self.releases = [give(self.store, "w1"), give(self.store, "w2")]
        late = "person,sent,Q1,Q2,Q3\n" + "".join(
            f"kari{n}@fjord.no,2026-08-30T10:00:00Z,4,2,9\n" for n in (36, 37, 38)
        )
        self.store.create("landing/tiny/w1/responses/late.csv", late.encode())
        ingest.receive(self.store, KEY, ingest.Landed("landing/tiny/w1/responses/late.csv"))
        self.releases.append(give(self.store, "w1"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("made"))


@pytest.fixture
def store(made: Made, tmp_path: Path) -> FolderStore:
    return copied(made.store, tmp_path / "work")


def manifest(store: FolderStore, release_id: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(store.read(f"published/tiny/releases/{release_id}/manifest.json").data)
    return told


def again(store: FolderStore, release_id: str, code: str | None = CODE) -> Remade:
    return remade(store, ledger.survey(store, "tiny"), release_id, manifest(store, release_id), code)


def known(store: FolderStore, old: str, new: str) -> None:
    """Somebody who may write in the ledger has it know a release by another name."""
    record = json.loads(store.read(f"ledger/releases/tiny/{old}.json").data) | {"release": new}
    store.create(f"ledger/releases/tiny/{new}.json", json.dumps(record).encode())
    before, after = (ledger.rows_of("tiny", one) for one in (old, new))
    for name in record["rows"]:
        store.create(f"{after}{name}.parquet", store.read(f"{before}{name}.parquet").data)


def forged(store: FolderStore, old: str, path: str, change: Callable[[bytes], bytes], **told: object) -> str:
    """A release with another file, or another manifest, sealed and known to the ledger as if it were ours."""
    prefix = f"published/tiny/releases/{old}/"
    stated = manifest(store, old)
    files = {one: store.read(prefix + one).data for one in stated["files"]}
    files[path] = change(files[path])
    stated["files"] = {one: {"sha256": sha256(data), "size": len(data)} for one, data in files.items()}
    stated |= told
    sealed = release.canonical(stated)
    new = sha256(sealed)[:16]
    for one, data in {**files, release.MANIFEST: sealed}.items():
        store.create(f"published/tiny/releases/{new}/{one}", data)
    known(store, old, new)
    return new


def facts_with(**changed: object) -> Callable[[bytes], bytes]:
    """The first shown figure is another."""

    def change(data: bytes) -> bytes:
        table = parquet.from_bytes(data)
        rows = table.to_pylist()
        next(row for row in rows if row["status"] == "F" and row["verdict"]).update(changed)
        return parquet.to_bytes(pa.Table.from_pylist(rows, table.schema))

    return change


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_release_is_the_same_to_the_last_byte_whatever_was_published_since(made: Made, number: int) -> None:
    done = again(made.store, made.releases[number])
    assert done.state == "same"
    count = len(manifest(made.store, made.releases[number])["files"])
    assert f"each of its {count} files has the same bytes" in done.words
    verified = verify(made.store, "tiny", made.releases[number], code_version=CODE)
    assert verified.remade == done


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (FACTS, facts_with(mean=1.0)),
        (FACTS, facts_with(verdict="down")),
        (FACTS, facts_with(ci_low=0.0)),
        ("reports/A/leader.html", lambda data: data.replace(b"Trygghet", b"Utrygghet")),
        ("reports/A/leader.pdf", lambda data: data + b"%"),
        ("disclosure.json", lambda data: data + b"\n"),
    ],
)
def test_whatever_somebody_changed_and_sealed_again_is_found(
    made: Made, store: FolderStore, path: str, change: Callable[[bytes], bytes]
) -> None:
    new = forged(store, made.releases[1], path, change)
    done = again(store, new)
    assert (done.state, path in done.words) == ("differs", True)
    verified = verify(store, "tiny", new, code_version=CODE)
    assert (verified.status, verified.good, verified.problems) == ("not verified", False, ())


def test_a_manifest_that_says_other_things_is_found(made: Made, store: FolderStore) -> None:
    new = forged(store, made.releases[1], FACTS, bytes, minimum_group_size={"mean": 3, "distribution": 3})
    assert again(store, new) == Remade("differs", "its manifest says other things of it than its run gives")


def test_a_release_that_the_ledger_does_not_know_is_not_ours(made: Made, store: FolderStore) -> None:
    store.delete(f"ledger/releases/tiny/{made.releases[1]}.json")
    done = again(store, made.releases[1])
    assert (done.state, "the ledger knows no release" in done.words) == ("differs", True)


def test_private_tables_that_contradict_each_other_are_found(made: Made, store: FolderStore) -> None:
    old = made.releases[1]
    key = f"{ledger.rows_of('tiny', old)}protected.parquet"
    table = parquet.from_bytes(store.read(key).data)
    rows = table.to_pylist()
    next(row for row in rows if row["status"] == "F")["answered"] += 1
    data = parquet.to_bytes(pa.Table.from_pylist(rows, table.schema))
    overwrite(store, key, data)
    record = json.loads(store.read(f"ledger/releases/tiny/{old}.json").data)
    record["rows"]["protected"] = sha256(data)
    overwrite(store, f"ledger/releases/tiny/{old}.json", json.dumps(record).encode())
    done = again(store, old)
    assert (done.state, "contradict each other" in done.words) == ("differs", True)


@pytest.mark.parametrize("code", [None, "2+def"])
def test_other_code_does_not_try(made: Made, code: str | None) -> None:
    done = again(made.store, made.releases[0], code)
    assert (done.state, "the code and the survey file" in done.words) == ("not made", True)
    assert verify(made.store, "tiny", made.releases[0], code_version=code).status == "verified"


def test_another_survey_file_does_not_try(made: Made, store: FolderStore, tmp_path: Path) -> None:
    (tmp_path / "survey.toml").write_text(ON_PAPER.replace('"Liten"', '"Mindre"', 1), "utf-8")
    (tmp_path / "tiny.toml").write_text(INSTRUMENT, "utf-8")
    register.register(store, register.beside(tmp_path / "survey.toml"))
    assert again(store, made.releases[0]).state == "not made"


def test_what_is_no_longer_there_is_told(made: Made, store: FolderStore) -> None:
    old = made.releases[1]
    (key,) = manifest(store, old)["waves"][-1]["inputs"]["actions"]
    data = store.read(key).data
    overwrite(store, key, data + b" ")
    assert "the table of actions that it was made with has other bytes" in again(store, old).words
    store.delete(key)
    done = again(store, old)
    assert (done.state, key in done.words) == ("not made", True)
    store.create(key, data)
    assert again(store, old).state == "same"
    store.delete(f"{ledger.rows_of('tiny', old)}members.parquet")
    done = again(store, old)
    assert (done.state, "members of release" in done.words) == ("not made", True)
