"""A pushed object -> responses, or a table of the organisation, or quarantine: one terminal state, recorded once.

Every write is conditional and keyed by content, and the record comes last: whoever is stopped half-way is completed
by the next who receives the same object, and whoever receives it again finds the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from os import SEEK_END
from typing import TYPE_CHECKING, BinaryIO

from pipeline import exports, ledger, links
from pipeline.content import sha256_of
from pipeline.errors import ExportRejected, NotStored, OrganisationInvalid, StoreConflict, SurveyInvalid
from pipeline.exports.quarantine import of_file
from pipeline.keyring import ring_of
from pipeline.reading import Reader

if TYPE_CHECKING:
    from pipeline.exports import Received, Scratch
    from pipeline.keyring import Keyring, Keys
    from pipeline.ledger import FileRecord
    from pipeline.links import Kind
    from pipeline.store import Content, Store
    from pipeline.survey import Survey


@dataclass(frozen=True)
class Landed:
    """One version of an object in landing. `landed_at` is an ISO time: of two rosters, the later counts."""

    key: str
    version: str = ""
    landed_at: str = ""
    bucket: str = ""


@dataclass(frozen=True)
class _Outcome:
    """What becomes of a file, before anything is written."""

    record: FileRecord
    survey: Survey | None = None
    table: BinaryIO | None = None
    quarantine: Mapping[str, Content] = field(default_factory=dict)
    names: bytes | None = None  # of a people file: fingerprints of its ids
    key_id: str = ""
    links: Mapping[Kind, bytes] = field(default_factory=dict)


def receive(store: Store, keys: Keys, landed: Landed) -> FileRecord:
    """Reads one object and brings it to its terminal state; what was recorded before is returned unchanged.

    A wave begins under the current one of `keys` and stays under it. What is wrong with the object is recorded and
    never raised. Raises StoreConflict when another receives the same content, or begins the wave, at this moment:
    receive it once more; and KeyMissing when the wave began under a key that is not here.
    """
    address = ledger.address(landed.key)
    blank = _unread(landed, address)
    if address is None:
        message = "this is no landing key: landing/<survey>/<wave>/<kind>/<file>; the sender pushes it under one"
        return ledger.record_file(store, _reject(blank, "not_a_landing_key", message))
    if landed.version and (known := ledger.file(store, address.survey, address.wave, blank.id)):
        return known
    with exports.Scratch() as scratch:
        try:
            file = scratch.enter_context(store.open(landed.key, landed.version))
        except NotStored:
            return ledger.record_file(store, _reject(blank, "gone", "it was taken away before it could be read"))
        digest = sha256_of(file)
        ident = ledger.file_id(landed.bucket, landed.key, landed.version or digest)
        blank = replace(blank, id=ident, sha256=digest, size=file.seek(0, SEEK_END))
        if known := ledger.file(store, address.survey, address.wave, ident):
            return known
        outcome = _judge(store, ring_of(keys), blank, file, scratch)
        _write(store, outcome)
    return ledger.record_file(store, outcome.record)


def receive_again(
    store: Store,
    keys: Keys,
    before: FileRecord,
    file: BinaryIO,
    scratch: Scratch,
    *,
    dry_run: bool,
) -> FileRecord:
    """What becomes of a received file under today's survey file, as its next attempt.

    `file` has the content that `before` is about. Everything but the record is written, and nothing with `dry_run`.
    """
    outcome = _judge(store, ring_of(keys), _cleared(before), file, scratch)
    if not dry_run:
        _write(store, outcome)
    return replace(outcome.record, attempt=before.attempt + 1)


def duplicate_of(twin: FileRecord, record: FileRecord) -> FileRecord:
    """The record of a file with the content of another one, which was stored."""
    message = f"the same content was received as {twin.key}; nothing changes"
    return replace(record, state="duplicate", accounts=twin.accounts, reasons={}, message=message)


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


def _judge(store: Store, ring: Keyring, record: FileRecord, file: BinaryIO, scratch: Scratch) -> _Outcome:
    """What becomes of a file under today's survey file. Writes nothing."""
    try:
        survey = ledger.survey(store, record.survey)
        if record.wave not in {one.id for one in survey.file.wave}:
            message = f"survey {survey.id} has no wave {record.wave!r}: its owner adds one, or the sender picks another"
            return _Outcome(_reject(record, "unknown_wave", message))
        if (twin := ledger.twin(store, record)) is not None:
            return _Outcome(duplicate_of(twin, record))
        ledger.hold(survey, ledger.wave(store, survey.id, record.wave))
        reader = Reader.of_wave(store, ring, survey, record.wave)
        found = reader.read(file, record, scratch)
    except ledger.SurveyUnknown as unknown:
        return _Outcome(_reject(record, "unknown_survey", str(unknown)))
    except ExportRejected as refusal:
        return _refuse(record, refusal.reason, str(refusal), file)
    except (SurveyInvalid, OrganisationInvalid) as invalid:
        reason = "survey_invalid" if isinstance(invalid, SurveyInvalid) else "organisation_invalid"
        return _refuse(record, reason, str(invalid), file)
    accepted = _accept(record, found.received)
    return replace(accepted, survey=survey, key_id=reader.key_id, links=found.links, names=found.names)


def _refuse(record: FileRecord, reason: str, message: str, file: BinaryIO) -> _Outcome:
    records = exports.count_in(file)
    accounts = {} if records is None else asdict(exports.Accounts(records, quarantined=records))
    refused = replace(record, state="quarantined", accounts=accounts, reasons={reason: 1}, message=message)
    return _Outcome(refused, quarantine=of_file(reason, message))


def _accept(record: FileRecord, received: Received) -> _Outcome:
    accounts, reasons = received.accounts, received.reasons
    pushed = accounts.records - accounts.header - accounts.blank
    message = f"{accounts.accepted} of {pushed} records are accepted"
    if received.missing:
        message += f"; no column holds {', '.join(received.missing)}"
    if reasons:
        message += (
            f"; {accounts.quarantined} are in quarantine: the sender mends rows.csv there, as reasons.csv says, "
            "and pushes it again"
        )
    message += received.doubt
    done = replace(
        record,
        state="accepted" if not reasons else "partly" if accounts.accepted else "quarantined",
        accounts=asdict(accounts),
        reasons=reasons,
        message=message,
    )
    return _Outcome(done, table=received.table, quarantine=received.quarantine)


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
        ledger.freeze_wave(store, outcome.survey, record.wave, outcome.key_id)
        # Before the rows: whoever is stored, and was seen under several keys, has a link.
        for kind, data in outcome.links.items():
            links.keep(store, record.survey, kind, data)
    if outcome.names is not None:
        ledger.keep_table(store, ledger.table_base(record.survey, record.wave, "names", record.sha256), outcome.names)
    ledger.keep_table(store, ledger.table_base(record.survey, record.wave, record.kind, record.sha256), outcome.table)


def _put(store: Store, key: str, data: Content) -> None:
    """Makes this the content under a key."""
    try:
        store.create(key, data)
    except StoreConflict:
        store.replace(key, data, store.read(key).etag)
