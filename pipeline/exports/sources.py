"""What a file is before anybody asks which vendor wrote it: text, workbook, SPSS, Parquet or NDJSON, by its bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipeline.exports.refusals import reject_code
from pipeline.exports.rejection import reject
from pipeline.exports.wrapping import Wrapping, unwrap
from pipeline.foreign import process

if TYPE_CHECKING:
    from pipeline.exports.sheet import Kind

# How files begin that are no text: their bytes say nothing before they are opened.
NO_TEXT = (b"PK", b"\x1f\x8b", b"\xd0\xcf\x11\xe0", b"$FL", b"PAR", b"%PDF")

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_PARSED: dict[bytes, process.Parser] = {b"$FL2": "sav", b"$FL3": "sav", b"PAR1": "parquet"}
_MARKUP = (b"<!doctype", b"<html", b"<?xml", b"<table", b"{\\rtf")


@dataclass(frozen=True)
class Source:
    """A file as a table in text: `data` is delimited text, or NDJSON.

    The rest is what only a file that is no text can say: `faults` (record, column from 1, reason), `merged`, the last
    record that a merged cell reaches, `labels` of values by column, and `encoding`, in which its texts were stored.
    """

    data: bytes
    kind: Kind
    wrapping: Wrapping
    faults: tuple[tuple[int, int, str], ...] = ()
    merged: int = 0
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    encoding: str = ""
    records: int | None = None  # as the reader in the child counted them


def open_source(data: bytes) -> Source:
    """Raises ExportRejected for what is no table, or cannot be opened without danger."""
    inner = unwrap(data)
    begin = inner.data[:64]
    if inner.workbook:
        return _parsed("xlsx", inner.data, inner.wrapping)
    if begin.startswith(_OLE):
        reject_code("password" if _LOCKED in inner.data else "old_workbook")
    if begin.startswith(b"PARE"):
        reject_code("password")
    if parser := _PARSED.get(begin[:4]):
        return _parsed(parser, inner.data, inner.wrapping)
    if begin.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP):
        reject(
            "not_text", "the file is a page or a document, whatever its name says; the sender saves the table as CSV"
        )
    return Source(inner.data, "ndjson" if is_ndjson(inner.data) else "text", inner.wrapping)


def is_ndjson(data: bytes) -> bool:
    """Whether the first line that says anything is a JSON object: no line of a delimited table is one."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if not start.startswith(b"{"):
        return False
    try:
        return isinstance(json.loads(start.partition(b"\n")[0].decode("utf-8", "replace")), dict)
    except (ValueError, RecursionError):
        return False


def _parsed(parser: process.Parser, data: bytes, wrapping: Wrapping) -> Source:
    said = process.read(parser, data)
    about = said.about
    if "refused" in about:
        reject_code(str(about["refused"]), about.get("record"), about.get("column"), tuple(about.get("named") or ()))
    try:
        return Source(
            said.table,
            parser,
            wrapping,
            tuple((int(record), int(column), str(reason)) for record, column, reason in about["faults"]),
            int(about["merged"]),
            {str(name): {str(one): str(two) for one, two in of.items()} for name, of in about["labels"].items()},
            str(about["encoding"]),
            int(about["records"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        reject_code("reader_died")  # whoever took the child over said something else
