"""Which texts are the same, among millions that hardly ever are: by sorting one number for each.

A pseudonym is 32 hexadecimal digits, so that two numbers of 64 bits are all of it, in half the memory of the text. A
table of all texts, which is what an Arrow dictionary is made with, takes six times as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.counting.arrays import numbers
from pipeline.in_order import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pipeline.counting.arrays import Small

Words = npt.NDArray[np.uint64]

# Odd, and without a pattern (the fractional parts of square roots of primes; FIPS 180-4, SHA-512).
_FACTORS = tuple(map(np.uint64, (0x6A09E667F3BCC909, 0xBB67AE8584CAA73B, 0xA54FF53A5F1D36F1)))
DIGITS = 32
SHARES = 64  # that are sorted one by one: sorting takes several times the memory of what is sorted


def first_equal(texts: Callable[[], Iterable[pa.Array]], size: int, threads: int | None = None) -> Small:
    """For each text the first one that is the same, by number; null is a text of its own.

    `texts` gives them, `size` in all, from the start whenever it is called.
    """
    key, first = np.empty((2, size), dtype=np.uint64)
    start = 0
    for chunk in texts():
        if (words := _words(chunk)) is None:
            return _by_dictionary(texts())
        here = slice(start, start := start + len(words))
        key[here], first[here] = _mixed(words), words[:, 0]
    share = (key >> np.uint64(58)).astype(np.uint8)
    found = np.arange(size, dtype=np.int32)

    def look(number: int) -> bool:
        """Whether all texts of one key in this share are the same; then it is told of each."""
        row = np.flatnonzero(share == number)
        mine = key[row]
        order = np.argsort(mine, kind="stable")
        row, mine = row[order], mine[order]
        again = np.flatnonzero(mine[1:] == mine[:-1]) + 1
        if (first[row[again]] != first[row[again - 1]]).any():
            return False
        at = np.arange(len(row))
        at[again] = 0
        found[row] = row[np.maximum.accumulate(at)]
        return True

    return found if all(list(in_order(look, range(SHARES), threads))) else _by_dictionary(texts())


def _words(chunk: pa.Array) -> Words | None:
    """Texts of DIGITS hexadecimal digits each, as the two numbers that these are: texts x 2. None for others."""
    if chunk.null_count or not pa.types.is_string(chunk.type):
        return None
    if not len(chunk):
        return np.empty((0, 2), dtype=np.uint64)
    _, ends, data = chunk.buffers()
    upto = np.frombuffer(ends, dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
    if (np.diff(upto) != DIGITS).any():
        return None
    letters = np.frombuffer(data, dtype=np.uint8)[upto[0] : upto[-1]].view(np.uint64)
    # Eight letters at once, each in its byte: "0" is 0x30, and "a" 0x61.
    digits = (letters & _each(0x0F)) + ((letters >> np.uint64(6)) & _each(1)) * np.uint64(9)
    letter = ((digits + _each(6)) >> np.uint64(4)) & _each(1)
    if _any(digits & _each(0x10)) or _any(letters ^ (digits + _each(0x30) + letter * np.uint64(39))):
        return None
    for bits, mask in ((4, 0x00FF00FF00FF00FF), (8, 0x0000FFFF0000FFFF), (16, 0x00000000FFFFFFFF)):
        digits = (digits | digits >> np.uint64(bits)) & np.uint64(mask)
    found: Words = digits[::2] << np.uint64(32) | digits[1::2]
    return found.reshape(-1, 2)


def _each(byte: int) -> np.uint64:
    """The same in each of eight bytes."""
    return np.uint64(byte * 0x0101010101010101)


def _any(words: Words) -> bool:
    return bool(words.any())


def _mixed(words: Words) -> Words:
    """A number that both decide. Of those with the same first one, no two have the same: each step can be undone."""
    found = words[:, 1] ^ (words[:, 0] * _FACTORS[0])
    for factor in _FACTORS[1:]:
        found *= factor
        found ^= found >> np.uint64(29)
    found *= _FACTORS[0]
    return found


def _by_dictionary(texts: Iterable[pa.Array]) -> Small:
    """The same of any texts."""
    column = pa.chunked_array([*texts], pa.string())
    encoded = column.dictionary_encode(null_encoding="encode")
    code = numbers(pa.chunked_array([one.indices for one in encoded.chunks], pa.int32()))
    first = np.full(int(code.max(initial=-1)) + 1, len(code), dtype=np.int32)
    np.minimum.at(first, code, np.arange(len(code), dtype=np.int32))
    return first[code]
