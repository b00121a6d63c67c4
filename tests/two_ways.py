"""A file of answers read in both ways: in blocks of a few bytes, and as a whole by the strict reader."""

from __future__ import annotations

from collections.abc import Collection
from io import BytesIO
from typing import TYPE_CHECKING, Any

from tiny_survey import KEY

from pipeline.errors import ExportRejected
from pipeline.exports import Received, Scratch, streaming
from pipeline.exports.census import Uncertain
from pipeline.exports.receiving import receive_whole

if TYPE_CHECKING:
    from pipeline.survey import Survey

Told = dict[str, Any]
SOURCE = "f" * 64


def told(received: Received) -> Told:
    """Everything that would be stored."""
    return {
        "accounts": received.accounts,
        "reasons": dict(received.reasons),
        "missing": received.missing,
        "doubt": received.doubt,
        "table": received.table.read() if received.table else None,
        "quarantine": {name: file.read() for name, file in received.quarantine.items()},
    }


def whole(data: bytes, survey: Survey, erased: Collection[str] = ()) -> Told:
    """What the strict reader makes of it, or its refusal."""
    try:
        with Scratch() as scratch:
            return told(receive_whole(BytesIO(data), survey, KEY, SOURCE, erased, scratch))
    except ExportRejected as refusal:
        return {"reason": refusal.reason, "message": str(refusal)}


def in_blocks(data: bytes, survey: Survey, erased: Collection[str] = (), size: int = 1) -> Told | None:
    """What reading in blocks makes of it; None where it leaves the file to the strict reader."""
    try:
        with Scratch() as scratch:
            return told(streaming.read(BytesIO(data), survey, KEY, SOURCE, erased, scratch, size=size))
    except Uncertain:
        return None
    except ExportRejected as refusal:
        return {"reason": refusal.reason, "message": str(refusal)}
