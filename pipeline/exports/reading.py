"""What came out of a sheet: a table to store, records to send back, and where each record went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.exports.sheet import Accounts, Fault


@dataclass(frozen=True)
class Reading:
    """`table` has one row for each accepted record, in their order; `quarantined` says why others are not in it.

    `missing` are items that the export has no column for: they count as not measured.
    """

    table: pa.Table
    quarantined: tuple[Fault, ...]
    accounts: Accounts
    missing: tuple[str, ...] = ()
