"""What must be known of a whole file before a part of it may be read alone: one look at all its bytes, in blocks.

Whatever is not certain here is left to the strict reader, which alone may refuse a file.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from pipeline.exports import strict
from pipeline.exports.count import Counter
from pipeline.exports.sources import NO_TEXT

BLOCK = 256 << 10  # bytes that are looked at together: what the processor keeps near


class Uncertain(Exception):  # noqa: N818 - no error: the strict reader reads the file instead
    """A file, or a part of it, that only the strict reader can read."""


@dataclass(frozen=True)
class Census:
    """`records` are counted by themselves; the table begins at byte `start`, and `open_end` lacks its last line end."""

    encoding: Literal["utf-8", "cp1252"]
    newline: str
    start: int
    records: int
    open_end: bool


def take(file: BinaryIO, size: int = BLOCK) -> Census:
    """Looks at every byte. Raises Uncertain for anything but UTF-8 or Windows-1252 with whole records in it."""
    start = _start(file)
    try:
        return _counted(file, start, "utf-8", size)
    except UnicodeDecodeError:
        if start:
            raise Uncertain from None
    try:
        return _counted(file, start, "cp1252", size)
    except UnicodeDecodeError:
        raise Uncertain from None


def _start(file: BinaryIO) -> int:
    file.seek(0)
    head = file.read(4)
    if not head or head.startswith((*NO_TEXT, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Uncertain
    return len(codecs.BOM_UTF8) if head.startswith(codecs.BOM_UTF8) else 0


def _counted(file: BinaryIO, start: int, encoding: Literal["utf-8", "cp1252"], size: int) -> Census:
    counter = Counter()
    returns = says = False
    block = b""
    for block in lines(file, start, size):
        if not block.isascii():
            text = block.decode(encoding)
            if encoding == "cp1252" and strict.other_code_page(text):
                raise Uncertain
        if b"\0" in block:
            raise Uncertain
        if b"\r" in block:
            if block.count(b"\r") != block.count(b"\r\n"):
                raise Uncertain
            returns = True
        counter.feed(block)
        says = says or bool(block.decode(encoding).strip())
    if counter.is_open or not says:
        raise Uncertain
    return Census(encoding, "\r\n" if returns else "\n", start, counter.records, not block.endswith(b"\n"))


def lines(file: BinaryIO, start: int, size: int) -> Iterator[bytes]:
    """The file from `start` on in blocks of about `size` bytes that end where a line does, or where the file does."""
    file.seek(start)
    rest = b""
    while more := file.read(size):
        cut = more.rfind(b"\n") + 1
        if cut == 0:
            rest += more
            continue
        yield rest + more[:cut]
        rest = more[cut:]
    if rest:
        yield rest
