"""What is published, read back: the current release, its tables, and whether every byte is what was published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline import parquet, release
from pipeline.content import sha256
from pipeline.errors import NotStored, RunRefused
from pipeline.release import Published

if TYPE_CHECKING:
    from pipeline.store import Store


@dataclass(frozen=True)
class Current:
    """The release that readers are pointed to, with the etag that moving the pointer must name."""

    release: str
    manifest: Mapping[str, Any]
    etag: str

    @property
    def chain(self) -> tuple[str, ...]:
        """Every release that was current, the first one first."""
        return tuple(one.release for one in self.published)

    @property
    def published(self) -> tuple[Published, ...]:
        """Every publication so far, the first one first."""
        return published_with(self.release, self.manifest)

    def holds(self, wave: str) -> tuple[str, str] | None:
        """The run that published a wave last, and the release it made; None while it is unpublished."""
        made = [one for one in self.published if one.wave == wave]
        return (made[-1].run, made[-1].release) if made else None


def current(store: Store, survey_id: str) -> Current | None:
    """The release readers see now; None before the first, and when that was taken back.

    Raises RunRefused when its manifest is not the named one.
    """
    return look(store, survey_id)[0]


def look(store: Store, survey_id: str) -> tuple[Current | None, str | None]:
    """The release readers see now, and the etag that moving the pointer must name; None where there is no pointer.

    Raises RunRefused as `current` does.
    """
    try:
        pointer = store.read(pointer_of(survey_id))
    except NotStored:
        return None, None
    named = json.loads(pointer.data)
    if named["release"] is None:
        return None, pointer.etag
    manifest = _manifest(store, survey_id, named["release"])
    if sha256(manifest) != named["manifest_sha256"]:
        raise RunRefused(_not_its_own(named["release"]))
    return Current(named["release"], json.loads(manifest), pointer.etag), pointer.etag


def pointer_to(release_id: str | None, manifest: bytes | None, taken_back: tuple[str, ...] = ()) -> bytes:
    """The pointer's content. To no release it names those that were `taken_back`: it is never the same twice."""
    if release_id is None or manifest is None:
        return release.canonical({"release": None, "manifest_sha256": None, "retracted": taken_back})
    return release.canonical({"release": release_id, "manifest_sha256": sha256(manifest)})


def published_with(release_id: str, manifest: Mapping[str, Any]) -> tuple[Published, ...]:
    """Every publication that led to a release, the first one first and its own the last."""
    waves = manifest["waves"]
    before = manifest.get("published")
    if before is None:  # written when a wave was published once: each wave names the release it was built on
        made = [*(one["base"] for one in waves[1:]), release_id]
        return tuple(Published(one["wave"], one["run"], by) for one, by in zip(waves, made, strict=True))
    return (*(Published(**one) for one in before), Published(waves[-1]["wave"], waves[-1]["run"], release_id))


def manifest_of(store: Store, survey_id: str, release_id: str) -> Mapping[str, Any]:
    """What a release says about itself. Raises RunRefused when its manifest is not the one that gave it its name."""
    found: Mapping[str, Any] = json.loads(_manifest(store, survey_id, release_id))
    return found


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
    """The tables of a release by name, each checked against its manifest. Raises RunRefused for other bytes.

    Columns and tables that the code of that time did not have are empty.
    """
    listed = json.loads(_manifest(store, survey_id, release_id))["files"]
    found = {}
    for name, schema in release.TABLES.items():
        path = release.path_of(name)
        if name == "distributions" and path not in listed:
            found[name] = schema.empty_table()
            continue
        data = _as_listed(store, survey_id, release_id, path, listed[path])
        found[name] = _as_now(parquet.from_bytes(data), schema)
    return found


def file_of(store: Store, survey_id: str, release_id: str, path: str) -> bytes | None:
    """A file of a release, checked in the same way; None where its manifest lists none. Raises RunRefused."""
    listed = json.loads(_manifest(store, survey_id, release_id))["files"].get(path)
    return None if listed is None else _as_listed(store, survey_id, release_id, path, listed)


def _as_listed(store: Store, survey_id: str, release_id: str, path: str, listed: Mapping[str, Any]) -> bytes:
    data = read_file(store, survey_id, release_id, path)
    if data is None or sha256(data) != listed["sha256"]:
        msg = f"{path} of release {release_id} is not what was published; whoever keeps the store restores it"
        raise RunRefused(msg)
    return data


def _as_now(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """With the columns of today, null where the table has none of that name."""
    rows, there = table.num_rows, set(table.schema.names)
    columns = [table[one.name] if one.name in there else pa.nulls(rows, one.type) for one in schema]
    return table if table.schema.equals(schema) else pa.table(columns, schema=schema)


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
    if data is None and not any(True for _ in store.keys(folder_of(survey_id, release_id))):
        msg = f"there is no release {release_id} of survey {survey_id}; `pulsverk status` shows which there are"
        raise RunRefused(msg)
    if data is None or sha256(data)[:16] != release_id:
        raise RunRefused(_not_its_own(release_id))
    return data


def _not_its_own(release_id: str) -> str:
    return (
        f"the manifest of release {release_id} is not the one that was published; whoever keeps the store restores it"
    )
