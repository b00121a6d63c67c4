"""What a file is wrapped in: gzip, or a zip with exactly one file in it; never two wrappings around each other."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Literal, NamedTuple

from pipeline.exports.refusals import reject_coded
from pipeline.foreign import archive
from pipeline.foreign.found import Unreadable, refuse

if TYPE_CHECKING:
    from pipeline.foreign.archive import Archive

Wrapping = Literal["", "gzip", "zip"]
GZIP, ZIP = b"\x1f\x8b", b"PK"

# How an archive that is a document of some program is told from one that somebody put a file into.
_DOCUMENTS = (
    ("xl/workbook.bin", "binary_workbook"),
    ("xl/", "workbook"),
    ("word/", "other_document"),
    ("ppt/", "other_document"),
    ("content.xml", "open_document"),
    ("Index/Document.iwa", "open_document"),
)


class Unwrapped(NamedTuple):
    """The file itself, and what it was in. `workbook` is a zip that is a document of Excel."""

    data: bytes
    wrapping: Wrapping
    workbook: bool


def unwrap(data: bytes) -> Unwrapped:
    """The file in its wrapping, or the file as it is. Raises ExportRejected before more is unpacked than is allowed."""
    try:
        if data.startswith(GZIP):
            return _inner(_gunzip(data), "gzip")
        if data.startswith(ZIP):
            opened = archive.look(data)
            if _document(opened):
                return Unwrapped(data, "", workbook=True)
            return _inner(archive.unpack(opened, _only(opened)), "zip")
    except Unreadable as one:
        reject_coded(one)
    return Unwrapped(data, "", workbook=False)


def text_in(file: BinaryIO) -> BinaryIO:
    """The text that is packed in this file, as a file; the file itself when it is not packed, or is a workbook.

    Raises ExportRejected as `unwrap` does.
    """
    file.seek(0)
    if not file.read(2).startswith((GZIP, ZIP)):
        return file
    file.seek(0)
    inner = unwrap(file.read())
    return BytesIO(inner.data) if inner.wrapping and not inner.workbook else file


def _inner(data: bytes, wrapping: Wrapping) -> Unwrapped:
    if data.startswith(GZIP):
        refuse("nested_archive")
    workbook = data.startswith(ZIP)
    if workbook and not _document(archive.look(data)):
        refuse("nested_archive")
    return Unwrapped(data, wrapping, workbook)


def _document(opened: Archive) -> bool:
    """Whether it is a workbook that we read. Raises Unreadable for a document that we do not."""
    if "[Content_Types].xml" not in opened.files and "mimetype" not in opened.files:
        return False
    for part, what in _DOCUMENTS:
        if any(name.startswith(part) for name in opened.files):
            if what == "workbook":
                return True
            refuse(what)
    return False


def _only(opened: Archive) -> str:
    """The one file in an archive; what macOS adds for itself is none."""
    names = [name for name in opened.files if not name.startswith("__MACOSX/") and not name.endswith(".DS_Store")]
    if len(names) != 1:
        refuse("several_files" if names else "empty_file", named=tuple(name[-40:] for name in names[:5]))
    return names[0]


def _gunzip(data: bytes) -> bytes:
    """Every member of a gzip file, one after the other, within the limits while it is being unpacked."""
    most = min(archive.SIZE, max(archive.SMALL, archive.RATIO * len(data)))
    parts: list[bytes] = []
    size = 0
    rest = data
    while rest:
        inflater = zlib.decompressobj(wbits=31)
        while not inflater.eof:
            try:
                part = inflater.decompress(rest, archive.CHUNK)
            except zlib.error:
                refuse("broken_archive")
            size += len(part)
            if size > most:
                refuse("bomb" if size <= archive.SIZE else "too_large")
            parts.append(part)
            rest = inflater.unconsumed_tail
            if not part and not rest and not inflater.eof:
                refuse("broken_archive")
        rest = inflater.unused_data
    return b"".join(parts)
