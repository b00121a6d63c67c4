"""Where everything lies: the same keys in a folder or in S3 buckets (`pipeline.store.s3`)."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import Refused
from pipeline.store.contract import ZONES, Content, Listed, Store, Stored, bucket_of, check_key
from pipeline.store.folder import FolderStore

__all__ = [
    "CHUNK",
    "ZONES",
    "Content",
    "FolderStore",
    "Listed",
    "Store",
    "Stored",
    "bucket_of",
    "check_key",
    "open_store",
]


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
    from pipeline.store import s3  # noqa: PLC0415 - boto3 takes longer to import than a folder to work in

    return s3.in_buckets(name)
