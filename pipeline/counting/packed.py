"""How often each value was given, as bytes in words of 64 bits: to be summed over as many rows as a byte counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.counting.arrays import Whole
    from pipeline.counting.runs import Words

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Packed:
    """Bytes of some measures side by side, `values` - 1 for each: the lowest value has none.

    Whoever answered, and gave no other value, gave that one. `tables` hold what each code adds to a word: of each word
    which measures stand in it, with such a table.
    """

    values: int
    measures: int
    tables: tuple[tuple[tuple[int, Words], ...], ...]

    @classmethod
    def of(cls, values: int, measures: int) -> Self:
        """So many measures of so many values."""
        bytes_of_all = measures * (values - 1)
        words = -(-bytes_of_all // 8)
        each = np.zeros((measures, values + 1, words * 8), dtype=np.uint8)
        at = np.arange(bytes_of_all)
        each[at // max(values - 1, 1), 2 + at % max(values - 1, 1), at] = 1
        tables = [
            tuple((int(one), table[one].copy()) for one in np.flatnonzero(table.any(axis=1)))
            for table in each.view(np.uint64).transpose(2, 0, 1)
        ]
        return cls(values, measures, tuple(tables))

    def words(self, codes: Sequence[Whole]) -> list[Words]:
        """The words of each row, from its codes: 0 for none, else 1 and more."""
        found = []
        for (first, table), *others in self.tables:
            word = table[codes[first]]
            for one, more in others:
                word += more[codes[one]]
            found.append(word)
        return found

    def counts(self, sums: Words) -> Bytes:
        """How often each value was given, values x measures x parts, and 0 for the lowest; from words x parts."""
        single = sums.view(np.uint8).reshape(len(sums), sums.shape[1], 8).transpose(0, 2, 1)
        single = single.reshape(len(sums) * 8, sums.shape[1])[: self.measures * (self.values - 1)]
        found = np.zeros((self.measures, self.values, sums.shape[1]), dtype=np.uint8)
        found[:, 1:] = single.reshape(self.measures, self.values - 1, sums.shape[1])
        return found.transpose(1, 0, 2)
