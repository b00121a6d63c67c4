"""Where the pseudonym keys of a workspace are kept: in a file beside it and never in it, or in AWS Secrets Manager."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from functions.secret import KeySecret, new_key
from pipeline import keyring
from pipeline.commands.answer import beside
from pipeline.errors import Refused, StoreConflict
from pipeline.store import FolderStore

if TYPE_CHECKING:
    from pipeline.keyring import Keyring
    from pipeline.rotation import Holder
    from pipeline.store import Store

SECRET = "secret:"  # noqa: S105 - what a --key-file begins with that is the name of a secret
_OTHERS = 0o077  # what group and everybody else may do with a file


@dataclass(frozen=True)
class KeyFile:
    """A ring in a file that its owner alone may read."""

    path: Path

    def read(self) -> Keyring:
        """See Holder. Says so on standard error when others can read the file."""
        try:
            text = self.path.read_bytes()
        except OSError as error:
            msg = f"the pseudonym key {self.path} cannot be read: {error.strerror}"
            raise Refused(msg) from error
        found = keyring.parse(text, str(self.path))
        if os.name == "posix" and self.path.stat().st_mode & _OTHERS:
            beside().print(f"Others can read the pseudonym key {self.path}; chmod 600 it.", soft_wrap=True)
        return found

    def replace(self, before: Keyring, after: Keyring) -> None:
        """See Holder. A whole file takes the place of the other, so that nobody ever reads half a ring."""
        if self.read() != before:
            raise StoreConflict(str(self.path))
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=self.path.parent)  # which others may not read
        aside = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(keyring.to_json(after))
                file.flush()
                os.fsync(file.fileno())
            aside.replace(self.path)
        finally:
            aside.unlink(missing_ok=True)

    def make(self) -> None:
        """Makes a first key where there is none."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(keyring.to_json(keyring.Keyring((new_key(),))))
        beside().print(
            f"Made the pseudonym key {self.path}. Keep a copy where only those may read it who may know who answered "
            "what: without it nobody's answers can be followed from wave to wave, and with it they can.",
            soft_wrap=True,
        )


def holder_of(store: Store, key_file: str | None) -> Holder:
    """What keeps the keys that `key_file` names, or those in the file beside a folder; see `keys_of`."""
    if key_file is not None and key_file.startswith(SECRET):
        return KeySecret(key_file.removeprefix(SECRET))
    if key_file is not None:
        return KeyFile(Path(key_file))
    if not isinstance(store, FolderStore):
        msg = "over S3 the pseudonym key comes from --key-file or PULSVERK_KEY_FILE: the one that the functions use"
        raise click.UsageError(msg)
    return KeyFile(key_beside(store.root))


def keys_of(store: Store, key_file: str | None) -> Keyring:
    """The keys of a workspace; the first one is made, beside a folder, when nothing was received there yet.

    Raises Refused when they are missing although people were pseudonymised with them, or cannot be read.
    """
    holder = holder_of(store, key_file)
    if key_file is None and isinstance(holder, KeyFile) and not holder.path.exists():
        if any(True for _ in store.keys("ledger/files/")):
            msg = (
                f"{holder.path} is missing, and people of this workspace have their pseudonyms from it: restore it, or "
                "name its copy with --key-file. With a new key everybody would be somebody else"
            )
            raise Refused(msg)
        holder.make()
    return holder.read()


def key_beside(folder: Path) -> Path:
    """Where the keys of a folder workspace lie: `<folder>.key`, so that whoever copies the folder has no key."""
    whole = folder.resolve()
    return whole.with_name(f"{whole.name}.key")
