"""Bytes -> records -> cells, by the letter of RFC 4180. What can be read in two ways is refused.

Accepted besides the letter, because it is certain: byte order marks, UTF-16 with one, any of the three line ends,
and the guard `="00123"` that keeps a spreadsheet from eating zeros.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from pipeline.exports.rejection import reject

DELIMITERS = (",", ";", "\t")
TELLING = 3  # columns; with fewer, a text of several lines looks like records too often
Encoding = Literal["utf-8", "utf-16-le", "utf-16-be", "cp1252"]

_MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What Nordic letters of Mac Roman and DOS look like when they are taken for cp1252: ¾ ¿ ¯ Œ † and an angle
# quotation mark, next to a letter.
# And what two bytes of UTF-8 look like, where files in both were put behind one another.
_OTHER_CODE_PAGE = re.compile(
    "[\xbe\xbf\xaf\u2020\u203a](?=[A-Za-z])|(?<=[a-z])[\xbe\xbf\xaf\u0152\u2020\u203a]"
    "|[\xc2\xc3][\xa0-\xbf\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u2018\u2019\u201c\u201d"
    "\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178]",
)
_QUOTED = re.compile(r'"[^"]*"')
_UNCLOSED = "a quote is opened and never closed, or the file was cut off; the sender exports the file again"
# How files begin that are no table as text, whatever their names end in.
_NO_TABLE = {
    b"PK\x03\x04": "a workbook, such as .xlsx, or an archive",
    b"\xd0\xcf\x11\xe0": "an old workbook, such as .xls",
    b"%PDF": "a PDF",
    b"$FL2": "an SPSS file",
    b"$FL3": "an SPSS file",
    b"\x1f\x8b": "compressed",
}


class Text(NamedTuple):
    """A file's characters without the byte order mark, and how they were written."""

    text: str
    encoding: Encoding
    bom: bool


def decode(data: bytes) -> Text:
    """The characters of a file. Raises ExportRejected when it is empty, no text, or its encoding is not certain."""
    if what := next((what for begins, what in _NO_TABLE.items() if data.startswith(begins)), ""):
        reject("not_text", f"the file is {what}, whatever its name says; the sender saves the table as CSV in UTF-8")
    found = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), None)
    mark, encoding = found or (b"", "utf-8")
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError:
        if found:
            reject("encoding", f"the file says that it is {encoding} and is not; the sender exports it again as UTF-8")
        text, encoding = _western(data), "cp1252"
    if "\0" in text:
        reject("not_text", "the file holds NUL characters, so it is no text file; the sender saves it as CSV in UTF-8")
    if not text.strip():
        reject("empty_file", "the file is empty; the sender exports it again")
    return Text(text, encoding, found is not None)


def other_code_page(text: str) -> bool:
    """Whether text that was read as Windows-1252 looks like Nordic letters in another code page; a record at least."""
    return _OTHER_CODE_PAGE.search(text) is not None


def _western(data: bytes) -> str:
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        text = ""
    if not text or other_code_page(text):
        msg = "the file is neither UTF-8 nor, for certain, Windows-1252; the sender exports it again as UTF-8"
        reject("encoding", msg)
    return text


def split(text: str) -> tuple[list[str], str]:
    """The records as they were written, without line ends, and the line end of the file.

    Raises ExportRejected for a quote that is never closed, or a carriage return that may or may not end a record.
    """
    end = _line_end(text)
    records: list[str] = []
    open_lines: list[str] = []
    for line in text.split(end):
        odd = '"' in line and line.count('"') % 2 == 1
        if open_lines:
            open_lines.append(line)
            if odd:
                records.append(end.join(open_lines))
                open_lines = []
        elif odd:
            open_lines = [line]
        else:
            records.append(line)
    if open_lines:
        reject("unclosed_quote", _UNCLOSED, len(records) + 1)
    if records and not records[-1]:
        records.pop()
    if end == "\n" and "\r\n" in text:
        return [record.removesuffix("\r") for record in records], "\r\n"
    return records, end


def _line_end(text: str) -> str:
    """What ends a record, before a carriage return in front of it is taken away."""
    if text.count("\r") == text.count("\r\n"):
        return "\n"
    bare = _QUOTED.sub("q", text)
    if "\n" not in bare and "\r" in bare:
        return "\r"
    if bare.count("\r") != bare.count("\r\n"):
        reject("line_ends", "some lines end in a way that can be read in two ways; the sender exports the file again")
    return "\n"


def _grammar(delimiter: str) -> re.Pattern[str]:
    plain = rf'[^"{delimiter}\r\n]*+'
    guard = rf'="[^"{delimiter}\r\n]*+"'
    cell = rf'(?:"(?:[^"]|"")*+"|{guard}|{plain})'
    return re.compile(rf"{cell}(?:{delimiter}{cell})*+")


_GRAMMAR = {delimiter: _grammar(delimiter) for delimiter in DELIMITERS}


def first_outside(records: Sequence[str], delimiter: str) -> int | None:
    """Index of the first record whose quotes do not enclose whole cells; None when all of them do."""
    matches = _GRAMMAR[delimiter].fullmatch
    for index, record in enumerate(records):
        if '"' in record and not matches(record):
            return index
    return None


def cells(records: Sequence[str], delimiter: str) -> list[list[str]]:
    """The cells of each record. Raises ExportRejected naming the first record that is not RFC 4180."""
    wrong = first_outside(records, delimiter)
    if wrong is not None:
        reject(
            "stray_quote",
            "a quote stands inside a cell that is not quoted, or text follows a closing quote; the sender exports the "
            "file again",
            wrong + 1,
        )
    return _parse(records, delimiter)


def _parse(records: Sequence[str], delimiter: str) -> list[list[str]]:
    """One row for every record: their grammar was looked at, so none can run into the next."""
    try:
        return list(csv.reader(records, delimiter=delimiter, strict=True))
    except csv.Error:
        reject(
            "cell_too_long",
            f"a cell is longer than {csv.field_size_limit()} characters; the sender takes it out and exports again",
        )


def possible_delimiters(heading: str) -> list[str]:
    """Which delimiters divide the record of headings into several whole cells."""
    return [one for one in DELIMITERS if first_outside([heading], one) is None and len(_parse([heading], one)[0]) > 1]


def delimiter_of(records: Sequence[str], head: int) -> str:
    """What separates the cells, by the record of headings at index `head` and, if need be, all others.

    Raises ExportRejected when several are possible, or none of ours is.
    """
    heading = records[head]
    possible = possible_delimiters(heading)
    if not possible:
        if re.search(r"[|^~\x1f]", heading):
            reject(
                "delimiter",
                "the cells are not separated by comma, semicolon or TAB; the sender exports the file again as CSV",
                head + 1,
            )
        return ","
    if len(possible) == 1:
        return possible[0]
    fits = {one: _fitting(records[head:], one) for one in possible}
    best = max(possible, key=fits.__getitem__)
    rest = [fits[one] for one in possible if one != best]
    if any(rest) or fits[best] * 2 <= len(records) - head - 1:
        reject(
            "delimiter",
            "the cells may be separated by more than one character; the sender exports the file again with quotes "
            "around cells",
            head + 1,
        )
    return best


def _fitting(records: Sequence[str], delimiter: str) -> int:
    """How many records below the headings have as many cells as there are headings."""
    if first_outside(records, delimiter) is not None:
        return 0
    widths = [len(row) for row in _parse(records, delimiter)]
    return sum(width == widths[0] for width in widths[1:])


def runaway(record: str, width: int, delimiter: str) -> bool:
    """Whether a record of several lines looks like several records of which one opened a quote by mistake."""
    lines = record.split("\n") if "\n" in record else record.split("\r")
    return width >= TELLING and min(lines[0].count(delimiter), lines[-1].count(delimiter)) >= width - 1
