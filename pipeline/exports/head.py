"""The head of a file says by which rules the rest of it is read, when that is certain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from pipeline.errors import ExportRejected
from pipeline.exports import detection, strict
from pipeline.exports.census import Uncertain
from pipeline.exports.table import SEEN

if TYPE_CHECKING:
    from pipeline.exports.census import Census
    from pipeline.exports.sheet import Sheet
    from pipeline.exports.table import Vendor

SAMPLE = SEEN + 200  # records from the top of the file
LONGEST = 64 << 20  # bytes without the end of a record; no record that can be read is as long


@dataclass(frozen=True)
class Head:
    """`sheet` is that of the first records; those below the headings begin at byte `body`, and have `width` cells.

    `hunts`: the format is plain only as long as no record shows a habit of Excel.
    """

    sheet: Sheet
    vendor: Vendor
    width: int
    body: int
    hunts: bool


def read(file: BinaryIO, census: Census) -> Head:
    """Reads the first records by the strict reader. Raises Uncertain when others could change what they mean."""
    end = _skip(file, census.start, SAMPLE)
    file.seek(0)
    data = file.read(end)
    whole = not file.read(1)
    try:
        sheet = detection.read(data)
    except ExportRejected:
        raise Uncertain from None
    vendor = sheet.vendor
    if vendor is None or sheet.dialect.kind != "text" or sheet.dialect.wrapping:
        raise Uncertain
    if vendor.watched is None and (vendor.excludes or vendor.flaw):
        raise Uncertain
    first = sheet.head - vendor.header_rows
    heading = sheet.texts[first]
    declared = sheet.dialect.header_rows > vendor.header_rows
    if not whole and len(sheet.texts) < first + SEEN:
        raise Uncertain
    if not declared and len(strict.possible_delimiters(heading)) > 1:
        raise Uncertain
    width = len(strict.cells([heading], sheet.dialect.delimiter)[0])
    if sheet.dialect.encoding != census.encoding or "" in sheet.columns or len(sheet.columns) != width:
        raise Uncertain
    hunts = sheet.format == "plain" and sheet.dialect.delimiter == ";"
    return Head(sheet, vendor, width, _skip(file, census.start, sheet.head), hunts)


def _skip(file: BinaryIO, start: int, records: int) -> int:
    """Where the file goes on below its first records, or ends."""
    file.seek(start)
    passed = 0
    odd = False
    while passed < records and (line := file.readline(LONGEST)):
        odd ^= line.count(b'"') % 2 == 1
        passed += not odd
        if file.tell() - start > LONGEST:
            raise Uncertain
    return file.tell()


def even_cut(data: bytes) -> int:
    """How many bytes the whole records at the beginning of a block have; 0 when it has none."""
    cut = data.rfind(b"\n") + 1
    odd = data.count(b'"', 0, cut) % 2 if b'"' in data else 0  # to find none is much faster than to count none
    while cut and odd:
        before = data.rfind(b"\n", 0, data.rfind(b'"', 0, cut)) + 1
        odd ^= data.count(b'"', before, cut) % 2
        cut = before
    return cut


def blocks(file: BinaryIO, start: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Whole records of about `size` bytes together, and where in the file they begin; a last line end is added.

    Raises Uncertain for a record that is longer than any that can be read.
    """
    file.seek(start)
    rest = b""
    while more := file.read(size):
        rest += more
        if cut := even_cut(rest):
            yield start, rest[:cut]
            start, rest = start + cut, rest[cut:]
        elif len(rest) > LONGEST:
            raise Uncertain
    if rest:
        yield start, rest + b"\n"
