"""Several counts in one DOUBLE, as SQL: side by side, each in bits enough for the people of any place that is summed.

A DOUBLE is exact below 2 to the power of 53, and DuckDB adds it faster than whole numbers of 128 bits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

EXACT = 53


@dataclass(frozen=True)
class Packed:
    """How often each code 1.. of some columns was given, in as many words w0.. as are needed. `codes` by column."""

    codes: Mapping[str, int]
    bits: int

    @property
    def words(self) -> int:
        """How many there are."""
        return -(-sum(self.codes.values()) // self.fields)

    @property
    def fields(self) -> int:
        """How many counts stand in a word."""
        return EXACT // self.bits

    def place(self, field: int) -> tuple[int, int]:
        """The word of a count, and from which bit."""
        word, at = divmod(field, self.fields)
        return word, at * self.bits

    def of_answers(self) -> list[str]:
        """The words of one row of answers."""
        found: defaultdict[int, list[str]] = defaultdict(list)
        for (name, several), first in zip(self.codes.items(), accumulate(self.codes.values(), initial=0), strict=False):
            for word in range(self.place(first)[0], self.place(first + several - 1)[0] + 1):
                least = max(1, word * self.fields - first + 1)
                most = min(several, (word + 1) * self.fields - first)
                shift = f"({name} - {least}) * {self.bits} + {self.place(first + least - 1)[1]}"
                found[word].append(
                    f"CASE WHEN {name} BETWEEN {least} AND {most} THEN 1::BIGINT << ({shift}) ELSE 0 END"
                )
        return [f"({' + '.join(found[word])})::DOUBLE AS w{word}" for word in range(self.words)]

    def wider(self, bits: int) -> list[str]:
        """The words of the same counts with so many bits each, from words that are BIGINT."""
        if bits == self.bits:
            return [f"w{word}" for word in range(self.words)]
        other = Packed(self.codes, bits)
        found: defaultdict[int, list[str]] = defaultdict(list)
        for field in range(sum(self.codes.values())):
            (word, start), (into, after) = self.place(field), other.place(field)
            found[into].append(f"(((w{word} >> {start}) & {2**self.bits - 1}) << {after})")
        return [f"({' | '.join(found[word])}) AS w{word}" for word in range(other.words)]

    def counts(self, words: Sequence[Ints]) -> Iterator[tuple[str, Ints]]:
        """Each column, and how often each of its codes was given, codes x places; from words that are whole numbers."""
        field = 0
        for name, several in self.codes.items():
            places = [self.place(one) for one in range(field, field + several)]
            yield name, np.array([(words[word] >> start) & (2**self.bits - 1) for word, start in places])
            field += several
