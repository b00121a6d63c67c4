"""What a child found in a file, and the one form in which it says so: a line of JSON, then CSV in UTF-8.

Never a pickle: whoever has taken over the child can still only say text.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import NoReturn

Labels = dict[str, dict[str, str]]  # column -> value as text -> label

MOST_FAULTS = 10_000  # a file with more cells that cannot be read is not one to mend by hand


class Unreadable(Exception):  # noqa: N818 - a refusal is an answer
    """The file is refused: a code that the parent has words for, a place, and names to show the sender."""

    def __init__(
        self, code: str, record: int | None = None, column: str | None = None, named: Sequence[str] = ()
    ) -> None:
        """`record` counts from 1 at the top; `named` are names of sheets or columns, never answers."""
        super().__init__(code)
        self.code, self.record, self.column, self.named = code, record, column, tuple(named)


def refuse(code: str, record: int | None = None, column: str | None = None, named: Sequence[str] = ()) -> NoReturn:
    """Raises Unreadable, without the error that led to it: that one may hold what the file says."""
    raise Unreadable(code, record, column, named) from None


@dataclass(frozen=True)
class Found:
    """`rows` from the top of the file on, headings included, all of one width.

    `faults` are (record, column number from 1, reason) of cells that have no certain value; `merged` is the last
    record that a merged cell with something in it reaches (0 for none); `encoding` is what a text was stored in.
    """

    rows: Sequence[Sequence[str]]
    faults: Sequence[tuple[int, int, str]] = ()
    merged: int = 0
    labels: Labels = field(default_factory=dict)
    encoding: str = "utf-8"


def written(found: Found) -> Iterator[str]:
    """The stream: a line that says what is in it, and the rows as CSV with every cell in quotes.

    Comma, or TAB when a text of several lines has commas in it: a line of that could be taken for a record.
    """
    if len(found.faults) > MOST_FAULTS:
        refuse("too_many_faults")
    delimiter = "\t" if any("\n" in cell and "," in cell for row in found.rows for cell in row) else ","
    about = {
        "records": len(found.rows),
        "faults": found.faults,
        "merged": found.merged,
        "labels": found.labels,
        "encoding": found.encoding,
    }
    yield json.dumps(about) + "\n"
    line = StringIO()
    writer = csv.writer(line, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in found.rows:
        writer.writerow(row)
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def refusal(one: Unreadable) -> str:
    """The stream of a refused file."""
    return json.dumps({"refused": one.code, "record": one.record, "column": one.column, "named": one.named}) + "\n"
