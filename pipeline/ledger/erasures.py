"""Tombstones: respondents whose answers are counted and no longer stored, under every key that they are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.ledger.records import ErasureRecord, once, read

if TYPE_CHECKING:
    from pipeline.store import Store


def record_erasure(store: Store, record: ErasureRecord) -> ErasureRecord:
    """Writes a tombstone, once."""
    return once(store, f"ledger/erasures/{record.survey}/{record.pseudonym}.json", record)


def erased(store: Store, survey_id: str) -> frozenset[str]:
    """Pseudonyms, under whichever key, of the respondents who were erased from a survey."""
    keys = [one.key for one in store.keys(f"ledger/erasures/{survey_id}/")]
    return frozenset(key.rpartition("/")[2].removesuffix(".json") for key in keys)


def tombstones(store: Store, survey_id: str) -> tuple[ErasureRecord, ...]:
    """All of them, with what they say: one or more for each person who was erased."""
    keys = [one.key for one in store.keys(f"ledger/erasures/{survey_id}/")]
    return tuple(read(store, key, ErasureRecord) for key in keys)
