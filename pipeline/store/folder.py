"""A workspace in a folder."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from pipeline.content import sha256
from pipeline.errors import NotStored, StoreConflict
from pipeline.store.contract import CHUNK, Content, Listed, Stored, check_key, same


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
                    if not same(there, data):
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
