"""Pushed files: bytes -> cells -> responses, or ExportRejected. One module a format, found by content alone."""

from __future__ import annotations

from pipeline.exports.detection import read
from pipeline.exports.inspection import count_reasons, count_records, inspect
from pipeline.exports.reading import Reading
from pipeline.exports.responses import interpret
from pipeline.exports.search import holds
from pipeline.exports.sheet import Accounts, Dialect, Fault, Sheet

__all__ = [
    "Accounts",
    "Dialect",
    "Fault",
    "Reading",
    "Sheet",
    "count_reasons",
    "count_records",
    "holds",
    "inspect",
    "interpret",
    "read",
]
