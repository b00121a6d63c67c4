"""A workspace of the tiny survey whose waves are aggregated and judged, and wait for publication."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tiny_survey import KEY, SURVEY
from tiny_wave import prepare

from pipeline import ingest, register
from pipeline.aggregate import aggregate
from pipeline.check import check
from pipeline.errors import NotStored
from pipeline.store import FolderStore, Listed, Store, Stored

if TYPE_CHECKING:
    from pipeline.keyring import Keys

CODE = "1+abc"


def received(root: Path, text: str = SURVEY) -> FolderStore:
    """Both waves are received."""
    folder, store = prepare(root / "prepared", text=text), FolderStore(root / "work")
    register.register(store, register.beside(folder / "survey.toml"))
    for wave in ("w1", "w2"):
        receive(store, folder, wave, KEY)
    return store


def receive(store: Store, folder: Path, wave: str, keys: Keys, survey: str = "tiny") -> None:
    """A wave of a prepared folder is received."""
    for path in sorted(folder.glob(f"{wave}/*/*")):
        key = f"landing/{survey}/{path.relative_to(folder).as_posix()}"
        store.create(key, path.read_bytes())
        ingest.receive(store, keys, ingest.Landed(key))


def judged(store: Store, wave: str) -> str:
    """Aggregates and judges a wave; its run."""
    run = aggregate(store, "tiny", wave, code_version=CODE).run
    check(store, "tiny", wave, run, code_version=CODE)
    return run


def copied(store: FolderStore, to: Path) -> FolderStore:
    """The same workspace elsewhere, to be changed."""
    shutil.copytree(store.root, to)
    return FolderStore(to)


def content(store: FolderStore, prefix: str = "published/") -> dict[str, bytes]:
    """Everything under a prefix."""
    return {one.key: store.read(one.key).data for one in store.keys(prefix)}


def overwrite(store: Store, key: str, data: bytes) -> None:
    """Somebody writes behind our back."""
    try:
        etag = store.read(key).etag
    except NotStored:
        store.create(key, data)
    else:
        store.replace(key, data, etag)


class Watched:
    """A store that tells of every call before it is made, and after it took effect."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.calls: list[tuple[str, str]] = []

    def before(self, verb: str, key: str) -> None:
        """Called first."""
        self.calls.append((verb, key))

    def after(self, verb: str, key: str) -> None:
        """Called last."""

    def read(self, key: str, version: str = "") -> Stored:
        """See Store."""
        self.before("read", key)
        found = self.inner.read(key, version)
        self.after("read", key)
        return found

    def create(self, key: str, data: bytes) -> None:
        """See Store."""
        self.before("create", key)
        self.inner.create(key, data)
        self.after("create", key)

    def replace(self, key: str, data: bytes, etag: str | None) -> None:
        """See Store."""
        self.before("replace", key)
        self.inner.replace(key, data, etag)
        self.after("replace", key)

    def keys(self, prefix: str) -> Iterator[Listed]:
        """See Store."""
        self.before("keys", prefix)
        found = list(self.inner.keys(prefix))
        self.after("keys", prefix)
        return iter(found)

    def delete(self, key: str) -> None:
        """See Store."""
        self.before("delete", key)
        self.inner.delete(key)
        self.after("delete", key)
