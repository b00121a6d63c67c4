"""What content goes by in the ledger, the manifest, the gates and the store: its sha256."""

from __future__ import annotations

import hashlib


def sha256(data: bytes) -> str:
    """64 hex digits."""
    return hashlib.sha256(data).hexdigest()
