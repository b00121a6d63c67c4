"""Whether a file holds a person, in whatever of its records: to find what an erasure must take away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.errors import ExportRejected
from pipeline.exports import ndjson
from pipeline.exports.excel_no import unguarded
from pipeline.exports.sources import NO_TEXT, open_source
from pipeline.exports.table import tabulate


def holds(data: bytes, person: str) -> bool:
    """Whether a cell of the file is this person's id.

    In a text that cannot be read as a table, whether the id is in it anywhere; what cannot be opened at all may hold
    anybody. Rather one file too many.
    """
    person = person.strip()
    try:
        rows = _rows(data)
    except ExportRejected:
        return data.startswith(NO_TEXT) or any(
            person.encode(encoding, "ignore") in data for encoding in ("utf-8", "cp1252", "utf-16-le")
        )
    return any(person in row or any(unguarded(cell) == person for cell in row) for row in rows)


def _rows(data: bytes) -> Iterable[Sequence[str]]:
    source = open_source(data)
    if source.kind == "ndjson":
        return map(ndjson.values, source.data.decode("utf-8", "replace").split("\n"))
    return tabulate(source.data).rows
