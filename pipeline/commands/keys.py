"""The pseudonym key of a workspace: a file that lies beside the workspace and never in it."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.answer import beside
from pipeline.errors import Refused
from pipeline.pseudonyms import PseudonymKey
from pipeline.store import FolderStore

if TYPE_CHECKING:
    from pipeline.store import Store

_OTHERS = 0o077  # what group and everybody else may do with a file


def pseudonym_key(store: Store, key_file: str | None) -> PseudonymKey:
    """The key in `key_file`, or in the file beside a folder; there it is made when nothing was received yet.

    Raises Refused when it is missing although people were pseudonymised with it, or cannot be read.
    """
    if key_file is not None:
        return _read(Path(key_file))
    if not isinstance(store, FolderStore):
        msg = "over S3 the pseudonym key comes from --key-file or PULSVERK_KEY_FILE: the one that the functions use"
        raise click.UsageError(msg)
    beside_it = key_beside(store.root)
    if beside_it.exists():
        return _read(beside_it)
    if any(True for _ in store.keys("ledger/files/")):
        msg = (
            f"{beside_it} is missing, and people of this workspace have their pseudonyms from it: restore it, or name "
            "its copy with --key-file. With a new key everybody would be somebody else"
        )
        raise Refused(msg)
    return _make(beside_it)


def key_beside(folder: Path) -> Path:
    """Where the key of a folder workspace lies: `<folder>.key`, so that whoever copies the folder has no key."""
    whole = folder.resolve()
    return whole.with_name(f"{whole.name}.key")


def _make(path: Path) -> PseudonymKey:
    key = PseudonymKey(f"k{secrets.token_hex(3)}", secrets.token_hex(32).encode())
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"id": key.id, "secret": key.secret.decode()}, file)
    beside().print(
        f"Made the pseudonym key {path}. Keep a copy where only those may read it who may know who answered what: "
        "without it nobody's answers can be followed from wave to wave, and with it they can.",
        soft_wrap=True,
    )
    return key


def _read(path: Path) -> PseudonymKey:
    try:
        found = json.loads(path.read_bytes())
        key = PseudonymKey(found["id"], found["secret"].encode())
    except OSError as error:
        msg = f"the pseudonym key {path} cannot be read: {error.strerror}"
        raise Refused(msg) from error
    except (ValueError, TypeError, KeyError, AttributeError):
        # From nothing: the words of these errors may hold the secret.
        msg = f'the pseudonym key {path} should be JSON like {{"id": "1", "secret": "..."}}'
        raise Refused(msg) from None
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        beside().print(f"Others can read the pseudonym key {path}; chmod 600 it.", soft_wrap=True)
    return key
