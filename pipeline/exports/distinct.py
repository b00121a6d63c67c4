"""The texts in a column of a block, each once: most columns have few, and then few have to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.exports.lattice import Places

WORD = 8  # bytes that fit into one number
WIDE = 64  # bytes that stand behind the last cell of a block, and may be looked at together with it
MASKS = np.array([(1 << (8 * length)) - 1 for length in range(WORD + 1)], np.uint64)


class Distinct(NamedTuple):
    """Cell `i` of the column holds the text of `keys[codes[i]]`: a word, padded with NULs, or the text itself."""

    codes: NDArray[np.integer]
    keys: pa.UInt64Array | pa.BinaryArray


def texts(keys: pa.UInt64Array | pa.BinaryArray) -> list[bytes]:
    """The texts, as their bytes were in the file."""
    if keys.type == pa.binary():
        listed: list[bytes] = keys.to_pylist()
        return listed
    raw = keys.to_numpy(zero_copy_only=False).astype("<u8").tobytes()
    return [raw[at : at + WORD].rstrip(b"\0") for at in range(0, len(raw), WORD)]


def cut(data: NDArray[np.uint8], starts: Places, ends: Places) -> pa.BinaryArray:
    """The bytes between these places, which are in order: of every cell, as one column."""
    if not starts.size:
        return pa.array([], pa.binary())
    bounds = np.empty(2 * starts.size, np.int32)
    bounds[0::2], bounds[1::2] = starts, ends
    # All of the block as texts, in turn a cell and what stands between it and the next.
    buffers = [None, pa.py_buffer(bounds), pa.py_buffer(data)]
    whole = pa.Array.from_buffers(pa.binary(), bounds.size - 1, buffers)
    return whole.take(pa.array(np.arange(0, bounds.size, 2)))


def cells(data: NDArray[np.uint8], starts: Places, ends: Places) -> pa.UInt64Array | pa.BinaryArray:
    """The texts of the cells at these places, which are in order and hold no NUL, as `Distinct` has its keys.

    `data` has WIDE bytes behind the last of them.
    """
    lengths = ends - starts
    if int(lengths.max(initial=0)) <= WORD:
        return pa.array(rows_of(data, starts, 1)[:, 0] & MASKS[lengths])
    return cut(data, starts, ends)


def distinct(data: NDArray[np.uint8], starts: Places, ends: Places) -> Distinct:
    """The different texts among `cells`."""
    lengths = ends - starts
    if int(lengths.max(initial=0)) <= 1:
        return _of_letters(data[starts] * lengths.astype(np.uint8))
    return _of(cells(data, starts, ends))


def _of_letters(letters: NDArray[np.uint8]) -> Distinct:
    is_there = np.zeros(256, bool)
    is_there[letters] = True
    there = np.flatnonzero(is_there)
    place = np.zeros(256, np.uint8)
    place[there] = np.arange(there.size)
    return Distinct(place[letters], pa.array(there.astype(np.uint64)))


def rows_of(data: NDArray[np.uint8], starts: Places, width: int) -> NDArray[np.uint64]:
    """From each of these places on so many words of WORD bytes, whose first byte is the lowest."""
    size = width * WORD
    windows = np.ndarray((data.size - size + 1,), f"V{size}", data, strides=(1,))
    return windows[starts].view("<u8").reshape(-1, width)


def of_words(numbers: NDArray[np.uint64]) -> Distinct:
    """The different texts of at most WORD bytes, which NULs pad."""
    if numbers.size and (numbers == numbers[0]).all():  # as the month of a time, and nothing behind it, mostly is
        return Distinct(np.zeros(numbers.size, np.uint8), pa.array(numbers[:1]))
    return _of(pa.array(numbers))


def _of(texts: pa.Array) -> Distinct:
    encoded = texts.dictionary_encode()
    return Distinct(encoded.indices.to_numpy(), encoded.dictionary)
