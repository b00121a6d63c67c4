"""What is published, read back: the current release, its tables, and whether every byte is what was published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline import parquet, release
from pipeline.content import sha256
from pipeline.errors import NotStored, RunRefused

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.store import Store

TABLES = ("facts", "units", "segments", "measures", "waves", "actions")


@dataclass(frozen=True)
class Current:
    """The release that readers are pointed to, with the etag that moving the pointer must name."""

    release: str
    manifest: Mapping[str, Any]
    etag: str

    @property
    def chain(self) -> tuple[str, ...]:
        """Every release that was current, the first one first: each wave names the one it was built on."""
        return (*(one["base"] for one in self.manifest["waves"] if one["base"] is not None), self.release)

    def holds(self, wave: str) -> tuple[str, str] | None:
        """The run that published a wave and the release it made; None while it is unpublished."""
        for one, made in zip(self.manifest["waves"], self.chain, strict=True):
            if one["wave"] == wave:
                return one["run"], made
        return None


def current(store: Store, survey_id: str) -> Current | None:
    """The release readers see now; None before the first. Raises RunRefused when its manifest is not the named one."""
    try:
        pointer = store.read(pointer_of(survey_id))
    except NotStored:
        return None
    named = json.loads(pointer.data)
    manifest = _manifest(store, survey_id, named["release"])
    if sha256(manifest) != named["manifest_sha256"]:
        raise RunRefused(_not_its_own(named["release"]))
    return Current(named["release"], json.loads(manifest), pointer.etag)


def verify_files(store: Store, survey_id: str, release_id: str) -> tuple[str, ...]:
    """What is wrong with a stored release, one line a file: missing, of other bytes, or not in its manifest.

    Empty when the manifest hashes to the release's id and every file hashes to what the manifest says.
    """
    try:
        listed = json.loads(_manifest(store, survey_id, release_id))["files"]
    except RunRefused:
        return (f"{release.MANIFEST} is missing, or not the one that gave the release its name",)
    prefix = folder_of(survey_id, release_id)
    there = {one.key.removeprefix(prefix) for one in store.keys(prefix)}
    problems = [f"{path} is not in the manifest" for path in sorted(there - {*listed, release.MANIFEST})]
    for path, expected in sorted(listed.items()):
        data = read_file(store, survey_id, release_id, path)
        if data is None:
            problems.append(f"{path} is missing")
        elif sha256(data) != expected["sha256"]:
            problems.append(f"{path} has other bytes than were published")
    return tuple(problems)


def tables_of(store: Store, survey_id: str, release_id: str) -> dict[str, pa.Table]:
    """The tables of a release by name, each checked against its manifest. Raises RunRefused for other bytes."""
    listed = json.loads(_manifest(store, survey_id, release_id))["files"]
    found = {}
    for name in TABLES:
        path = release.path_of(name)
        data = read_file(store, survey_id, release_id, path)
        if data is None or sha256(data) != listed[path]["sha256"]:
            msg = f"{path} of release {release_id} is not what was published; whoever keeps the store restores it"
            raise RunRefused(msg)
        found[name] = parquet.from_bytes(data)
    return found


def folder_of(survey_id: str, release_id: str) -> str:
    """The prefix of a release's files."""
    return f"published/{survey_id}/releases/{release_id}/"


def pointer_of(survey_id: str) -> str:
    """The key that says which release is current."""
    return f"published/{survey_id}/current.json"


def read_file(store: Store, survey_id: str, release_id: str, path: str) -> bytes | None:
    """A file of a release as it is stored, unchecked; None when it is not there."""
    try:
        return store.read(folder_of(survey_id, release_id) + path).data
    except NotStored:
        return None


def _manifest(store: Store, survey_id: str, release_id: str) -> bytes:
    """The manifest that gave the release its name. Raises RunRefused for any other, or none."""
    data = read_file(store, survey_id, release_id, release.MANIFEST)
    if data is None or sha256(data)[:16] != release_id:
        raise RunRefused(_not_its_own(release_id))
    return data


def _not_its_own(release_id: str) -> str:
    return (
        f"the manifest of release {release_id} is not the one that was published; whoever keeps the store restores it"
    )
