"""What a file is and where each of its records would go; nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pipeline.errors import ExportRejected
from pipeline.exports import strict
from pipeline.exports.count import physical_records
from pipeline.exports.detection import read
from pipeline.exports.responses import interpret
from pipeline.exports.sheet import Accounts
from pipeline.exports.sources import NO_TEXT, open_source
from pipeline.pseudonyms import PseudonymKey

if TYPE_CHECKING:
    from pipeline.exports.reading import Reading
    from pipeline.exports.sheet import Fault, Sheet
    from pipeline.survey import Survey

# Pseudonyms are made to find two answers of one person, and thrown away: they need no secret.
_THROWN_AWAY = PseudonymKey("inspect", b"pseudonyms that leave no process")


@dataclass(frozen=True)
class Inspection:
    """`account` is JSON-ready and holds nothing of a person; `sheet` is None for a file that is refused as a whole."""

    account: dict[str, Any]
    sheet: Sheet | None = None
    faults: tuple[Fault, ...] = ()


def inspect(data: bytes, survey: Survey | None = None) -> dict[str, Any]:
    """A JSON-ready account of a file; with `survey`, of what ingest would do with it as an export of answers.

    `verdict` is accepted, partly (some records go to quarantine) or rejected. Never raises for what is in the file.
    """
    return examine(data, survey).account


def examine(data: bytes, survey: Survey | None = None) -> Inspection:
    """The account of a file as `inspect` gives it, and the sheet that it is about."""
    try:
        sheet = read(data)
    except ExportRejected as refusal:
        return Inspection(_rejected(refusal, None, count_records(data)))
    try:
        reading = interpret(sheet, survey, _THROWN_AWAY, "") if survey is not None else None
    except ExportRejected as refusal:
        return Inspection(_rejected(refusal, sheet, sheet.accounts.records))
    accounts = reading.accounts if reading is not None else sheet.accounts
    faults = reading.quarantined if reading is not None else sheet.faults
    account = {
        **_about(sheet),
        "records": _records(asdict(accounts)),
        "reasons": count_reasons(faults),
        "verdict": "accepted" if not faults else "partly" if accounts.accepted else "rejected",
        "message": _message(accounts, reading),
    }
    return Inspection(account, sheet, tuple(sorted(faults)))


def count_reasons(faults: Iterable[Fault]) -> dict[str, int]:
    """Reason code -> how many records have it, by name."""
    return dict(sorted(Counter(reason for _, reason in {(fault.record, fault.reason) for fault in faults}).items()))


def _about(sheet: Sheet | None) -> dict[str, Any]:
    """Format, dialect and columns. The encoding of a file that is no text is its kind: xlsx, sav, parquet or ndjson."""
    if sheet is None:
        return {"format": None, "dialect": None, "columns": []}
    dialect = sheet.dialect
    delimited = dialect.kind == "text"
    about = {
        "encoding": dialect.encoding if delimited else dialect.kind,
        "delimiter": dialect.delimiter if delimited else None,
        "quote": dialect.quote if delimited else None,
        "header_rows": dialect.header_rows,
        "decimal": dialect.decimal,
    }
    if dialect.wrapping:
        about["wrapping"] = dialect.wrapping
    return {"format": sheet.format, "dialect": about, "columns": list(sheet.columns)}


def _records(counts: dict[str, int]) -> dict[str, int]:
    return {"physical": counts.pop("records"), **counts}


def count_records(data: bytes) -> int | None:
    """How many records a file has that was refused as a whole; None when not even that is certain."""
    try:
        data = data if not data.startswith(NO_TEXT) else open_source(data).data
        return physical_records(strict.decode(data).text)
    except ExportRejected:
        return _of_any_letters(data)


def _of_any_letters(data: bytes) -> int | None:
    """The records of a text whose letters are not certain: in every encoding that keeps ASCII they are the same."""
    if not data.strip() or data.startswith((*NO_TEXT, b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        return None
    return physical_records(data.decode("latin-1"))


def _rejected(refusal: ExportRejected, sheet: Sheet | None, records: int | None) -> dict[str, Any]:
    return {
        **_about(sheet),
        "records": {} if records is None else _records(asdict(Accounts(records, quarantined=records))),
        "reasons": {refusal.reason: 1},
        "verdict": "rejected",
        "message": str(refusal),
    }


def _message(accounts: Accounts, reading: Reading | None) -> str:
    words = f"{accounts.accepted} records are accepted"
    if accounts.quarantined:
        words += f", {accounts.quarantined} are quarantined"
    if reading is None:
        return words
    if reading.missing:
        words += f"; no column holds {', '.join(reading.missing)}"
    return words + reading.doubt
