"""How runs ended, and which releases there are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.ledger.records import ReleaseRecord, RunRecord, folder, latest, numbered, once, read

if TYPE_CHECKING:
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
    return tuple(read(store, one.key, ReleaseRecord) for one in store.keys(f"ledger/releases/{survey_id}/"))
