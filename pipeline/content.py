"""What content goes by in the ledger, the manifest, the gates and the store: its sha256."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

_CHUNK = 1 << 18  # bytes that are in memory at once


def sha256(data: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_of(file: BinaryIO) -> str:
    """The same of all that is in a file, a part at a time."""
    file.seek(0)
    found = hashlib.sha256()
    while part := file.read(_CHUNK):
        found.update(part)
    return found.hexdigest()
