"""A second table below the first: its headings are a record without an answer, and what follows stands under them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from pipeline.exports import strict
from pipeline.exports.answers import UNKNOWN_CODE
from pipeline.exports.rejection import reject

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from pipeline.exports.sheet import Sheet

TELLING = 2  # as many headings in one record are no chance


@dataclass(frozen=True)
class Headings:
    """The headings under which something is read, and by which records other ones are known.

    `names` has those of a column by its place, as they are written and as the vendor's reader has them; `items` are the
    columns of answers, and `sent` is that of times, each with its place and its reader.
    """

    width: int
    names: Mapping[int, frozenset[str]]
    items: Sequence[tuple[int, Callable[[str], object]]]
    sent: tuple[int, Callable[[str], object]] | None

    @classmethod
    def of(
        cls, sheet: Sheet, readers: Mapping[str, tuple[int, Callable[[str], object]]], items: Collection[str]
    ) -> Headings:
        """Those of a sheet with these readers of its columns, of which `items` are answers."""
        first = max(sheet.head - sheet.dialect.header_rows, 0)
        written = [strict.cells([text], sheet.dialect.delimiter)[0] for text in sheet.texts[first : sheet.head]]
        rows = [row for row in (*written, sheet.columns) if len(row) == len(sheet.columns)]
        names = {at: frozenset(row[at].strip() for row in rows) - {""} for at, _ in readers.values()}
        answers = [readers[one] for one in items if one in readers]
        return cls(len(sheet.columns), names, answers, readers.get("submitted"))

    @cached_property
    def every(self) -> frozenset[str]:
        """All names."""
        return frozenset().union(*self.names.values())

    def are_others(self, cells: Sequence[str]) -> bool:
        """Whether a record without an answer holds other headings than these; not where these stand once more.

        It names several of them and not each in its place. Or it says nothing that is read at all: its time is words,
        and each of its answers is a word that is no answer.
        """
        row = [cell.strip() for cell in cells]
        if sum(cell in self.every for cell in row) >= TELLING:
            return any(at >= len(row) or row[at] not in names for at, names in self.names.items())
        return len(row) == self.width and self._are_words(row)

    def _are_words(self, row: Sequence[str]) -> bool:
        if self.sent is None or len(self.items) < TELLING:
            return False
        sent = row[self.sent[0]]
        if not sent or any(letter.isdigit() for letter in sent):
            return False
        return all(row[at] and read(row[at]) is UNKNOWN_CODE for at, read in self.items)


def is_shuffled(row: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether a record is the headings of its file in another order."""
    return (
        len(row) >= TELLING
        and row[0].strip() in columns
        and (cells := [cell.strip() for cell in row]) != (names := [name.strip() for name in columns])
        and sorted(cells) == sorted(names)
        and len({*names}) == len(names)
    )


def refuse(record: int) -> NoReturn:
    """Raises ExportRejected: what stands below may belong under other headings than it was read under."""
    reject(
        "second_table",
        "this record holds other headings, so that what follows it may not belong under those of the first record; "
        "the sender pushes each table as a file of its own",
        record,
    )
