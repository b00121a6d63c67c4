"""What a file is and where each of its records would go; nothing is written, and nothing of a person is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pipeline.errors import ExportRejected
from pipeline.exports import strict
from pipeline.exports.count import physical_records
from pipeline.exports.detection import read
from pipeline.exports.responses import interpret
from pipeline.exports.sheet import Accounts
from pipeline.pseudonyms import PseudonymKey

if TYPE_CHECKING:
    from pipeline.exports.reading import Reading
    from pipeline.exports.sheet import Fault, Sheet
    from pipeline.survey import Survey

# Pseudonyms are made to find two answers of one person, and thrown away: they need no secret.
_THROWN_AWAY = PseudonymKey("inspect", b"pseudonyms that leave no process")


def inspect(data: bytes, survey: Survey | None = None) -> dict[str, Any]:
    """A JSON-ready account of a file; with `survey`, of what ingest would do with it as an export of answers.

    `verdict` is accepted, partly (some records go to quarantine) or rejected. Never raises for what is in the file.
    """
    try:
        sheet = read(data)
    except ExportRejected as refusal:
        return _rejected(refusal, None, count_records(data))
    try:
        reading = interpret(sheet, survey, _THROWN_AWAY, "") if survey is not None else None
    except ExportRejected as refusal:
        return _rejected(refusal, sheet, sheet.accounts.records)
    accounts = reading.accounts if reading is not None else sheet.accounts
    faults = reading.quarantined if reading is not None else sheet.faults
    verdict = "accepted" if not faults else "partly" if accounts.accepted else "rejected"
    return {
        **_about(sheet),
        "records": _records(asdict(accounts)),
        "reasons": count_reasons(faults),
        "verdict": verdict,
        "message": _message(accounts, reading),
    }


def count_reasons(faults: Iterable[Fault]) -> dict[str, int]:
    """Reason code -> how many records have it, by name."""
    return dict(sorted(Counter(reason for _, reason in {(fault.record, fault.reason) for fault in faults}).items()))


def _about(sheet: Sheet | None) -> dict[str, Any]:
    if sheet is None:
        return {"format": None, "dialect": None, "columns": []}
    dialect = sheet.dialect
    return {
        "format": sheet.format,
        "dialect": {
            "encoding": dialect.encoding,
            "delimiter": dialect.delimiter,
            "quote": dialect.quote,
            "header_rows": dialect.header_rows,
            "decimal": dialect.decimal,
        },
        "columns": list(sheet.columns),
    }


def _records(counts: dict[str, int]) -> dict[str, int]:
    return {"physical": counts.pop("records"), **counts}


def count_records(data: bytes) -> int | None:
    """How many records a file has that was refused as a whole; None when not even that is certain."""
    try:
        return physical_records(strict.decode(data).text)
    except ExportRejected:
        return None


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
