"""A file of answers of any size -> what `interpret` makes of it, block by block, in bounded memory.

A file of which that is not certain is left to the strict reader, which alone refuses files for how they are written.
"""

from __future__ import annotations

from dataclasses import dataclass
from os import SEEK_END
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pyarrow as pa

from pipeline import parquet
from pipeline.errors import ExportRejected
from pipeline.exports import census, clock, head, latest, mapping, odd, part, responses, single
from pipeline.exports.candidates import Candidates
from pipeline.exports.census import Uncertain
from pipeline.exports.columns import named
from pipeline.exports.known import Known
from pipeline.exports.part import MICROS
from pipeline.exports.plan import PERSON, SENT, Plan, lay, of_bytes
from pipeline.exports.reading import doubt
from pipeline.exports.received import Received
from pipeline.exports.second import Headings
from pipeline.exports.setaside import SetAside
from pipeline.exports.sheet import Accounts
from pipeline.exports.spool import Spool, digests, digits
from pipeline.in_order import in_order

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from numpy.typing import NDArray

    from pipeline.exports.census import Census
    from pipeline.exports.head import Head
    from pipeline.exports.mapping import Mapping as Places
    from pipeline.exports.scratch import Scratch
    from pipeline.instruments import Scale
    from pipeline.pseudonyms import PseudonymKey
    from pipeline.survey import Survey

READERS = 2  # blocks that are read at the same time
AHEAD = 4  # blocks that are read, or wait to be, before the first of them is put aside
SIZE = 2 << 20  # bytes of a block: more of them are no faster, and take more memory
ROOM = 31 << 20  # bytes; of more than 32 MiB it would learn nothing


@dataclass(frozen=True)
class Read:
    """All blocks of a file: the rows with answers, the faults, and how many records are neither."""

    spool: Spool
    aside: SetAside
    candidates: Candidates
    blank: int
    excluded: int
    tombstoned: int


def read(
    file: BinaryIO,
    survey: Survey,
    key: PseudonymKey,
    source: str,
    erased: Collection[str],
    scratch: Scratch,
    *,
    size: int = SIZE,
) -> Received:
    """Reads, accounts for and pseudonymises a file; `source` is its sha256.

    Raises ExportRejected as `interpret` does, and Uncertain when the strict reader has to look at the whole file.
    """
    # Once the C library was given back as much as this, it keeps what blocks give back instead of returning it to the
    # system, which would clear every page of it again for the next block: a fifth of the time of reading.
    np.empty(ROOM, np.uint8)
    facts = census.take(file, min(size, census.BLOCK))
    top = head.read(file, facts)
    try:
        places = mapping.columns(top.sheet, survey)
    except ExportRejected:
        _verify(file, facts, top, size)
        raise
    beside = [name for name in responses.once(survey, places) if name != PERSON]
    cut = file.seek(0, SEEK_END) if facts.open_end else None
    found = _read(file, _plan(top, survey, key, places, erased, cut), beside, size, scratch)
    if found.spool.rows + found.excluded + found.aside.records + found.tombstoned == 0:
        responses.refuse_empty()
    stays, duplicate = latest.choose(found.spool, found.candidates.find(), beside, (key, survey.id))
    accepted = int(stays.sum())
    accounts = _accounts(top, facts, found, accepted, duplicate)
    reasons = found.aside.reasons()
    return Received(
        accounts,
        reasons,
        places.missing,
        doubt(reasons),
        _written(found.spool, stays, survey, key, source, scratch) if accepted else None,
        found.aside.write(file, top.sheet, facts.newline, scratch) if reasons else {},
    )


def _verify(file: BinaryIO, facts: Census, top: Head, size: int) -> None:
    """Raises Uncertain for a file that the strict reader refuses for how it is written, before anything else."""
    delimiter = top.sheet.dialect.delimiter
    records = top.sheet.head
    for start, data in head.blocks(file, top.body, size):
        block = lay(top, start, data)
        records += block.grid.first.size
        for one in block.grid.odd.tolist():
            odd.cells(block.text(one), delimiter)
    if records != facts.records:
        raise Uncertain


def _plan(
    top: Head,
    survey: Survey,
    key: PseudonymKey,
    places: Places,
    erased: Collection[str],
    cut: int | None,
) -> Plan:
    try:
        readers = responses.readers(top.sheet, survey, key, places)
    except ExportRejected:
        raise Uncertain from None  # an empty file is refused for that first
    midnights = clock.midnights(readers[SENT][1] if SENT in readers else str)
    meanings = {name: of_bytes(top, read) for name, (_, read) in readers.items()}
    scales = {name: scale for name, (scale, _) in survey.items.items()}
    kinds = {name: _kind(scales.get(name)) for name in readers if name != PERSON}
    if SENT in kinds:
        kinds[SENT] = MICROS
    delimiter = top.sheet.dialect.delimiter
    alphabets = single.alphabets({name: meanings[name] for name in kinds if name in scales}, delimiter)
    memories = {name: Known(meanings[name], kind) for name, kind in kinds.items()}
    person = of_bytes(top, named)
    headings = Headings.of(top.sheet, readers, survey.items)
    return Plan(top, readers, kinds, frozenset(erased), cut, midnights, person, memories, alphabets, headings)


def _kind(scale: Scale | None) -> pa.DataType:
    """The type of a column of texts, or of answers on a scale, until it is written: for most a byte is enough."""
    if scale is None:
        return pa.string()
    return pa.int8() if scale.low > single.MISSING and scale.high < -int(single.UNKNOWN) else pa.int16()


def _read(file: BinaryIO, plan: Plan, beside: Sequence[str], size: int, scratch: Scratch) -> Read:
    spool, aside, candidates = Spool(plan.kinds, scratch.file()), SetAside(), Candidates(scratch.file())
    before = plan.head.sheet.head
    blank = excluded = tombstoned = 0
    blocks = head.blocks(file, plan.head.body, size)
    for found in in_order(lambda block: part.read(plan, *block), blocks, READERS, AHEAD):
        candidates.add(latest.keys(found.names, found.columns, beside))
        spool.add(found.names, found.record + before + 1, found.columns)
        aside.add(found, before)
        before += found.records
        blank, excluded, tombstoned = blank + found.blank, excluded + found.excluded, tombstoned + found.tombstoned
    return Read(spool, aside, candidates, blank, excluded, tombstoned)


def _accounts(top: Head, facts: Census, found: Read, accepted: int, duplicate: int) -> Accounts:
    """Where each record went. Raises Uncertain when these are not as many as were counted."""
    header = top.sheet.accounts.header
    accounts = Accounts(
        records=facts.records,
        header=header,
        blank=found.blank + top.sheet.head - header,
        excluded=found.excluded,
        accepted=accepted,
        quarantined=found.aside.records,
        duplicate=duplicate,
        superseded=found.spool.rows - accepted - duplicate,
        tombstoned=found.tombstoned,
    )
    try:
        return accounts.balance()
    except ExportRejected:
        raise Uncertain from None


def _written(
    spool: Spool,
    stays: NDArray[np.bool_],
    survey: Survey,
    key: PseudonymKey,
    source: str,
    scratch: Scratch,
) -> BinaryIO:
    """The rows that stay, as Parquet."""
    file = scratch.file()
    # What is compressed needs no lock of the interpreter: meanwhile pseudonyms are made of the next rows.
    with parquet.Writer(file, responses.schema(survey, spool.kinds), responses.DISTINCT) as writer:
        tables = _tables(spool, stays, survey, key, source)
        for _ in in_order(writer.write, tables, threads=1, waiting=1):
            pass
    file.seek(0)
    return file


def _tables(
    spool: Spool, stays: NDArray[np.bool_], survey: Survey, key: PseudonymKey, source: str
) -> Iterator[pa.Table]:
    """The same, as many rows in each table as are compressed together: made of few long columns, they cost least."""
    kinds = responses.schema(survey, spool.kinds)
    for rows in parquet.grouped(_staying(spool, stays)):
        columns = {
            name: rows[name] if rows[name].type == parquet.WORDS else rows[name].cast(kinds.field(name).type)
            for name in rows.column_names
            if name != PERSON
        }
        columns[PERSON] = digits(digests(rows[PERSON], key, survey.id))
        yield responses.table(survey, key, source, columns, rows.num_rows)


def _staying(spool: Spool, stays: NDArray[np.bool_]) -> Iterator[pa.Table]:
    before = 0
    for batch in spool.batches():
        mine = stays[before : before + batch.num_rows]
        before += batch.num_rows
        yield pa.Table.from_batches([batch if mine.all() else batch.filter(pa.array(mine))])
