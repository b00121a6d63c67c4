"""A pushed object -> responses, or a table of the organisation, or quarantine: one terminal state, recorded once.

Every write is conditional and keyed by content, and the record comes last: whoever is stopped half-way is completed
by the next who receives the same object, and whoever receives it again finds the record.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING

from pipeline import exports, ledger, parquet
from pipeline.content import sha256
from pipeline.errors import ExportRejected, NotStored, OrganisationInvalid, StoreConflict, SurveyInvalid
from pipeline.exports import organisation
from pipeline.exports.quarantine import Quarantine, of_file, of_records

if TYPE_CHECKING:
    from pipeline.exports import Reading, Sheet
    from pipeline.ledger import FileRecord
    from pipeline.pseudonyms import PseudonymKey
    from pipeline.store import Store
    from pipeline.survey import Survey


@dataclass(frozen=True)
class Landed:
    """One version of an object in landing. `landed_at` is an ISO time: of two rosters, the later counts."""

    key: str
    version: str = ""
    landed_at: str = ""
    bucket: str = ""


@dataclass(frozen=True)
class Redriven:
    """A file that was read again with today's survey file, and its records before and after."""

    key: str
    before: FileRecord
    after: FileRecord

    @property
    def changed(self) -> bool:
        """Whether reading it again gives anything else."""
        return replace(self.after, attempt=self.before.attempt) != self.before


@dataclass(frozen=True)
class _Outcome:
    """What becomes of a file, before anything is written."""

    record: FileRecord
    survey: Survey | None = None
    table: bytes | None = None
    quarantine: Quarantine = field(default_factory=dict)


def receive(store: Store, key: PseudonymKey, landed: Landed) -> FileRecord:
    """Reads one object and brings it to its terminal state; what was recorded before is returned unchanged.

    What is wrong with the object is recorded and never raised. Raises StoreConflict when another receives the
    same content at this moment: receive it once more.
    """
    address = ledger.address(landed.key)
    blank = _unread(landed, address)
    if address is None:
        message = "this is no landing key: landing/<survey>/<wave>/<kind>/<file>; the sender pushes it under one"
        return ledger.record_file(store, _reject(blank, "not_a_landing_key", message))
    if landed.version and (known := ledger.file(store, address.survey, address.wave, blank.id)):
        return known
    try:
        data = store.read(landed.key, landed.version).data
    except NotStored:
        return ledger.record_file(store, _reject(blank, "gone", "it was taken away before it could be read"))
    digest = sha256(data)
    ident = ledger.file_id(landed.bucket, landed.key, landed.version or digest)
    blank = replace(blank, id=ident, sha256=digest, size=len(data))
    if known := ledger.file(store, address.survey, address.wave, ident):
        return known
    outcome = _judge(store, key, blank, data)
    _write(store, outcome)
    return ledger.record_file(store, outcome.record)


def redrive(
    store: Store,
    key: PseudonymKey,
    survey: str,
    wave: str,
    *,
    dry_run: bool = False,
) -> tuple[Redriven, ...]:
    """Reads again what is not wholly accepted, with today's survey file, in the order in which it landed.

    Writes another record beside the first where that gives something else, and nothing with `dry_run`. What is
    no longer in landing is left as it is.
    """
    again = []
    for before in ledger.files(store, survey, wave):
        if before.state in {"accepted", "duplicate"} or not before.sha256:
            continue
        try:
            data = store.read(before.key, before.version).data
        except NotStored:
            continue
        if sha256(data) != before.sha256:
            continue  # another version, which has a record of its own
        outcome = _judge(store, key, _cleared(before), data)
        found = Redriven(before.key, before, replace(outcome.record, attempt=before.attempt + 1))
        if not dry_run:
            _write(store, outcome)
            if found.changed:
                ledger.record_file(store, found.after)
        again.append(found)
    return tuple(again)


def _unread(landed: Landed, address: ledger.Address | None) -> FileRecord:
    """The record of an object about which nothing is known but its key."""
    return ledger.FileRecord(
        key=landed.key.encode("utf-8", "backslashreplace").decode(),  # half a character is none
        version=landed.version,
        sha256="",
        size=0,
        kind=address.kind if address else "",
        state="rejected",
        accounts={},
        reasons={},
        message="",
        landed_at=landed.landed_at,
        id=ledger.file_id(landed.bucket, landed.key, landed.version),
        survey=address.survey if address else ledger.NOWHERE,
        wave=address.wave if address else ledger.NOWHERE,
    )


def _cleared(record: FileRecord) -> FileRecord:
    return replace(record, state="rejected", accounts={}, reasons={}, message="", attempt=1)


def _reject(record: FileRecord, reason: str, message: str) -> FileRecord:
    return replace(record, state="rejected", reasons={reason: 1}, message=message)


def _judge(store: Store, key: PseudonymKey, record: FileRecord, data: bytes) -> _Outcome:
    """What becomes of a file under today's survey file. Writes nothing."""
    try:
        survey = ledger.survey(store, record.survey)
        if record.wave not in {one.id for one in survey.file.wave}:
            message = f"survey {survey.id} has no wave {record.wave!r}: its owner adds one, or the sender picks another"
            return _Outcome(_reject(record, "unknown_wave", message))
        if (twin := ledger.twin(store, record)) is not None:
            message = f"the same content was received as {twin.key}; nothing changes"
            return _Outcome(replace(record, state="duplicate", accounts=twin.accounts, message=message))
        ledger.hold(survey, ledger.wave(store, survey.id, record.wave))
        sheet = exports.read(data)
        reading = _interpret(sheet, survey, key, record, ledger.erased(store, survey.id))
    except ledger.SurveyUnknown as unknown:
        return _Outcome(_reject(record, "unknown_survey", str(unknown)))
    except ExportRejected as refusal:
        return _refuse(record, refusal.reason, str(refusal), data)
    except (SurveyInvalid, OrganisationInvalid) as invalid:
        reason = "survey_invalid" if isinstance(invalid, SurveyInvalid) else "organisation_invalid"
        return _refuse(record, reason, str(invalid), data)
    return _accept(record, survey, sheet, reading)


def _interpret(
    sheet: Sheet,
    survey: Survey,
    key: PseudonymKey,
    record: FileRecord,
    erased: frozenset[str],
) -> Reading:
    match record.kind:
        case "responses":
            return exports.interpret(sheet, survey, key, record.sha256, erased)
        case "units":
            return organisation.units(sheet)
        case "people":
            return organisation.people(sheet, survey, key, erased)
        case "actions":
            return organisation.actions(sheet, survey)
    message = f"files of {record.kind} are not read yet; they stay in landing until they are"
    raise ExportRejected("not_supported", message)  # noqa: EM101 - the first argument is a code


def _refuse(record: FileRecord, reason: str, message: str, data: bytes) -> _Outcome:
    records = exports.count_records(data)
    accounts = {} if records is None else asdict(exports.Accounts(records, quarantined=records))
    refused = replace(record, state="quarantined", accounts=accounts, reasons={reason: 1}, message=message)
    return _Outcome(refused, quarantine=of_file(reason, message))


def _accept(record: FileRecord, survey: Survey, sheet: Sheet, reading: Reading) -> _Outcome:
    faults, accounts = reading.quarantined, reading.accounts
    pushed = accounts.records - accounts.header - accounts.blank
    message = f"{accounts.accepted} of {pushed} records are accepted"
    if reading.missing:
        message += f"; no column holds {', '.join(reading.missing)}"
    if faults:
        message += (
            f"; {accounts.quarantined} are in quarantine: the sender mends rows.csv there, as reasons.csv says, "
            "and pushes it again"
        )
    message += reading.doubt
    done = replace(
        record,
        state="accepted" if not faults else "partly" if accounts.accepted else "quarantined",
        accounts=asdict(accounts),
        reasons=exports.count_reasons(faults),
        message=message,
    )
    table = parquet.to_bytes(reading.table) if accounts.accepted else None
    return _Outcome(done, survey, table, of_records(sheet, faults) if faults else {})


def _write(store: Store, outcome: _Outcome) -> None:
    """Everything but the record, in an order in which a stop at any point leaves nothing that is wrong."""
    record = outcome.record
    if record.state in {"rejected", "duplicate"}:
        return
    aside = f"quarantine/{record.survey}/{record.wave}/{record.sha256}/"
    for name, content in outcome.quarantine.items():
        _put(store, f"{aside}{name}", content)
    for one in list(store.keys(aside)):
        if one.key.removeprefix(aside) not in outcome.quarantine:
            store.delete(one.key)
    if outcome.survey is not None and outcome.table is not None:
        ledger.freeze_wave(store, outcome.survey, record.wave)
    ledger.keep_table(store, ledger.table_base(record.survey, record.wave, record.kind, record.sha256), outcome.table)


def _put(store: Store, key: str, data: bytes) -> None:
    """Makes this the content under a key."""
    try:
        store.create(key, data)
    except StoreConflict:
        store.replace(key, data, store.read(key).etag)
