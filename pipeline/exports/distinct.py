"""The texts in a column of a block, each once: most columns have few, and then few have to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.exports.lattice import Places

WORD = 8  # bytes that fit into one number
WIDE = 64  # bytes; longer texts are taken one by one
_MASKS = np.array([(1 << (8 * length)) - 1 for length in range(WORD + 1)], np.uint64)


class Distinct(NamedTuple):
    """Cell `i` of the column holds `texts[codes[i]]`, as its bytes were."""

    codes: NDArray[np.integer]
    texts: list[bytes]


def distinct(data: NDArray[np.uint8], starts: Places, ends: Places) -> Distinct:
    """The different texts among the cells at these places; none holds a NUL, which pads them here.

    `data` has at least WIDE bytes behind the last of them.
    """
    lengths = ends - starts
    longest = int(lengths.max(initial=0))
    if longest <= 1:
        return _of_letters(data, starts, lengths)
    if longest <= WORD:
        return _of_words(data, starts, lengths)
    return _of_rows(data, starts, lengths, longest) if longest <= WIDE else _one_by_one(data, starts, ends)


def _of_letters(data: NDArray[np.uint8], starts: Places, lengths: Places) -> Distinct:
    letters = data[starts]
    letters *= lengths.astype(np.uint8)
    is_there = np.zeros(256, bool)
    is_there[letters] = True
    there = np.flatnonzero(is_there)
    place = np.zeros(256, np.uint8)
    place[there] = np.arange(there.size)
    return Distinct(place[letters], [bytes([one]) if one else b"" for one in there.tolist()])


def _of_words(data: NDArray[np.uint8], starts: Places, lengths: Places) -> Distinct:
    words = np.ndarray((data.size - WORD + 1,), "<u8", data, strides=(1,))[starts] & _MASKS[lengths]
    encoded = pa.array(words).dictionary_encode()
    raw = encoded.dictionary.to_numpy(zero_copy_only=False).astype("<u8").tobytes()
    texts = [raw[at : at + WORD].rstrip(b"\0") for at in range(0, len(raw), WORD)]
    return Distinct(encoded.indices.to_numpy(), texts)


def _of_rows(data: NDArray[np.uint8], starts: Places, lengths: Places, longest: int) -> Distinct:
    return of_matrix(matrix(data, starts, lengths, longest))


def matrix(data: NDArray[np.uint8], starts: Places, lengths: Places, longest: int) -> NDArray[np.uint8]:
    """One row of `longest` bytes a cell, at most WIDE, padded with NUL."""
    windows: NDArray[np.uint8] = np.ndarray((data.size - longest + 1, longest), np.uint8, data, strides=(1, 1))
    letters = windows[starts]
    if int(lengths.min(initial=longest)) < longest:
        letters *= np.arange(longest) < lengths[:, None]
    return letters


def of_matrix(letters: NDArray[np.uint8]) -> Distinct:
    """The different rows of a matrix of letters, without the NULs that pad them."""
    count, wide = letters.shape
    column = pa.FixedSizeBinaryArray.from_buffers(pa.binary(wide), count, [None, pa.py_buffer(letters.tobytes())])
    encoded = column.dictionary_encode()
    texts = [one.rstrip(b"\0") for one in encoded.dictionary.to_pylist()]
    return Distinct(encoded.indices.to_numpy(), texts)


def _one_by_one(data: NDArray[np.uint8], starts: Places, ends: Places) -> Distinct:
    raw = data.tobytes()
    seen: dict[bytes, int] = {}
    cells = [raw[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    codes = [seen.setdefault(cell, len(seen)) for cell in cells]
    return Distinct(np.array(codes, np.intp), list(seen))
