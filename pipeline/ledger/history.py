"""How runs ended, which releases there are, and the private tables that each was protected with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.content import sha256
from pipeline.errors import NotStored
from pipeline.ledger.records import ReleaseRecord, RetractionRecord, RunRecord, folder, latest, numbered, once, read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.store import Store


def record_run(store: Store, record: RunRecord) -> RunRecord:
    """Writes how a run ended; when it ended differently before, another attempt beside it."""
    where = folder("runs", record.survey, record.wave)
    attempts = sum(1 for _ in store.keys(f"{where}{record.run}."))
    if attempts:
        last = read(store, numbered(where, record.run, attempts), RunRecord)
        if replace(record, attempt=last.attempt) == last:
            return last
    record = replace(record, attempt=attempts + 1)
    return once(store, numbered(where, record.run, record.attempt), record)


def runs(store: Store, survey_id: str, wave_id: str) -> tuple[RunRecord, ...]:
    """How each run of a wave ended, the latest attempt of each, by run id."""
    keys = [one.key for one in store.keys(folder("runs", survey_id, wave_id))]
    return tuple(read(store, key, RunRecord) for key in latest(keys))


def record_release(store: Store, record: ReleaseRecord) -> ReleaseRecord:
    """Writes the record of a release, once."""
    return once(store, f"ledger/releases/{record.survey}/{record.release}.json", record)


def releases(store: Store, survey_id: str) -> tuple[ReleaseRecord, ...]:
    """Every release of a survey, by id."""
    prefix = f"ledger/releases/{survey_id}/"
    keys = [one.key for one in store.keys(prefix)]
    return tuple(read(store, key, ReleaseRecord) for key in keys if "/" not in key.removeprefix(prefix))


def release(store: Store, survey_id: str, release_id: str) -> ReleaseRecord | None:
    """The record of one release; None without any."""
    try:
        return read(store, f"ledger/releases/{survey_id}/{release_id}.json", ReleaseRecord)
    except NotStored:
        return None


def record_retraction(store: Store, record: RetractionRecord) -> RetractionRecord:
    """Writes that a release was taken back, once; returns what stands there."""
    return once(store, f"ledger/retractions/{record.survey}/{record.release}.json", record)


def retractions(store: Store, survey_id: str) -> tuple[RetractionRecord, ...]:
    """What was taken back of a survey, in that order. One that a release in force follows was only begun."""
    found = [read(store, one.key, RetractionRecord) for one in store.keys(f"ledger/retractions/{survey_id}/")]
    return tuple(sorted(found, key=lambda one: one.number))


def keep_rows(store: Store, survey_id: str, release_id: str, tables: Mapping[str, bytes]) -> Mapping[str, str]:
    """Writes the private tables of a release beside its record, for what is published of its wave after it.

    Returns the sha256 of each by name.
    """
    for name, data in tables.items():
        store.create(f"{rows_of(survey_id, release_id)}{name}.parquet", data)
    return {name: sha256(data) for name, data in tables.items()}


def rows_of(survey_id: str, release_id: str) -> str:
    """The prefix of a release's private tables."""
    return f"ledger/releases/{survey_id}/{release_id}/"
