"""Sums of every place at once: the rows of a branch, sorted so that what a place holds is one run of them.

A row stands once under each cut that it is in. Under one cut, rows stand in the order of the tree, so that a unit with
everything under it is one run. A running sum over all of them, and its difference between the ends of a run, is the
sum of that place: exactly so, modulo 2 to the power of 64. Several counts are therefore summed in one word, each in
bits enough for all rows of the branch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from pipeline.counting.nested import NOWHERE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.counting.arrays import Bools, Ints, Whole

Words = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.unsignedinteger[Any]]

# A measure of more values is counted value by value where each is given: words would have to be summed too often.
MOST_WORDS = 3


@dataclass(frozen=True)
class Runs:
    """`row` says whose each entry is; a place is the entries `first`..`last` - 1, and `rows` is how many there are."""

    rows: int
    row: Ints
    first: Ints
    last: Ints

    @classmethod
    def of(cls, unit: Ints, cuts: Sequence[Whole], end: Ints, shape: tuple[int, int]) -> Self:
        """The places of a branch, then one for each cut as a whole.

        `unit` ascends, and `end` is the first unit after everything under each. Each of `cuts` says in which cut every
        row is, NOWHERE in none; those of a later one have higher numbers. `shape` is cuts x units.
        """
        entries, cells = [], []
        for cut in cuts:
            there = np.flatnonzero(cut != NOWHERE)
            there = there[np.argsort(cut[there], kind="stable")]
            entries.append(there)
            cells.append(cut[there].astype(np.int64) * shape[1] + unit[there])
        upto = np.zeros(shape[0] * shape[1] + 1, dtype=np.int64)
        np.cumsum(np.bincount(np.concatenate(cells), minlength=len(upto) - 1), out=upto[1:])
        starts = np.arange(shape[0]) * shape[1]
        first = np.concatenate([upto[:-1], upto[starts]])
        last = np.concatenate([upto[starts[:, None] + end].ravel(), upto[starts + shape[1]]])
        return cls(len(unit), np.concatenate(entries), first, last)

    def only(self, places: Ints | Bools) -> Self:
        """Some of the places."""
        return replace(self, first=self.first[places], last=self.last[places])

    def counted(self, flags: Sequence[Bools]) -> Counts:
        """How many rows of each place are flagged, flags x places."""
        words = -(-len(flags) // self._fields)
        packed = np.zeros((self.rows, words * self._fields), dtype=self._kind)
        for at, flag in enumerate(flags):
            packed[:, at] = flag
        sums = self._sums(np.ascontiguousarray(packed.view(np.uint64).T))
        return np.ascontiguousarray(sums.transpose(0, 2, 1).reshape(-1, len(self.first))[: len(flags)])

    def values(self, codes: Sequence[Whole], values: int, answered: Counts) -> Counts:
        """How often each value was given by the rows of each place, values x measures x places.

        A code is 0 for none, else 1 and more; `answered` is how often any was given, measures x places.
        """
        words = -(-(values - 1) // self._fields)
        if words > MOST_WORDS:
            return np.stack([self._one_by_one(code, values) for code in codes], axis=1)
        found = np.empty((values, *answered.shape), dtype=self._kind)
        # Whoever answered, and gave none of the other values, gave the first.
        found[0] = answered
        table = np.zeros((values + 1, words * self._fields), dtype=self._kind)
        table[2:, : values - 1] = np.eye(values - 1, dtype=self._kind)
        for word, packed in enumerate(table.view(np.uint64).T):
            at = slice(1 + word * self._fields, min(1 + (word + 1) * self._fields, values))
            found[at] = self._sums([packed[code] for code in codes]).transpose(2, 0, 1)[: at.stop - at.start]
        found[0] -= found[1:].sum(axis=0, dtype=self._kind)
        return found

    def _sums(self, words: Sequence[Words] | Words) -> Counts:
        """Of several words of each row: words x places x fields."""
        found = np.empty((len(words), len(self.first)), dtype=np.uint64)
        upto = np.zeros(len(self.row) + 1, dtype=np.uint64)
        for at, word in enumerate(words):
            np.cumsum(word[self.row], out=upto[1:])
            np.subtract(upto[self.last], upto[self.first], out=found[at])
        return found.view(self._kind).reshape(*found.shape, self._fields)

    def _one_by_one(self, code: Whole, values: int) -> Counts:
        """Values are counted between every two ends of places, and added up from there: values x places."""
        stretch = self._stretch
        size = int(stretch[-1]) + 1
        key = (code.astype(np.int64) * size)[self.row]
        key += stretch[:-1]
        own = np.bincount(key, minlength=(values + 1) * size).reshape(values + 1, size)[1:]
        upto = np.zeros((values, size + 1), dtype=np.uint32)
        np.cumsum(own.astype(np.uint32), axis=1, out=upto[:, 1:])
        found = np.take(upto, stretch[self.last], axis=1)
        found -= np.take(upto, stretch[self.first], axis=1)
        return found

    @cached_property
    def _stretch(self) -> Ints:
        """How many ends of places there are up to each entry, itself included."""
        ends = np.zeros(len(self.row) + 1, dtype=np.int64)
        ends[self.first] = 1
        ends[self.last] = 1
        return np.cumsum(ends)

    @cached_property
    def _kind(self) -> type[np.unsignedinteger[Any]]:
        """Wide enough to count all rows."""
        return np.uint16 if self.rows < 2**16 else np.uint32

    @cached_property
    def _fields(self) -> int:
        """How many of them stand in a word."""
        return 8 // np.dtype(self._kind).itemsize
