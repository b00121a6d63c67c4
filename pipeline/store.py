"""Where everything lies: the same keys in a folder or in S3 buckets, coordinated by conditional writes.

The only importer of boto3 below the command line.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeAlias

import boto3
from botocore.exceptions import ClientError

from pipeline.content import sha256
from pipeline.errors import NotStored, Refused, StoreConflict

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

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


class FolderStore:
    """A workspace in a folder: for one process at a time on one machine, and for every test."""

    def __init__(self, root: Path) -> None:
        """`root` need not exist yet."""
        self.root = root

    def _path(self, key: str) -> Path:
        return self.root / PurePosixPath(check_key(key))

    def read(self, key: str, version: str = "") -> Stored:  # noqa: ARG002 - a folder keeps no versions
        """See Store."""
        try:
            data = self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotStored(key) from None
        return Stored(data, sha256(data))

    @contextlib.contextmanager
    def open(self, key: str, version: str = "") -> Iterator[BinaryIO]:  # noqa: ARG002 - a folder keeps no versions
        """See Store."""
        try:
            file = self._path(key).open("rb")
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise NotStored(key) from None
        with file:
            yield file

    def create(self, key: str, data: Content) -> None:
        """See Store. A hard link to a finished file, so that nobody ever reads a half-written one."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._written_aside(path, data) as aside:
            try:
                os.link(aside, path)
            except FileExistsError:
                with path.open("rb") as there:
                    if not _same(there, data):
                        raise StoreConflict(key) from None

    def replace(self, key: str, data: Content, etag: str | None) -> None:
        """See Store."""
        if etag is None:
            self.create(key, data)
            return
        try:
            there = self.read(key).etag
        except NotStored:
            raise StoreConflict(key) from None
        if there != etag:
            raise StoreConflict(key)
        path = self._path(key)
        with self._written_aside(path, data) as aside:
            aside.replace(path)

    def keys(self, prefix: str) -> Iterator[Listed]:
        """See Store."""
        folder = self.root / prefix.rpartition("/")[0]
        found = []
        for where, _, names in os.walk(folder):
            for name in names:
                path = Path(where, name)
                key = path.relative_to(self.root).as_posix()
                if key.startswith(prefix) and not name.startswith(".writing-"):
                    found.append(Listed(key, path.stat().st_size))
        yield from sorted(found, key=lambda one: one.key)

    def delete(self, key: str) -> None:
        """See Store."""
        self._path(key).unlink(missing_ok=True)

    @contextlib.contextmanager
    def _written_aside(self, path: Path, data: Content) -> Iterator[Path]:
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
        aside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                if isinstance(data, bytes):
                    file.write(data)
                else:
                    data.seek(0)
                    shutil.copyfileobj(data, file, CHUNK)
            yield aside
        finally:
            aside.unlink(missing_ok=True)


class S3Store:
    """A workspace in S3: each zone in the bucket that is named for it."""

    def __init__(self, client: S3Client, buckets: Mapping[str, str]) -> None:
        """`buckets` names one for every zone; several zones may share one."""
        self._client = client
        self._buckets = dict(buckets)

    def _place(self, key: str) -> tuple[str, str]:
        return self._buckets[check_key(key).split("/")[0]], key

    def address(self, key: str) -> str:
        """`s3://bucket/key`, as other services name it; of a folder too, whose key ends with /."""
        return f"s3://{self._place(key.rstrip('/'))[0]}/{key}"

    def _get(self, key: str, version: str) -> GetObjectOutputTypeDef:
        bucket, key = self._place(key)
        try:
            if version:
                return self._client.get_object(Bucket=bucket, Key=key, VersionId=version)
            return self._client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if _status(error) == 404:  # noqa: PLR2004 - HTTP
                raise NotStored(key) from None
            raise

    def read(self, key: str, version: str = "") -> Stored:
        """See Store."""
        answer = self._get(key, version)
        return Stored(answer["Body"].read(), answer["ETag"])

    @contextlib.contextmanager
    def open(self, key: str, version: str = "") -> Iterator[BinaryIO]:
        """See Store. The object is brought to a file of the machine, so that memory holds none of it."""
        body = self._get(key, version)["Body"]
        with tempfile.TemporaryFile() as file:
            for part in body.iter_chunks(CHUNK):
                file.write(part)
            file.seek(0)
            yield file

    def create(self, key: str, data: Content) -> None:
        """See Store."""
        bucket, key = self._place(key)
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=_from_start(data), IfNoneMatch="*")
        except ClientError as error:
            if not _is_conflict(error):
                raise
            with self.open(key) as there:
                if not _same(there, data):
                    raise StoreConflict(key) from error

    def replace(self, key: str, data: Content, etag: str | None) -> None:
        """See Store."""
        if etag is None:
            self.create(key, data)
            return
        bucket, key = self._place(key)
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=_from_start(data), IfMatch=etag)
        except ClientError as error:
            if _is_conflict(error) or _status(error) == 404:  # noqa: PLR2004 - HTTP
                raise StoreConflict(key) from error
            raise

    def keys(self, prefix: str) -> Iterator[Listed]:
        """See Store. S3 lists in the order of the keys' UTF-8 bytes."""
        bucket = self._buckets[prefix.split("/", maxsplit=1)[0]]
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                yield Listed(entry["Key"], entry["Size"])

    def delete(self, key: str) -> None:
        """See Store. In a versioned bucket a plain delete would leave the data there, so each version goes."""
        bucket, key = self._place(key)
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                if entry["Key"] == key:
                    self._client.delete_object(Bucket=bucket, Key=key, VersionId=entry["VersionId"])


def open_store(workspace: str) -> Store:
    """A folder's path, `s3://bucket`, or `s3://name-{zone}` with a bucket for each zone.

    Raises Refused for an address that is none of these.
    """
    if not workspace.startswith("s3://"):
        return FolderStore(Path(workspace))
    name = workspace.removeprefix("s3://").rstrip("/")
    if not name or "/" in name:
        msg = f"{workspace!r} should be s3://bucket or s3://name-{{zone}}, without a folder"
        raise Refused(msg)
    return S3Store(boto3.client("s3"), {zone: name.replace("{zone}", bucket_of(zone)) for zone in ZONES})


def bucket_of(zone: str) -> str:
    """The bucket a zone belongs to: landing, quarantine and published have other readers or writers than us."""
    return zone if zone in {"landing", "quarantine", "published"} else "private"


def _from_start(data: Content) -> Content:
    if not isinstance(data, bytes):
        data.seek(0)
    return data


def _same(there: BinaryIO, data: Content) -> bool:
    """Whether two contents are the same, a part at a time."""
    mine = BytesIO(data) if isinstance(data, bytes) else data
    mine.seek(0)
    while part := there.read(CHUNK):
        if mine.read(CHUNK) != part:
            return False
    return not mine.read(1)


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def _is_conflict(error: ClientError) -> bool:
    return _status(error) in {409, 412}
