"""The records of a large file that go to quarantine: numbers and places at first, their bytes when they are written."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from pipeline.exports.quarantine import HEADINGS, REASONS, ROWS
from pipeline.spreadsheets import inert

if TYPE_CHECKING:
    from pipeline.exports.lattice import Places
    from pipeline.exports.part import Part
    from pipeline.exports.plan import Kind
    from pipeline.exports.scratch import Scratch
    from pipeline.exports.sheet import Sheet

TOGETHER = 1 << 14  # lines that are written at a time


@dataclass
class SetAside:
    """Faults by the number of their record, counted from 1, and where in the file these records stand."""

    _kinds: dict[Kind, int] = field(default_factory=dict)
    _records: list[Places] = field(default_factory=list)
    _codes: list[Places] = field(default_factory=list)
    _faulty: list[Places] = field(default_factory=list)
    _places: list[Places] = field(default_factory=list)

    def add(self, part: Part, before: int) -> None:
        """Takes the faults of a block with `before` records above it."""
        for kind, records in part.marks:
            self._records.append(records + before + 1)
            self._codes.append(np.full(records.size, self._kinds.setdefault(kind, len(self._kinds)), np.int32))
        if part.faulty.size:
            self._faulty.append(part.faulty)
            self._places.append(part.places)

    @property
    def records(self) -> int:
        """How many records have a fault."""
        return sum(several.size for several in self._faulty)

    def reasons(self) -> Mapping[str, int]:
        """Reason -> how many records have it, by name."""
        if not self._records:
            return {}
        named = sorted({reason for _, reason in self._kinds})
        of_kind = np.array([named.index(reason) for _, reason in self._kinds], np.int64)
        pairs = np.unique(np.concatenate(self._records) * len(named) + of_kind[np.concatenate(self._codes)])
        counts = np.bincount(pairs % len(named), minlength=len(named))
        return dict(zip(named, counts.tolist(), strict=True))

    def write(self, file: BinaryIO, sheet: Sheet, newline: str, scratch: Scratch) -> Mapping[str, BinaryIO]:
        """The files of the quarantine, as `of_records` makes them; `sheet` is that of the head of the file."""
        return {REASONS: scratch.file(self._reasons()), ROWS: scratch.file(self._rows(file, sheet, newline))}

    def _reasons(self) -> Iterator[bytes]:
        kinds = sorted(self._kinds)
        rank = np.array([kinds.index(kind) for kind in self._kinds], np.int64)
        records, ranks = np.concatenate(self._records), rank[np.concatenate(self._codes)]
        order = np.lexsort((ranks, records))
        yield _lines([HEADINGS])
        for at in range(0, order.size, TOGETHER):
            some = order[at : at + TOGETHER]
            pairs = zip(records[some].tolist(), ranks[some].tolist(), strict=True)
            yield _lines([(record, inert(kinds[rank][0]), kinds[rank][1]) for record, rank in pairs])

    def _rows(self, file: BinaryIO, sheet: Sheet, newline: str) -> Iterator[bytes]:
        dialect = sheet.dialect
        head = ("\ufeff" if dialect.bom else "") + "".join(text + newline for text in sheet.texts[: sheet.head])
        yield head.encode(dialect.encoding)
        end = newline.encode()
        for places in self._places:
            for first, last in places.T.tolist():
                file.seek(first)
                yield file.read(last - first) + end


def _lines(rows: list[tuple[object, ...]]) -> bytes:
    lines = StringIO()
    csv.writer(lines).writerows(rows)
    return lines.getvalue().encode()
