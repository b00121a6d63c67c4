"""What came out of a sheet: a table to store, records to send back, and where each record went."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.exports.sheet import CUT_SHORT

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

    @property
    def doubt(self) -> str:
        """What makes one think that the file was cut off on its way, for a message; "" for nothing."""
        return doubt({fault.reason for fault in self.quarantined})


def doubt(reasons: Collection[str]) -> str:
    """What the reasons for which records were set aside make one think of the file, for a message; "" for nothing."""
    if CUT_SHORT not in reasons:
        return ""
    return "; it ends in the middle of a record: the sender looks whether it was cut off, and pushes it whole"
