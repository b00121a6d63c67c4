"""Taking a person out: rows deleted, a tombstone against their return, and a list of what still names them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import exports, fingerprints, identities, ledger, links, parquet
from pipeline.errors import Refused
from pipeline.keyring import ring_of
from pipeline.pseudonyms import pseudonym

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.keyring import Keys
    from pipeline.store import Store


@dataclass(frozen=True)
class Erasure:
    """What an erasure did. `holding` are keys of raw files that still name the person; `removed` those deleted.

    `pseudonym` is that under the current key. `beyond` are keys that were retired while some had no link to a later
    one, and under which this person was not found: if they answered then, nobody can tell which answers are theirs.
    """

    pseudonym: str
    responses: int
    people: int
    holding: tuple[str, ...]
    removed: tuple[str, ...]
    beyond: tuple[str, ...] = ()


def erase(store: Store, keys: Keys, survey: str, person: str, *, remove_raw: bool = False) -> Erasure:
    """Removes a person's rows from every wave of a survey; what is pushed about them later is not stored.

    They are found under every one of the `keys`, and under retired ones as far as links lead.

    Raw files in landing and quarantine hold other people as well. They are listed, and deleted, with every version,
    only when `remove_raw` says so. Stopped half-way, it is completed by doing it again. Releases hold nobody; the
    numbers by which their private tables tell people apart are nobody's afterwards.
    Raises Refused for a person without an id.
    """
    if not person.strip():
        msg = "a person is erased by their id in the exports, and none was given"
        raise Refused(msg)
    ring = ring_of(keys)
    names = _bury(store, survey, {pseudonym(key, survey, person): key.id for key in ring.keys})
    who = names.keys()
    responses = sum(_without(store, *one, who) for one in _files(store, f"responses/survey={survey}/"))
    known = [*_files(store, f"organisation/survey={survey}/")]
    people = sum(_without(store, *one, who) for one in known if "/people/" in one[0])
    for base, tables in known:
        if "/names/" in base:
            _unnamed(store, base, tables, person)
    for one in _tables(store, f"identities/{survey}/"):
        _forget(store, one, who)
    raw = [*_keys(store, f"landing/{survey}/"), *_keys(store, f"quarantine/{survey}/")]
    found = tuple(one for one in raw if exports.holds(store.read(one).data, person))
    for one in found if remove_raw else ():
        store.delete(one)
    links.forget(store, survey, who)  # last: by these they are found when this is done again
    lossy = (one.key_id for one in ledger.retirements(store) if survey in one.lost)
    beyond = tuple(one for one in lossy if one not in names.values())
    mine = pseudonym(ring.current, survey, person)
    return Erasure(mine, responses, people, () if remove_raw else found, found if remove_raw else (), beyond)


def _bury(store: Store, survey: str, names: Mapping[str, str]) -> dict[str, str]:
    """Writes the tombstones of a person with these pseudonyms; pseudonym -> key id for all that they are known by."""
    earlier = ledger.tombstones(store, survey)
    there = {one.pseudonym: one.of or one.pseudonym for one in earlier}
    found = links.links(store, survey, "people").same(names)
    firsts = {there[name] for name in found if name in there}
    found |= {one.pseudonym: one.key_id for one in earlier if there[one.pseudonym] in firsts}
    first = min(firsts or found)
    for name in sorted(found, key=lambda one: (one != first, one)):
        of = "" if name == first else first
        ledger.record_erasure(store, ledger.ErasureRecord(survey, name, found[name], of=of))
    return found


def _without(store: Store, base: str, keys: Sequence[str], who: Collection[str]) -> int:
    """Rewrites what is left of one file without a person; how many rows it had of theirs.

    Where erasures were stopped there are several tables of a file, and each lacks somebody: those stay who are in all.
    """
    tables = [parquet.from_bytes(store.read(key).data) for key in keys]
    there = set.intersection(*(set(table["respondent"].to_pylist()) for table in tables))
    fullest = max(tables, key=len)
    left = fullest.filter(pc.is_in(fullest["respondent"], pa.array(sorted(there.difference(who)), pa.string())))
    if len(tables) > 1 or left.num_rows < fullest.num_rows:
        ledger.keep_table(store, base, parquet.to_bytes(left) if left.num_rows else None)
    return int(pc.sum(pc.is_in(fullest["respondent"], pa.array(sorted(who), pa.string()))).as_py() or 0)


def _unnamed(store: Store, base: str, keys: Sequence[str], person: str) -> None:
    """Takes a person out of the fingerprints of a people file; of several tables those stay who are in all."""
    first, *others = (fingerprints.without(parquet.from_bytes(store.read(one).data), person) for one in keys)
    for other in others:
        first = first.filter(pc.is_in(first["whole"], other["whole"].combine_chunks()))
    ledger.keep_table(store, base, parquet.to_bytes(first))


def _forget(store: Store, key: str, who: Collection[str]) -> None:
    """Takes a person, and what they answered, out of a table that says whose the numbers are."""
    stored = store.read(key)
    table = parquet.from_bytes(stored.data)
    left = reduce(identities.without, sorted(who), table)
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
