"""The people of a wave, searched for in text: their ids by fingerprint, and their pseudonyms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from pipeline.fingerprints import fingerprint, plain, words

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    import pyarrow as pa

_PSEUDONYM = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")


@dataclass(frozen=True)
class Roster:
    """Made ready to be searched for, without regard to case.

    `wholes` are the fingerprints of ids; `sizes` says, by the fingerprint of a first word, how many words such ids
    have: these are found anywhere, as whole words, and those of size 0 only where a cell of a table is nothing but the
    id. Of the latter those are not people that are words of the organisation itself (`own`), such as the number of a
    unit, since they would be found everywhere.
    """

    wholes: frozenset[bytes]
    sizes: Mapping[bytes, tuple[int, ...]]
    own: frozenset[str]
    pseudonyms: frozenset[str]
    hashed: Callable[[str], bytes]

    @staticmethod
    def of(names: pa.Table | None, pseudonyms: Collection[str] = (), own: Iterable[str] = ()) -> Roster:
        """From fingerprints of one key (pipeline.fingerprints), none where there is no roster."""
        sizes: dict[bytes, tuple[int, ...]] = {}
        key = b""
        if names is not None and names.num_rows:
            key = bytes.fromhex(names["key"][0].as_py())
            for first, size in zip(names["first"].to_pylist(), names["words"].to_pylist(), strict=True):
                there = sizes.get(first, ())
                if size not in there:
                    sizes[first] = (*there, size)
        wholes = frozenset(pc.unique(names["whole"]).to_pylist()) if names is not None else frozenset()
        known = frozenset(plain(one) for one in own)
        # A release says the same words on every page, so that each is hashed once.
        hashed = lru_cache(maxsize=200_000)(lambda text: fingerprint(key, text))
        return Roster(wholes, sizes, known, frozenset(pseudonyms), hashed)

    def in_text(self, text: str) -> set[bytes | str]:
        """Who stands somewhere in a text: pseudonyms, and the fingerprints of ids."""
        small = plain(text)
        found: set[bytes | str] = set(self.pseudonyms.intersection(_PSEUDONYM.findall(small)))
        said = words(small)
        begins = {word: sizes for word in set(said) if any(sizes := self.sizes.get(self.hashed(f"\0{word}"), ()))}
        if begins:
            runs = {
                " ".join(said[at : at + size]) for at, word in enumerate(said) for size in begins.get(word, ()) if size
            }
            found |= self.wholes.intersection(map(self.hashed, runs))
        return found

    def in_cell(self, cell: str) -> set[bytes | str]:
        """Who stands in a cell of a table: somewhere in it, or that it is nothing but."""
        text = plain(cell.strip())
        found = self.in_text(text)
        if text not in self.own and 0 in self.sizes.get(self.hashed(f"\0{text}"), ()):
            found |= self.wholes & {self.hashed(text)}
        return found
