"""An export as text cells: nothing interpreted yet, every record of the file accounted for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal

from pipeline.exports.rejection import reject

if TYPE_CHECKING:
    from pipeline.exports.table import Vendor

CUT_SHORT = "cut_short"  # the reason of a last record without a line end and with too few cells
Format = Literal[
    "qualtrics", "limesurvey", "surveymonkey", "microsoft_forms", "google_forms", "excel_no", "spss", "plain"
]
Kind = Literal["text", "xlsx", "sav", "parquet", "ndjson"]


@dataclass(frozen=True)
class Dialect:
    """How the file writes a table; `newline` and `bom` are kept so that a part of it can be written alike."""

    encoding: Literal["utf-8", "utf-16-le", "utf-16-be", "cp1252"]
    delimiter: str
    header_rows: int
    decimal: Literal[".", ","]
    newline: str
    bom: bool = False
    quote: str = '"'
    # Of a file that is no delimited text, all of the above is how a part of it is written for its sender.
    kind: Kind = "text"
    wrapping: Literal["", "gzip", "zip"] = ""


@dataclass(frozen=True)
class Accounts:
    """Where each record of a file went. `records` is counted by itself, and the others must add up to it."""

    records: int
    header: int = 0
    blank: int = 0
    excluded: int = 0  # the vendor's previews, spam and unfinished answers
    accepted: int = 0
    quarantined: int = 0
    duplicate: int = 0  # the same submission once more, in the same file
    superseded: int = 0  # an earlier submission of the same respondent, in the same file
    tombstoned: int = 0  # of a respondent who was erased

    def balance(self) -> Accounts:
        """These accounts, when they add up. Raises ExportRejected: a file that we may misread is not read."""
        counts = asdict(self)
        seen = sum(counts.values()) - self.records
        if seen != self.records:
            msg = (
                f"the file has {self.records} records, and {seen} were read; "
                "the sender exports it again, and whoever runs us looks at the file"
            )
            reject("records_lost", msg)
        return self

    def accept(self, accepted: int, **others: int) -> Accounts:
        """Accounts in which the records accepted until now are dealt out anew."""
        return replace(self, accepted=accepted, **others).balance()


@dataclass(frozen=True, order=True)
class Fault:
    """Why a record is in quarantine; `record` is counted from 1 at the top of the file. Never a value."""

    record: int
    column: str
    reason: str


@dataclass(frozen=True)
class Sheet:
    """The table in a file. `rows` have exactly one cell for each of `columns`; `numbers` are their records.

    `texts` holds each record of the file as it was written, from the first line on.
    """

    format: Format
    dialect: Dialect
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int]
    faults: tuple[Fault, ...]
    accounts: Accounts
    texts: Sequence[str]
    head: int  # how many of `texts` stand above the first row: headings, and what is above them
    own: frozenset[str] = frozenset()  # columns of the vendor, not of the survey
    zones: tuple[tuple[str, str], ...] = ()  # (column, time zone of its times), where the file says so
    vendor: Vendor | None = None  # by which rules records were laid out, where a table of records was
    labels: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()  # (column, (value, label)...), where it has them

    def excerpt(self, records: Collection[int]) -> bytes:
        """These records under the file's own headings, letter by letter as the sender wrote them.

        Nothing is made inert against spreadsheets here: it is the sender's own data, on its way back.
        """
        wanted = sorted(records)
        lines = [*self.texts[: self.head], *(self.texts[number - 1] for number in wanted)]
        text = ("\ufeff" if self.dialect.bom else "") + "".join(line + self.dialect.newline for line in lines)
        return text.encode(self.dialect.encoding)
