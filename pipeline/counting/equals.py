"""Which texts are the same, among millions that hardly ever are: by sorting one number for each, without a copy of any.

A table of all texts, which is what an Arrow dictionary is made with, takes three times their memory and as much again
while it grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.counting.arrays import numbers

if TYPE_CHECKING:
    from pipeline.counting.arrays import Ints

Words = npt.NDArray[np.uint64]

# Odd, and without a pattern (the fractional parts of square roots of primes; FIPS 180-4, SHA-512).
_FACTORS = (0x6A09E667F3BCC909, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1)


def first_equal(column: pa.ChunkedArray) -> Ints:
    """For each text the first row that holds the same; null is a text of its own."""
    parts = [_words(chunk) for chunk in column.chunks]
    words = [part for part in parts if part is not None]
    if not words or len(words) < len(parts):
        return _by_dictionary(column)
    code = np.concatenate([_mixed(part) for part in words])
    order = np.argsort(code, kind="stable")
    code = code[order]
    again = np.flatnonzero(code[1:] == code[:-1]) + 1
    for one in range(len(_FACTORS)):
        word = np.concatenate([part[:, one] for part in words])
        if (word[order[again]] != word[order[again - 1]]).any():  # two texts of one number
            return _by_dictionary(column)
    at = np.arange(len(code))
    at[again] = 0
    found = np.empty(len(code), dtype=np.int64)
    found[order] = order[np.maximum.accumulate(at)]
    return found


def _words(chunk: pa.Array) -> Words | None:
    """Texts of 32 bytes each, as pseudonyms are, as four words: texts x words. None for others."""
    if chunk.null_count:
        return None
    size = len(_FACTORS) * 8
    _, ends, data = chunk.buffers()
    upto = np.frombuffer(ends, dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    if (np.diff(upto) != size).any() or not len(chunk):
        return None
    return np.frombuffer(data, dtype=np.uint8)[upto[0] : upto[-1]].view(np.uint64).reshape(-1, len(_FACTORS))


def _mixed(words: Words) -> Words:
    """A number that the four words of a text decide, and hardly those of another."""
    found = np.zeros(len(words), dtype=np.uint64)
    for one, factor in enumerate(_FACTORS):
        found ^= words[:, one] * np.uint64(factor)
        found ^= found >> np.uint64(29)
        found *= np.uint64(factor)
    return found


def _by_dictionary(column: pa.ChunkedArray) -> Ints:
    """The same of any texts."""
    encoded = column.dictionary_encode(null_encoding="encode")
    code = numbers(pa.chunked_array([one.indices for one in encoded.chunks], pa.int32()))
    first = np.full(int(code.max(initial=-1)) + 1, len(code), dtype=np.int64)
    np.minimum.at(first, code, np.arange(len(code)))
    return first[code]
