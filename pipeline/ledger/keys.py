"""Which key a wave began with, and which keys were retired."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import parquet
from pipeline.content import sha256
from pipeline.ledger.records import RetirementRecord, latest, numbered, once, read
from pipeline.ledger.surveys import wave

if TYPE_CHECKING:
    from pipeline.store import Store

_FOLDER = "ledger/keys/"


def key_of_wave(store: Store, survey_id: str, wave_id: str) -> str | None:
    """Id of the key that people of a wave have their pseudonyms from; None before its first file was stored.

    A wave that was frozen before keys were written down has the key of its rows, and "" when nobody is in it.
    """
    frozen = wave(store, survey_id, wave_id)
    if frozen is None or frozen.key_id:
        return frozen.key_id if frozen else None
    where = f"survey={survey_id}/wave={wave_id}/"
    for prefix in (f"responses/{where}", f"organisation/{where}people/"):
        for one in store.keys(prefix):
            for found in parquet.from_bytes(store.read(one.key).data)["key_id"].unique().to_pylist():
                return str(found)
    return ""


def record_retirement(store: Store, record: RetirementRecord) -> RetirementRecord:
    """Writes that a key is retired; where that was begun before and something else was lost then, beside it."""
    stem = sha256(record.key_id.encode())[:16]  # an id may hold any letters
    there = [one.key for one in store.keys(f"{_FOLDER}{stem}.")]
    for attempt in range(1, len(there) + 1):
        found = read(store, numbered(_FOLDER, stem, attempt), RetirementRecord)
        if found == record:
            return found
    return once(store, numbered(_FOLDER, stem, len(there) + 1), record)


def retirements(store: Store) -> tuple[RetirementRecord, ...]:
    """The keys that were retired, each as it was at last, by key id."""
    found = [read(store, key, RetirementRecord) for key in latest([one.key for one in store.keys(_FOLDER)])]
    return tuple(sorted(found, key=lambda one: one.key_id))
