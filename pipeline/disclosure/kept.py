"""The rows of a protected table, and those among them that stay as an earlier release published them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.disclosure.cells import addresses
from pipeline.disclosure.primary import allowed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.disclosure.cells import Address, Bools, Grid
    from pipeline.disclosure.past import Earlier
    from pipeline.disclosure.primary import Shown
    from pipeline.disclosure.rules import Rules

FREE, CONFIDENTIAL = "F", "C"

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


def stood(cells: Grid, rules: Rules, before: Sequence[Earlier]) -> Bools:
    """Which cells have a row in the last release that the rules of today allow still, measures x places."""
    stands = np.zeros_like(cells.exists)
    for one in before:
        at = one.cells.at
        column = [at.get(place, len(at)) for place in cells.places]
        may = allowed(one.cells, rules)
        fine = may.means & (may.distributions | ~one.shown.distributions)
        # Of the releases that state a cell the last one's figure is what stands; one that withholds it ends that.
        own, good = _columns(one.shown.means, column), _columns(fine, column)
        stands = _columns(one.stands.means, column) & np.where(own, good, stands)
    return stands


def standing(cells: Grid, shown: Shown, rules: Rules, before: Sequence[Earlier]) -> dict[Address, pa.Table]:
    """The rows that the last release states of cells that may not be shown now."""
    if not before:
        return {}
    rows = {address: row for row, address in enumerate(addresses(before[-1].table))}
    result: dict[Address, pa.Table] = {}
    for measure, place in np.argwhere(cells.exists & ~shown.means & stood(cells, rules, before)).tolist():
        address = (*cells.places[place], cells.measures[measure])
        result[address] = before[-1].table.slice(rows[address], 1)
    return result


def _columns(values: Bools, column: list[int]) -> Bools:
    """These columns; beyond the last one, nothing."""
    padded: Bools = np.concatenate([values, np.zeros((len(values), 1), dtype=np.bool_)], axis=1)[:, column]
    return padded


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
