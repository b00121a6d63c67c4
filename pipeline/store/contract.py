"""What every store does: objects under keys, read, made, replaced and deleted, coordinated by conditional writes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Protocol, TypeAlias

from pipeline.errors import Refused

ZONES = (
    "config",
    "landing",
    "quarantine",
    "responses",
    "organisation",
    "identities",
    "links",
    "ledger",
    "candidate",
    "published",
)
CHUNK = 1 << 20  # bytes of a large object that are in memory at once
Content: TypeAlias = bytes | BinaryIO  # of an object: its bytes, or a file with them, from its beginning to its end


@dataclass(frozen=True)
class Stored:
    """An object as it was read; `etag` is what a later `replace` must name."""

    data: bytes
    etag: str


@dataclass(frozen=True)
class Listed:
    """An object as a listing shows it; `size` in bytes."""

    key: str
    size: int


class Store(Protocol):
    """Objects under keys whose first part is one of ZONES. Writes are conditional, so effects are idempotent."""

    def read(self, key: str, version: str = "") -> Stored:
        """The whole object; of a versioned bucket this version of it, or the latest. Raises NotStored."""
        ...

    def open(self, key: str, version: str = "") -> contextlib.AbstractContextManager[BinaryIO]:
        """The same object as a file to read from any place, for as long as the context lasts. Raises NotStored."""
        ...

    def create(self, key: str, data: Content) -> None:
        """Writes a new object; the same bytes again is no change. Raises StoreConflict where others lie there."""
        ...

    def replace(self, key: str, data: Content, etag: str | None) -> None:
        """Writes over the object that has this etag (None: there is none yet). Raises StoreConflict."""
        ...

    def keys(self, prefix: str) -> Iterator[Listed]:
        """Objects whose key starts with `prefix`, in the order of their keys."""
        ...

    def delete(self, key: str) -> None:
        """Removes the object, with every version of it; none there is no error."""
        ...


def check_key(key: str) -> str:
    """The key itself when it is one of ours: a known zone, no empty part, no `.` or `..`. Raises Refused."""
    parts = key.split("/")
    if parts[0] not in ZONES or any(part in {"", ".", ".."} for part in parts) or "\\" in key or "\0" in key:
        msg = f"not a key of a workspace: {key!r}"
        raise Refused(msg)
    return key


def bucket_of(zone: str) -> str:
    """The bucket a zone belongs to: landing, quarantine and published have other readers or writers than us."""
    return zone if zone in {"landing", "quarantine", "published"} else "private"


def same(there: BinaryIO, data: Content) -> bool:
    """Whether two contents are the same, a part at a time."""
    mine = BytesIO(data) if isinstance(data, bytes) else data
    mine.seek(0)
    while part := there.read(CHUNK):
        if mine.read(CHUNK) != part:
            return False
    return not mine.read(1)
