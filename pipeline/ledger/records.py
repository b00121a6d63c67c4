"""The records themselves, as JSON documents that are written once. Counts, codes, hashes and keys; no person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import TypeAdapter

from pipeline.errors import StoreConflict
from pipeline.ledger.addresses import NOWHERE

if TYPE_CHECKING:
    from pipeline.store import Store

State = Literal["accepted", "partly", "quarantined", "duplicate", "rejected"]
Record = TypeVar(
    "Record",
    "FileRecord",
    "RunRecord",
    "ReleaseRecord",
    "RetractionRecord",
    "WaveRecord",
    "ErasureRecord",
    "RetirementRecord",
)

_NUMBERED = re.compile(r"(?P<name>.+?)(?:\.(?P<attempt>[0-9]+))?\.json")


@dataclass(frozen=True)
class FileRecord:
    """The terminal state of one version of an object in landing, and where each of its records went.

    `attempt` counts from 1; a redrive adds another beside the first, with the operator who asked for it and why.
    """

    key: str
    version: str
    sha256: str
    size: int
    kind: str
    state: State
    accounts: Mapping[str, int]
    reasons: Mapping[str, int]
    message: str
    landed_at: str = ""
    id: str = ""
    survey: str = NOWHERE
    wave: str = NOWHERE
    attempt: int = 1
    redriven_by: str = ""
    redriven_why: str = ""


@dataclass(frozen=True)
class RunRecord:
    """How a run ended, and everything that went into it."""

    survey: str
    wave: str
    run: str
    state: Literal["published", "refused"]
    message: str
    code_version: str
    survey_sha256: str = ""
    inputs: tuple[str, ...] = ()
    release: str = ""
    attempt: int = 1


@dataclass(frozen=True)
class ReleaseRecord:
    """One release that was published, of which run, on top of which release."""

    survey: str
    release: str
    wave: str
    run: str
    base: str
    code_version: str
    manifest_sha256: str = ""
    files: int = 0
    rows: Mapping[str, str] = field(default_factory=dict)  # sha256 of each private table that is kept beside it


@dataclass(frozen=True)
class RetractionRecord:
    """A publication that was taken back: it is no longer served, and what it said is known all the same.

    `number` counts the retractions of a survey from 1. `back_to` is the release that readers were given instead, "" for
    none. `facts_sha256` is that of its facts, which are kept beside the ledger.
    """

    survey: str
    release: str
    wave: str
    run: str
    number: int
    back_to: str
    by: str
    why: str
    facts_sha256: str


@dataclass(frozen=True)
class WaveRecord:
    """What held when the first file of a wave was accepted: the minimum group sizes may not fall below these."""

    survey: str
    wave: str
    survey_sha256: str
    minimum_mean: int
    minimum_distribution: int
    key_id: str = ""  # of the pseudonyms of everybody in it; "" where it was frozen before this was written down


@dataclass(frozen=True)
class ErasureRecord:
    """A respondent who was erased: whatever is pushed about them later is counted and not stored.

    One for each key that they have a pseudonym under; `of` is that of the first of them, "" in the first one itself.
    """

    survey: str
    pseudonym: str
    key_id: str
    what: Literal["erased"] = field(default="erased")
    of: str = ""


@dataclass(frozen=True)
class RetirementRecord:
    """A key that was taken out of the ring. `lost` counts, by survey, who has no link to a later key."""

    key_id: str
    successor: str
    lost: Mapping[str, int]


def to_json(record: object) -> bytes:
    """The record as one JSON document, the same bytes for the same record."""
    return (json.dumps(asdict(record), ensure_ascii=True, indent=1, sort_keys=True) + "\n").encode()  # type: ignore[call-overload]  # records are dataclasses


def once(store: Store, key: str, record: Record) -> Record:
    """Writes a record where there is none; returns the one that is there afterwards."""
    try:
        store.create(key, to_json(record))
    except StoreConflict:
        return read(store, key, type(record))
    return record


def read(store: Store, key: str, kind: type[Record]) -> Record:
    """The record under a key. Raises NotStored."""
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    record: Record = adapter.validate_json(store.read(key).data)
    return record


def folder(what: str, survey_id: str, wave_id: str) -> str:
    """Where records of a wave lie."""
    return f"ledger/{what}/{survey_id}/{wave_id}/"


def numbered(folder: str, name: str, attempt: int) -> str:
    """The key of one attempt at something."""
    return f"{folder}{name}.json" if attempt == 1 else f"{folder}{name}.{attempt}.json"


def latest(keys: list[str]) -> Iterator[str]:
    """Of the attempts at each thing the last one, by name."""
    last: dict[str, tuple[int, str]] = {}
    for key in keys:
        if found := _NUMBERED.fullmatch(key):
            attempt = (int(found["attempt"] or 1), key)
            last[found["name"]] = max(last.get(found["name"], attempt), attempt)
    return (key for _, (_, key) in sorted(last.items()))
