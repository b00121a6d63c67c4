"""Sums of every place at once: the rows of a branch, sorted so that what a place holds is one run of them.

A row stands once under each cut that it is in. Under one cut, rows stand in the order of the tree, so that a unit with
everything under it is one run. A running sum over all of them, and its difference between the ends of a run, is the
sum of that run: exactly so, modulo 2 to the power of 64. The same holds of several numbers side by side in one word,
whatever becomes of the running sum, as long as what a run has of each fits beside the others. A byte counts 255 rows. A
longer run is taken apart at marks that stand 255 rows from each other, and put together from what lies between.
"""

from __future__ import annotations

from dataclasses import dataclass
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

# Rows that a byte counts.
SHORT = 255


@dataclass(frozen=True)
class Runs:
    """`row` says whose each entry is; a place is the entries `first`..`last` - 1."""

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
        return cls(np.concatenate(entries), first, last)

    def only(self, places: Ints | Bools) -> Self:
        """Some of the places."""
        return type(self)(self.row, self.first[places], self.last[places])

    def counted(self, flags: Sequence[Bools]) -> Ints:
        """How many rows of each place are flagged, flags x places."""
        packed = np.zeros((-(-len(flags) // 8), len(flags[0]), 8), dtype=np.uint8)
        for at, flag in enumerate(flags):
            packed[at // 8, :, at % 8] = flag
        sums = self.parts(packed.view(np.uint64)[:, :, 0]).view(np.uint8).reshape(len(packed), -1, 8)
        found = sums.transpose(0, 2, 1).reshape(len(packed) * 8, sums.shape[1])[: len(flags)]
        counts = found[:, : len(self.first)].astype(np.int64)
        counts[:, self.long] = self.whole(self.apart(found))
        return counts

    def parts(self, words: Sequence[Words] | Words) -> Words:
        """The sums of some words of each row, words x parts; of what is side by side in one, no part may have too much.

        The parts are the places, but of one that is `long` only its beginning; then the ends of these, and then what
        lies between every two marks.
        """
        first, last = self._parts
        found = np.empty((len(words), len(first)), dtype=np.uint64)
        begun = np.empty(len(first), dtype=np.uint64)
        given = np.empty(len(self.row), dtype=np.uint64)
        upto = np.zeros(len(self.row) + 1, dtype=np.uint64)
        for at, word in enumerate(words):
            given[: self.plain] = word[: self.plain]
            # "clip" goes without a copy, which "raise" makes.
            np.take(word, self.row[self.plain :], out=given[self.plain :], mode="clip")
            np.cumsum(given, out=upto[1:])
            np.take(upto, last, out=found[at], mode="clip")
            found[at] -= np.take(upto, first, out=begun, mode="clip")
        return found

    def apart(self, parts: Counts) -> Counts:
        """The parts of the `long` places alone; they are the last axis."""
        return np.concatenate([parts[..., self.long], parts[..., len(self.first) :]], axis=-1)

    def whole(self, apart: Counts) -> Ints:
        """What the `long` places have, from what they have `apart`; both are the last axis."""
        heads, tails, between = np.split(apart, [len(self.long), 2 * len(self.long)], axis=-1)
        upto = np.zeros((*apart.shape[:-1], between.shape[-1] + 1), dtype=np.int64)
        np.cumsum(between, axis=-1, out=upto[..., 1:])
        begun, ended = self._marks
        found: Ints = upto[..., ended] - upto[..., begun]
        found += heads
        found += tails
        return found

    @cached_property
    def plain(self) -> int:
        """How many of the first entries are the rows as they stand: all under the cut that everybody is in."""
        return int(np.argmin(np.append(self.row == np.arange(len(self.row)), np.False_)))

    @cached_property
    def long(self) -> Ints:
        """The places with more rows than a byte counts."""
        return np.flatnonzero(self.last - self.first > SHORT)

    @cached_property
    def _marks(self) -> tuple[Ints, Ints]:
        """Of each long place the first mark in it, and the last."""
        return -(-self.first[self.long] // SHORT), self.last[self.long] // SHORT

    @cached_property
    def _parts(self) -> tuple[Ints, Ints]:
        """Where each part begins and ends."""
        begun, ended = self._marks
        marks = np.arange(0, len(self.row) + 1 if len(self.long) else 0, SHORT)
        last = self.last.copy()
        last[self.long] = begun * SHORT
        first = np.concatenate([self.first, ended * SHORT, marks[:-1]])
        return first, np.concatenate([last, self.last[self.long], marks[1:]])
