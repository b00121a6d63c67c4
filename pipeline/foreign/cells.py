"""The cells of one sheet, by the letter of its XML: what each is, and what of it is not certain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from pipeline.foreign.book import unescaped
from pipeline.foreign.found import refuse
from pipeline.foreign.markup import Attributes, walk

ROWS, COLUMNS = 1_048_576, 16_384  # the last cell of a sheet is XFD1048576
AREA = 5_000_000  # cells in the rectangle that holds all; larger tables are pushed as CSV
SPARSE = 200  # times as many cells in the rectangle as have something in them
SLACK = 100_000  # cells; in a smaller rectangle nothing is sparse

_REFERENCE = re.compile(r"\$?([A-Z]{1,3})\$?([1-9][0-9]{0,6})")


class Cell(NamedTuple):
    """A cell as it was written: its kind (OOXML's `t`, "n" for a number), its text, its style, and its formula."""

    kind: str
    text: str | None  # None: it says nothing
    style: int
    formula: bool


class Grid(NamedTuple):
    """Cells with something in them by row and column, both from 1; the rectangle's last row and column."""

    rows: dict[int, dict[int, Cell]]
    height: int
    width: int
    merged: Sequence[tuple[int, int, int, int]]  # first row, first column, last row, last column


class _Reader:
    """Collects one sheet; expat calls it."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.rows: dict[int, dict[int, Cell]] = {}
        self.merged: list[tuple[int, int, int, int]] = []
        self.row = self.column = self.count = 0
        self.inside: list[str] = []
        self.attributes: Attributes = {}
        self.value: list[str] | None = None
        self.inline: list[str] | None = None
        self.formula = False

    def start(self, element: str, attributes: Attributes) -> None:
        above = self.inside[-1] if self.inside else ""
        self.inside.append(element)
        if element == "row" and above == "sheetData":
            self.row = _number(attributes["r"], ROWS) if "r" in attributes else self.row + 1
            if self.row > ROWS or self.row in self.rows:
                refuse("broken_workbook")
            self.rows[self.row] = {}
            self.column = 0
        elif element == "c" and above == "row":
            self._place(attributes.get("r"))
            self.attributes, self.value, self.inline, self.formula = attributes, None, None, False
        elif above == "c" and element == "v":
            self.value = []
        elif above == "c" and element == "is":
            self.inline = []
        elif above == "c" and element == "f":
            self.formula = True
        elif element == "mergeCell":
            self.merged.append(_range(attributes.get("ref", "")))

    def end(self, element: str) -> None:
        self.inside.pop()
        if element == "c" and self.inside[-1:] == ["row"]:
            self._keep()

    def text(self, piece: str) -> None:
        where = self.inside[-1]
        if where == "v" and self.value is not None:
            self.value.append(piece)
        elif where == "t" and self.inline is not None and "rPh" not in self.inside:
            self.inline.append(piece)

    def _place(self, reference: str | None) -> None:
        if reference is None:
            self.column += 1
        else:
            row, self.column = _cell(reference)
            if row != self.row:
                refuse("broken_workbook")
        if self.column > COLUMNS:
            refuse("broken_workbook")
        if self.column in self.rows[self.row]:
            refuse("cell_twice", self.row)

    def _keep(self) -> None:
        kind = self.attributes.get("t", "n")
        written = self.inline if kind == "inlineStr" else self.value
        text = None if written is None else "".join(written)
        if kind == "s" and text is not None:
            at = _number(text, len(self.texts), least=0)
            if at >= len(self.texts):
                refuse("broken_workbook")
            text = self.texts[at]
        elif kind in {"str", "inlineStr"} and text is not None:
            text = unescaped(text)
        elif kind not in {"n", "b", "e", "d", "s", "str", "inlineStr"}:
            refuse("broken_workbook")
        if text or self.formula:
            style = _number(self.attributes.get("s", "0"), 2**31, least=0)
            self.rows[self.row][self.column] = Cell(kind, text, style, self.formula)
            self.count += 1
            if self.count > AREA:
                refuse("too_large")


def read_cells(content: bytes, texts: Sequence[str]) -> Grid:
    """The cells of a worksheet's XML. Its `dimension` is not asked: programs write wrong ones.

    Raises Unreadable for what is no sheet, a cell that stands twice, or a rectangle that is too large or too empty.
    """
    reader = _Reader(texts)
    walk(content, reader.start, reader.end, reader.text)
    rows = {row: cells for row, cells in sorted(reader.rows.items()) if cells}
    height = max(rows, default=0)
    width = max((max(cells) for cells in rows.values()), default=0)
    area = height * width
    if area > SLACK and area > SPARSE * reader.count:
        refuse("sparse")
    if area > AREA:
        refuse("too_large")
    return Grid(rows, height, width, reader.merged)


def _number(digits: str, most: int, least: int = 1) -> int:
    if not digits.isascii() or not digits.isdigit() or len(digits) > len(str(2**31)):
        refuse("broken_workbook")
    number = int(digits)
    if not least <= number <= most:
        refuse("broken_workbook")
    return number


def _cell(reference: str) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        refuse("broken_workbook")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - ord("A") + 1
    row = int(match[2])
    if row > ROWS or column > COLUMNS:
        refuse("broken_workbook")
    return row, column


def _range(reference: str) -> tuple[int, int, int, int]:
    first, _, last = reference.partition(":")
    row, column = _cell(first)
    last_row, last_column = _cell(last or first)
    return row, column, last_row, last_column
