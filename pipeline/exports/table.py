"""Records with their cells, before anybody knows which vendor wrote them; and from there to a Sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from pipeline.exports import second, strict
from pipeline.exports.count import physical_records
from pipeline.exports.rejection import reject
from pipeline.exports.sheet import CUT_SHORT, Accounts, Dialect, Fault, Format, Sheet

_DECLARED = re.compile(r'"?sep=([,;\t])"?')
SEEN = 1010  # records from the headings on: what recognises a vendor looks at no cell below them
Row = Sequence[str]


@dataclass(frozen=True)
class Table:
    """A file's records: `texts` as written, `rows` as cells; `head` is the index of the first line of headings."""

    text: strict.Text
    newline: str
    delimiter: str
    declared: bool  # the file's first line says what its delimiter is
    texts: Sequence[str]
    rows: Sequence[Row]
    head: int
    physical: int

    def heading(self, index: int = 0) -> list[str]:
        """The headings, or the line `index` below them; [] when the file ends before."""
        rows = self.rows[self.head + index : self.head + index + 1]
        return [plain_heading(cell) for cell in rows[0]] if rows else []


def plain_heading(cell: str) -> str:
    """A heading without blanks around it; no-break spaces are spaces."""
    return cell.replace("\xa0", " ").strip()


def is_blank(row: Row) -> bool:
    """Whether a record says nothing at all."""
    return not any(map(str.strip, row))


def tabulate(data: bytes) -> Table:
    """Bytes to records and cells. Raises ExportRejected when that can be done in more than one way, or in none."""
    text = strict.decode(data)
    texts, newline = strict.split(text.text)
    head = _next_line(texts, 0)
    declared = _DECLARED.fullmatch(texts[head])
    if declared:
        head = _next_line(texts, head + 1)
    delimiter = declared[1] if declared else strict.delimiter_of(texts, head)
    rows = strict.cells(texts, delimiter)
    return Table(text, newline, delimiter, declared is not None, texts, rows, head, physical_records(text.text))


def _next_line(texts: Sequence[str], start: int) -> int:
    """Index of the first record that says anything."""
    line = next((at for at in range(start, len(texts)) if texts[at].strip(' \t,;\xa0"')), None)
    if line is None:
        reject("no_header", "the file has no headings; the sender exports it again")
    return line


@dataclass(frozen=True)
class Vendor:
    """What one kind of export knows about its own files, handed to `lay_out`."""

    format: Format
    header_rows: int
    decimal: Literal[".", ","] = "."
    own: frozenset[str] = frozenset()
    zones: tuple[tuple[str, str], ...] = ()
    excludes: Callable[[Row], bool] | None = None  # is this record no answer at all?
    flaw: tuple[str, str, Callable[[Row], bool]] | None = None  # (column, reason, has the record this flaw?)
    watched: int | None = None  # the index of the only cell that `excludes` and `flaw` look at, where there is one
    repair: Callable[[Row], Row] | None = None  # each cell for itself
    repairs: tuple[str, ...] = ()  # `repair` changes nothing in a file that has none of these


class Line(NamedTuple):
    """One record below the headings: its number in the file, its text as written, and its cells."""

    number: int
    text: str
    row: Row
    cut: bool  # it is the last, and the file ends without a line end


def fault_of(line: Line, vendor: Vendor, width: int, delimiter: str) -> Fault | None:
    """Why a record that is not blank goes to quarantine before anybody interprets it; None when it does not."""
    number, text, row, cut = line
    if len(row) < width and cut:
        return Fault(number, "", CUT_SHORT)
    if len(row) != width:
        return Fault(number, "", "too_many_cells" if len(row) > width else "too_few_cells")
    if ("\n" in text or "\r" in text) and strict.runaway(text, width, delimiter):
        return Fault(number, "", "uncertain_quotes")
    if vendor.flaw is not None and vendor.flaw[2](row):
        return Fault(number, vendor.flaw[0], vendor.flaw[1])
    return None


# What else programs put around cells, opening and closing. A cell inside could hold the delimiter.
_OTHER_QUOTES = frozenset(["''", "``", "´´", "‘’", "’’", "“”", "””", "„“", "«»"])  # noqa: RUF001 - these are meant


def lay_out(table: Table, vendor: Vendor, columns: Sequence[str]) -> Sheet:
    """A Sheet of everything below the headings.

    Raises ExportRejected for cells that stand under no heading, where other signs than `"` quote them, and for a second
    table.
    """
    width = len(columns)
    first = table.head + vendor.header_rows
    if columns and all(len(heading) > 1 and heading[0] + heading[-1] in _OTHER_QUOTES for heading in columns):
        msg = 'every heading stands in quotes of another kind than "; the sender exports the file with "'
        reject("other_quotes", msg, first)
    rows: list[Row] = []
    numbers: list[int] = []
    faults: list[Fault] = []
    excluded = 0
    blank = sum(1 for row in table.rows[: table.head] if is_blank(row))
    last = 0 if table.text.text.endswith(("\n", "\r")) else len(table.texts)
    repair = vendor.repair if not vendor.repairs or any(one in table.text.text for one in vendor.repairs) else None
    for number, row in enumerate(table.rows[first:], start=first + 1):
        line = Line(number, table.texts[number - 1], row, number == last)
        if is_blank(row):
            blank += 1
        elif (fault := fault_of(line, vendor, width, table.delimiter)) is not None:
            faults.append(fault)
        elif vendor.excludes is not None and vendor.excludes(row):
            excluded += 1
        elif second.is_shuffled(row, columns):
            second.refuse(number)
        else:
            rows.append(repair(row) if repair is not None else row)
            numbers.append(number)
    accounts = Accounts(
        records=table.physical,
        header=first - sum(1 for row in table.rows[: table.head] if is_blank(row)),
        blank=blank,
        excluded=excluded,
        accepted=len(rows),
        quarantined=len(faults),
    ).balance()
    dialect = Dialect(
        table.text.encoding,
        table.delimiter,
        vendor.header_rows + int(table.declared),
        vendor.decimal,
        table.newline,
        table.text.bom,
    )
    named = _named(columns, rows, table.head + 1)
    if len(named) < width:
        rows = [[row[index] for index in named] for row in rows]
    names = tuple(columns[index] for index in named)
    return Sheet(
        vendor.format,
        dialect,
        names,
        rows,
        numbers,
        tuple(faults),
        accounts,
        table.texts,
        first,
        vendor.own,
        vendor.zones,
        vendor,
    )


def _named(columns: Sequence[str], rows: Sequence[Row], header: int) -> list[int]:
    """Indices of the columns to keep: those with a heading, and row names in front, which have none.

    A column without a heading and without a cell is what a spreadsheet leaves to the right of a table.
    """
    named = []
    for index, name in enumerate(columns):
        if name or (index == 0 and any(row[0] for row in rows)):
            named.append(index)
        elif any(row[index].strip() for row in rows):
            reject(
                "column_without_name", f"column {index + 1} has cells and no heading; the sender gives it one", header
            )
    return named
