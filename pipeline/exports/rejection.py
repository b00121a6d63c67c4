"""The one way in which a reader of exports refuses a file."""

from __future__ import annotations

from typing import NoReturn

from pipeline.errors import ExportRejected, Place


def reject(reason: str, message: str, record: int | None = None, column: str | None = None) -> NoReturn:
    """Raises ExportRejected, without the error that led to it: that one may hold what the file says."""
    raise ExportRejected(reason, message, Place(record, column)) from None
