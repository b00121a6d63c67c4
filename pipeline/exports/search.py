"""Whether a file holds a person, in whatever of its records: to find what an erasure must take away."""

from __future__ import annotations

from pipeline.errors import ExportRejected
from pipeline.exports.excel_no import unguarded
from pipeline.exports.table import tabulate


def holds(data: bytes, person: str) -> bool:
    """Whether a cell of the file is this person's id.

    In a file that cannot be read as a table, whether the id is in it anywhere: rather one file too many.
    """
    person = person.strip()
    try:
        rows = tabulate(data).rows
    except ExportRejected:
        return any(person.encode(encoding, "ignore") in data for encoding in ("utf-8", "cp1252", "utf-16-le"))
    return any(person in row or any(unguarded(cell) == person for cell in row) for row in rows)
