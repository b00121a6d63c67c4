"""How every block of one file of answers is read, and one such block."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from pipeline.exports import excel_no, lattice, odd
from pipeline.exports.census import Uncertain
from pipeline.exports.distinct import WIDE

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from pipeline.exports.head import Head
    from pipeline.exports.known import Known
    from pipeline.exports.lattice import Lattice, Places
    from pipeline.exports.second import Headings
    from pipeline.exports.table import Row

Kind: TypeAlias = tuple[str, str]  # the column and the reason of a fault
Marks: TypeAlias = "list[tuple[Kind, Places]]"  # records with a fault of one kind, numbered within their block
PERSON, SENT = "respondent", "submitted"


@dataclass(frozen=True)
class Plan:
    """`readers` has the respondent first, whom it reads to a pseudonym; `kinds` are the types of the other columns.

    `cut` is the size in bytes of a file whose last record has no line end; None for other files.
    `midnights` is that of the times in the file, where it has any. `person` reads a cell as it was written to the id
    itself, and `meanings` are the readers of the other columns, with a memory. `alphabets` are the meanings of single
    letters in the columns that hold whole numbers, each with the names of its columns.
    """

    head: Head
    readers: Mapping[str, tuple[int, Callable[[str], object]]]
    kinds: Mapping[str, pa.DataType]
    erased: frozenset[str]
    cut: int | None
    midnights: Callable[[bytes], int | None]
    person: Callable[[bytes], object]
    meanings: Mapping[str, Known]
    alphabets: Sequence[tuple[NDArray[np.int8], Sequence[str]]]
    headings: Headings


@dataclass(frozen=True)
class Block:
    """Whole records that begin at byte `start` of the file, and where their cells stand."""

    head: Head
    start: int
    data: bytes
    grid: Lattice

    def text(self, record: int) -> str:
        """A record as it was written, without its line end."""
        return self.decode(self.data[self.grid.first[record] : self.grid.last[record]])

    def cells(self, record: int) -> Row:
        """The cells of a record, by the strict reader. Raises Uncertain where that refuses."""
        return odd.cells(self.text(record), self.head.sheet.dialect.delimiter)

    def decode(self, part: bytes) -> str:
        """The characters of a part of the file."""
        return part.decode(self.head.sheet.dialect.encoding)

    def repaired(self, cells: list[str]) -> list[str]:
        """Cells as the vendor's reader hands them on."""
        repair = self.head.vendor.repair
        return cells if repair is None else list(repair(cells))

    def is_cut(self, record: int, size: int | None) -> bool:
        """Whether a file of `size` bytes whose last record has no line end, ends in this record."""
        is_end = size is not None and self.start + len(self.data) > size
        return is_end and record == self.grid.first.size - 1


def lay(head: Head, start: int, data: bytes) -> Block:
    """Finds the cells of a block. Raises Uncertain when only the strict reader can."""
    letters = np.frombuffer(data + bytes(WIDE), np.uint8)
    block = Block(head, start, data, lattice.lay(letters, head.sheet.dialect.delimiter, head.width))
    if head.hunts and excel_no.shows_habit(block.decode(data)):
        raise Uncertain
    return block


def of_bytes(head: Head, read: Callable[[str], object]) -> Callable[[bytes], object]:
    """A function from a cell as it was written to what it means."""

    def meaning(cell: bytes) -> object:
        text = cell.decode(head.sheet.dialect.encoding)
        return read(text if head.vendor.repair is None else head.vendor.repair([text])[0])

    return meaning
