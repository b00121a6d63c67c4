"""Pushed files: bytes -> cells -> responses, or ExportRejected. One module a format, found by content alone."""

from __future__ import annotations

from pipeline.exports.detection import read
from pipeline.exports.inspection import Inspection, count_reasons, count_records, examine, inspect
from pipeline.exports.organisation import ids
from pipeline.exports.reading import Reading
from pipeline.exports.received import Received, of_reading
from pipeline.exports.receiving import count_in, receive
from pipeline.exports.responses import interpret
from pipeline.exports.scratch import Scratch
from pipeline.exports.search import holds
from pipeline.exports.sheet import Accounts, Dialect, Fault, Sheet

__all__ = [
    "Accounts",
    "Dialect",
    "Fault",
    "Inspection",
    "Reading",
    "Received",
    "Scratch",
    "Sheet",
    "count_in",
    "count_reasons",
    "count_records",
    "examine",
    "holds",
    "ids",
    "inspect",
    "interpret",
    "of_reading",
    "read",
    "receive",
]
