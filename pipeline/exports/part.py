"""One block of a file of answers -> its rows, its faults, and where each of its records went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.exports import clock, known, people, single, sorting
from pipeline.exports.census import Uncertain
from pipeline.exports.columns import named
from pipeline.exports.distinct import cells
from pipeline.exports.plan import PERSON, Block, Marks, Plan, lay
from pipeline.exports.suspects import suspects

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.exports.lattice import Places

MICROS = pa.timestamp("us", "UTC")


@dataclass(frozen=True)
class Part:
    """What became of the `records` of a block, numbered from 0.

    `names` has a person, `record` a number and `columns` a value for each record with an answer that can be
    read. `marks` are the faults of the records whose numbers are `faulty`; `places` says where each of these begins
    and ends in the file.
    """

    records: int
    blank: int
    excluded: int
    tombstoned: int
    names: pa.BinaryArray
    record: Places
    columns: Mapping[str, pa.Array]
    marks: Marks
    faulty: Places
    places: Places


@dataclass(frozen=True)
class _Column:
    """Row `i` holds `values[codes[i]]`, and without codes `values[i]`."""

    values: pa.Array
    codes: NDArray[np.integer] | None

    def take(self, rows: Places | None) -> pa.Array:
        """The values of these rows, or of all; texts as a dictionary, whose words without a value no row has."""
        if self.codes is None:
            return self.values if rows is None else self.values.take(pa.array(rows))
        codes = pa.array(self.codes if rows is None else self.codes[rows])
        if self.values.type == pa.string():
            return pa.DictionaryArray.from_arrays(codes.cast(pa.int32()), self.values.fill_null(""))
        return self.values.take(codes)


@dataclass(frozen=True)
class _Rows:
    """Where the cells of the records with an answer stand: first the regular ones, then the odd ones' own cells."""

    plan: Plan
    block: Block
    kept: Places | None
    odd: Sequence[Sequence[str]]
    records: Places

    @property
    def regular(self) -> int:
        """How many of the records are regular."""
        return self.records.size - len(self.odd)

    def column(self, at: int) -> tuple[Places, Places]:
        """Where the regular records' cells under a heading begin and end."""
        return self.block.grid.column(at, self.kept)


def read(plan: Plan, start: int, data: bytes) -> Part:
    """Reads a block of whole records that begins at byte `start`. Raises Uncertain for what is not certain."""
    block = lay(plan.head, start, data)
    grid = block.grid
    found = sorting.sort(plan, block)
    rows = _Rows(
        plan,
        block,
        None if found.kept.size == grid.regular.size else found.kept,
        list(found.rows.values()),
        np.concatenate((grid.regular[found.kept], np.array([*found.rows], np.int64))),
    )
    who, marks, gone = _people(rows)
    marks = [*found.marks, *marks]
    columns = {}
    numbers = _numbers(rows)
    for name in plan.kinds:
        columns[name], wrong = _single(rows, name, numbers[name]) if name in numbers else _column(rows, name)
        marks += wrong
    gone |= found.gone
    faulty = np.unique(np.concatenate([np.zeros(0, np.int64), *(records for _, records in marks)]))
    _hold_one_table(plan, block, faulty)
    bad = np.zeros(grid.first.size, bool)
    bad[faulty] = True
    lost = np.array(sorted(gone), np.int64)
    bad[lost] = True
    left = None
    if rows.odd or faulty.size or lost.size:
        left = np.flatnonzero(~bad[rows.records])
        left = left[np.argsort(rows.records[left], kind="stable")]
    if lost.size:
        marks = [(kind, records[~np.isin(records, lost)]) for kind, records in marks]
        faulty = np.setdiff1d(faulty, lost)
    return Part(
        grid.first.size,
        found.blank,
        found.excluded,
        lost.size,
        who if left is None else who.take(pa.array(left)),
        rows.records if left is None else rows.records[left],
        {name: column.take(left) for name, column in columns.items()},
        [(kind, records) for kind, records in marks if records.size],
        faulty,
        start + np.stack((grid.first[faulty], grid.last[faulty])),
    )


def _hold_one_table(plan: Plan, block: Block, faulty: Places) -> None:
    """Raises Uncertain where a record without an answer holds other headings, for which the strict reader refuses."""
    if not faulty.size:
        return
    if any(plan.headings.are_others(block.cells(one)) for one in suspects(plan.headings, block, faulty).tolist()):
        raise Uncertain


def _people(rows: _Rows) -> tuple[pa.BinaryArray, Marks, set[int]]:
    """The persons, who cannot be read, and records of erased ones."""
    block, plan = rows.block, rows.plan
    at, read = plan.readers[PERSON]
    more = map(named, block.repaired([row[at] for row in rows.odd]))
    who = people.read(block, *rows.column(at), plan.person, more)
    marks = _marks(plan.head.sheet.columns[at], who.reasons, None, rows.records)
    if not plan.erased:
        return who.names, marks, set()
    names = who.names.to_pylist()
    gone = [row for row, one in enumerate(names) if read(one.decode("utf-8", "surrogatepass")) in plan.erased]
    return who.names, marks, set(rows.records[gone].tolist())


def _numbers(rows: _Rows) -> dict[str, pa.Array]:
    """The columns in which every regular cell is a letter with a meaning, as numbers."""
    plan = rows.plan
    found: dict[str, pa.Array] = {}
    if plan.alphabets:
        letters = single.look(rows.block.grid, plan.head.sheet.dialect.delimiter)
        if rows.kept is not None:
            letters = letters[rows.kept]
        for alphabet, names in plan.alphabets:
            numbers = single.read(letters, [plan.readers[name][0] for name in names], alphabet)
            found |= {
                name: _as(one, plan.kinds[name]) for name, one in zip(names, numbers, strict=True) if one is not None
            }
    return found


def _as(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """The same values, of this type."""
    return column if column.type == kind else column.cast(kind)


def _single(rows: _Rows, name: str, numbers: pa.Array) -> tuple[_Column, Marks]:
    """A column of which the regular records' numbers are known."""
    if not rows.odd:
        return _Column(numbers, None), []
    more = _odd(rows, name)
    marks = _marks(
        rows.plan.head.sheet.columns[rows.plan.readers[name][0]], more.reasons, None, rows.records[rows.regular :]
    )
    return _Column(pa.concat_arrays([numbers, more.values]), None), marks


def _odd(rows: _Rows, name: str) -> known.Meanings:
    """A column of the odd records."""
    at, read = rows.plan.readers[name]
    return known.of([*map(read, rows.block.repaired([row[at] for row in rows.odd]))], rows.plan.kinds[name])


def _column(rows: _Rows, name: str) -> tuple[_Column, Marks]:
    """A column as values, missing where it cannot be read, and the records where it cannot."""
    block, plan = rows.block, rows.plan
    at, _ = plan.readers[name]
    kind = plan.kinds[name]
    (starts, ends), records = rows.column(at), rows.records
    times = clock.read_days(block.grid.data, starts, ends, plan.midnights) if kind == MICROS else None
    left = np.arange(starts.size) if times is None else np.flatnonzero(times.left)
    if times is not None:
        if not left.size and not rows.odd:
            return _Column(pa.array(times.micros, kind), None), []
        starts, ends = starts[left], ends[left]
        left = np.concatenate((left, np.arange(rows.regular, records.size)))
        records = records[left]
    found, codes = plan.meanings[name].read(cells(block.grid.data, starts, ends))
    if rows.odd:
        regular, found = found, found.followed_by(_odd(rows, name))
        codes = np.concatenate((codes, np.arange(len(regular.values), len(found.values))))
    marks = _marks(plan.head.sheet.columns[at], found.reasons, codes, records)
    if times is None:
        return _Column(found.values, codes), marks
    whole = np.arange(rows.records.size)
    whole[left] = times.micros.size + codes.astype(np.int64)
    return _Column(pa.concat_arrays([pa.array(times.micros, kind), found.values]), whole), marks


def _marks(name: str, reasons: Mapping[int, str], codes: NDArray[np.integer] | None, records: Places) -> Marks:
    """The faults in a column: record `i` has that of `reasons[codes[i]]`, and without codes of `reasons[i]`."""
    by_reason: dict[str, list[int]] = {}
    for at, reason in reasons.items():
        by_reason.setdefault(str(reason), []).append(at)
    return [
        ((name, reason), records[several if codes is None else np.isin(codes, several)])
        for reason, several in by_reason.items()
    ]
