"""Tombstones: respondents whose answers are counted and no longer stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.ledger.records import ErasureRecord, once

if TYPE_CHECKING:
    from pipeline.store import Store


def record_erasure(store: Store, record: ErasureRecord) -> ErasureRecord:
    """Writes a tombstone, once."""
    return once(store, f"ledger/erasures/{record.survey}/{record.pseudonym}.json", record)


def erased(store: Store, survey_id: str) -> frozenset[str]:
    """Pseudonyms of the respondents who were erased from a survey."""
    keys = [one.key for one in store.keys(f"ledger/erasures/{survey_id}/")]
    return frozenset(key.rpartition("/")[2].removesuffix(".json") for key in keys)
