"""Which pseudonyms under different keys are one person's: what keeps waves comparable after a key was retired. Private.

A link says that `older` under one key and `newer` under the key made after it are the same person, or the same leader.
Links are made while both keys are in the ring, from files that name the person. Aggregation reads them to find who
answered in two waves; publication never does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import parquet
from pipeline.content import sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.store import Store

Kind = Literal["people", "leaders"]
KINDS: tuple[Kind, ...] = ("people", "leaders")

SCHEMA = pa.schema([(name, pa.string()) for name in ("older_key", "newer_key", "older", "newer")])


@dataclass(frozen=True)
class Links:
    """All links of one kind in a survey; `table` has the columns of SCHEMA, each link once."""

    table: pa.Table

    def between(self, older_key: str, newer_key: str) -> pa.Table:
        """The links between two keys."""
        return self.table.filter((pc.field("older_key") == older_key) & (pc.field("newer_key") == newer_key))

    def under(self, key_id: str) -> pa.Array:
        """Pseudonyms under this key of those who had one under an older key."""
        return pc.unique(self.table.filter(pc.field("newer_key") == key_id)["newer"])

    def first(self, names: pa.Array, key_id: str) -> pa.Array:
        """For each of these pseudonyms under one key the first that the same person had, as far as links lead back."""
        found = names
        while (links := self.table.filter(pc.field("newer_key") == key_id)).num_rows:
            at = pc.index_in(found, links["newer"].combine_chunks())
            found = pc.coalesce(links["older"].combine_chunks().take(at), found)
            key_id = links["older_key"][0].as_py()  # a ring is a line: each key was made after one other
        return found

    def same(self, names: Mapping[str, str]) -> dict[str, str]:
        """Pseudonym -> key id, of the same person under every key that links lead to; `names` are some of them."""
        found = dict(names)
        while True:
            mine = pa.array(sorted(found), pa.string())
            there = self.table.filter(pc.is_in(self.table["older"], mine)).to_pylist()
            there += self.table.filter(pc.is_in(self.table["newer"], mine)).to_pylist()
            more = {one[side]: one[f"{side}_key"] for one in there for side in ("older", "newer")}
            if more.keys() <= found.keys():
                return found
            found = more | found


def canonical(store: Store, survey_id: str, respondents: pa.Array | Sequence[str], key_id: str) -> pa.Array:
    """Pseudonyms by which people of waves under different keys can be told to be the same.

    `respondents` are those of one wave, all under the key `key_id`. The answer, of the same length and order, is the
    first pseudonym that each person is known by: the same in every wave, whichever key it is under, for everybody who
    was linked. Who was not keeps a pseudonym that no other wave has.
    """
    names = pa.array(respondents, pa.string()) if not isinstance(respondents, pa.Array) else respondents
    return links(store, survey_id, "people").first(names, key_id)


def links(store: Store, survey_id: str, kind: Kind) -> Links:
    """What is known of a survey's people, or of its leaders."""
    found = [parquet.from_bytes(store.read(key).data) for key in _keys(store, survey_id, kind)]
    return Links(_distinct(found))


def pair(older_key: str, newer_key: str, older: pa.Array, newer: pa.Array) -> pa.Table:
    """Links between two keys: pseudonyms of the same people in the same order."""
    names = (pa.repeat(pa.scalar(one, pa.string()), len(older)) for one in (older_key, newer_key))
    return pa.table([*names, older, newer], schema=SCHEMA)


def keep(store: Store, survey_id: str, kind: Kind, data: bytes) -> None:
    """Writes links, as `to_bytes` makes them, under their content: the same again is no change."""
    store.create(f"{_folder(survey_id, kind)}{sha256(data)}.parquet", data)


def to_bytes(tables: Iterable[pa.Table]) -> bytes | None:
    """Links as they are stored; None for none."""
    ordered = _distinct(tables).sort_by([(name, "ascending") for name in SCHEMA.names])
    return parquet.to_bytes(ordered) if ordered.num_rows else None


def forget(store: Store, survey_id: str, names: Iterable[str]) -> None:
    """Takes a person out of the links of people. Those of leaders stay: units are called after them, in public."""
    gone = pa.array(sorted(names), pa.string())
    for key in [*_keys(store, survey_id, "people")]:
        table = parquet.from_bytes(store.read(key).data)
        theirs = pc.or_(pc.is_in(table["older"], gone), pc.is_in(table["newer"], gone))
        if pc.any(theirs).as_py():
            if (left := to_bytes([table.filter(pc.invert(theirs))])) is not None:
                keep(store, survey_id, "people", left)
            store.delete(key)


def _distinct(tables: Iterable[pa.Table]) -> pa.Table:
    """All of them together, each link once."""
    every = pa.concat_tables([SCHEMA.empty_table(), *tables])
    return every.group_by(SCHEMA.names, use_threads=False).aggregate([]).select(SCHEMA.names)


def _keys(store: Store, survey_id: str, kind: Kind) -> Iterator[str]:
    return (one.key for one in list(store.keys(_folder(survey_id, kind))))


def _folder(survey_id: str, kind: Kind) -> str:
    return f"links/{survey_id}/{kind}/"
