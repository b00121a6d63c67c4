"""The rows of a protected table, and those among them that stay as an earlier release published them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.disclosure.cells import Bools, Grid
    from pipeline.disclosure.past import Earlier
    from pipeline.disclosure.primary import Shown

FREE, CONFIDENTIAL = "F", "C"
Address = tuple[str, ...]  # unit, segment, category, measure

PROTECTED = pa.schema(
    [
        pa.field("unit", pa.string(), nullable=False),
        pa.field("segment", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("measure", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),  # F free, C confidential
        # Null wherever status is C; the last four also where there are too few people for a distribution.
        pa.field("answered", pa.int64()),
        pa.field("invited", pa.int64()),
        pa.field("total", pa.int64()),
        pa.field("squares", pa.int64()),
        pa.field("favourable", pa.int64()),
        pa.field("neutral", pa.int64()),
        pa.field("unfavourable", pa.int64()),
    ],
)
# The addresses of rows that stay as an earlier release published them.
KEPT = pa.schema([PROTECTED.field(name) for name in PROTECTED.names[:4]])


def standing(cells: Grid, shown: Shown, before: Sequence[Earlier]) -> dict[Address, pa.Table]:
    """The rows that the last release states of cells that may not be shown now.

    Whether the rules of today allow them is not asked here: the audit looks at every release by the same rules.
    """
    if not before:
        return {}
    last = before[-1]
    at = {place: column for column, place in enumerate(last.cells.places)}
    stands = _columns(last.stands.means, [at.get(place, len(at)) for place in cells.places])
    rows = {address: row for row, address in enumerate(addresses(last.table))}
    result: dict[Address, pa.Table] = {}
    for measure, place in np.argwhere(cells.exists & ~shown.means & stands).tolist():
        where = cells.places[place]
        address = (where.unit, where.segment, where.category, cells.measures[measure])
        result[address] = last.table.slice(rows[address], 1)
    return result


def _columns(values: Bools, column: list[int]) -> Bools:
    """These columns; beyond the last one, nothing."""
    padded: Bools = np.concatenate([values, np.zeros((len(values), 1), dtype=np.bool_)], axis=1)[:, column]
    return padded


def addresses(table: pa.Table) -> list[Address]:
    """The address of each row."""
    return list(zip(*(table.column(number).to_pylist() for number in range(4)), strict=True))


def with_rows(table: pa.Table, stays: Mapping[Address, pa.Table]) -> pa.Table:
    """The table with these rows in place of its own."""
    if not stays:
        return table
    extra = {address: table.num_rows + number for number, address in enumerate(stays)}
    take = [extra.get(address, row) for row, address in enumerate(addresses(table))]
    whole = pa.concat_tables([table, *(row.cast(PROTECTED) for row in stays.values())])
    return whole.take(pa.array(take, pa.int64())).combine_chunks()


def kept_of(stays: Mapping[Address, pa.Table]) -> pa.Table:
    """The addresses of rows that stay."""
    return pa.Table.from_pylist([dict(zip(KEPT.names, one, strict=True)) for one in sorted(stays)], schema=KEPT)
