"""Taking a person out: rows deleted, a tombstone against their return, and a list of what still names them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import exports, identities, ledger, parquet
from pipeline.errors import Refused
from pipeline.pseudonyms import pseudonym

if TYPE_CHECKING:
    from pipeline.pseudonyms import PseudonymKey
    from pipeline.store import Store


@dataclass(frozen=True)
class Erasure:
    """What an erasure did. `holding` are keys of raw files that still name the person; `removed` those deleted."""

    pseudonym: str
    responses: int
    people: int
    holding: tuple[str, ...]
    removed: tuple[str, ...]


def erase(store: Store, key: PseudonymKey, survey: str, person: str, *, remove_raw: bool = False) -> Erasure:
    """Removes a person's rows from every wave of a survey; what is pushed about them later is not stored.

    Raw files in landing and quarantine hold other people as well. They are listed, and deleted, with every version,
    only when `remove_raw` says so. Stopped half-way, it is completed by doing it again. Releases hold nobody; the
    numbers by which their private tables tell people apart are nobody's afterwards.
    Raises Refused for a person without an id.
    """
    if not person.strip():
        msg = "a person is erased by their id in the exports, and none was given"
        raise Refused(msg)
    who = pseudonym(key, survey, person)
    ledger.record_erasure(store, ledger.ErasureRecord(survey, who, key.id))
    responses = sum(_without(store, *one, who) for one in _files(store, f"responses/survey={survey}/"))
    rosters = (one for one in _files(store, f"organisation/survey={survey}/") if "/people/" in one[0])
    people = sum(_without(store, *one, who) for one in rosters)
    for one in _tables(store, f"identities/{survey}/"):
        _forget(store, one, who)
    raw = [*_keys(store, f"landing/{survey}/"), *_keys(store, f"quarantine/{survey}/")]
    found = tuple(one for one in raw if exports.holds(store.read(one).data, person))
    for one in found if remove_raw else ():
        store.delete(one)
    return Erasure(who, responses, people, () if remove_raw else found, found if remove_raw else ())


def _without(store: Store, base: str, keys: Sequence[str], who: str) -> int:
    """Rewrites what is left of one file without a person; how many rows it had of theirs.

    Where erasures were stopped there are several tables of a file, and each lacks somebody: those stay who are in all.
    """
    tables = [parquet.from_bytes(store.read(key).data) for key in keys]
    there = set.intersection(*(set(table["respondent"].to_pylist()) for table in tables))
    fullest = max(tables, key=len)
    left = fullest.filter(pc.is_in(fullest["respondent"], pa.array(sorted(there - {who}), pa.string())))
    if len(tables) > 1 or left.num_rows < fullest.num_rows:
        ledger.keep_table(store, base, parquet.to_bytes(left) if left.num_rows else None)
    return int(pc.sum(pc.equal(fullest["respondent"], pa.scalar(who))).as_py() or 0)


def _forget(store: Store, key: str, who: str) -> None:
    """Takes a person, and what they answered, out of a table that says whose the numbers are."""
    stored = store.read(key)
    table = parquet.from_bytes(stored.data)
    left = identities.without(table, who)
    if left.num_rows < table.num_rows:
        store.replace(key, parquet.to_bytes(left), stored.etag)


def _files(store: Store, prefix: str) -> Iterator[tuple[str, list[str]]]:
    """Every file that has tables under a prefix: what their keys begin with, and their keys."""
    return ((base, list(keys)) for base, keys in groupby(_tables(store, prefix), key=_base))


def _base(key: str) -> str:
    folder, _, name = key.rpartition("/")
    return f"{folder}/{name.partition('.')[0]}"


def _tables(store: Store, prefix: str) -> Iterator[str]:
    return (key for key in sorted(_keys(store, prefix)) if key.endswith(".parquet"))


def _keys(store: Store, prefix: str) -> list[str]:
    return [one.key for one in store.keys(prefix)]
