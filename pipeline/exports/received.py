"""A pushed file -> everything that is stored of it, in files of our own until it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from pipeline import parquet
from pipeline.exports.inspection import count_reasons
from pipeline.exports.quarantine import of_records
from pipeline.exports.responses import DISTINCT

if TYPE_CHECKING:
    from pipeline.exports.reading import Reading
    from pipeline.exports.scratch import Scratch
    from pipeline.exports.sheet import Accounts, Sheet


@dataclass(frozen=True)
class Received:
    """`table` is the Parquet of the accepted records, None without any; `quarantine` are the files beside it by name.

    `reasons` counts the records with each reason code; `missing` are items without a column, and `doubt` says what
    makes one think that the file was cut off. The files are open for as long as their Scratch.
    """

    accounts: Accounts
    reasons: Mapping[str, int]
    missing: tuple[str, ...] = ()
    doubt: str = ""
    table: BinaryIO | None = None
    quarantine: Mapping[str, BinaryIO] = field(default_factory=dict)


def of_reading(sheet: Sheet, reading: Reading, scratch: Scratch) -> Received:
    """What is stored of a file that was read as a whole; its files are made in `scratch`."""
    aside = of_records(sheet, reading.quarantined) if reading.quarantined else {}
    return Received(
        reading.accounts,
        count_reasons(reading.quarantined),
        reading.missing,
        reading.doubt,
        scratch.file([parquet.to_bytes(reading.table, DISTINCT)]) if reading.accounts.accepted else None,
        {name: scratch.file([content]) for name, content in aside.items()},
    )
