"""Cells of one letter, of all columns of a block at once: most answers are no longer.

A column may be read so in a block in which none of its regular cells has more than one byte, and each of these bytes
has a meaning that its `alphabet` knows: a number, or no answer. Every other column, with whatever else stands in it,
is read by its different texts (`pipeline.exports.distinct`), which would find the same here as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.exports.lattice import LF

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pipeline.exports.lattice import Lattice, Places

MISSING, UNKNOWN = np.int16(-(2**15)), np.int16(-(2**15) + 1)
ASCII = range(1, 128)  # in UTF-8 no other byte is a letter
NOTHING = 255  # so this one has no meaning


class Letters(NamedTuple):
    """Cell `j` of the regular records ends with `last[j]`; where `fits[j]` it is no longer, or is empty.

    An empty cell has NUL there, or what stands before it: a delimiter or a line end.
    """

    last: NDArray[np.uint8]
    fits: NDArray[np.bool_]


def look(grid: Lattice, delimiter: str) -> Letters:
    """The last letters of all cells, one row a column."""
    if grid.around is None:
        return _bare(grid)
    starts = np.concatenate((grid.first[grid.regular][None], grid.after[:-1] + 1)) + grid.around
    ends = grid.after - grid.around
    last = grid.data.take(ends - 1)
    last[last == ord(delimiter)] = NOTHING  # between quotes it is a letter like others
    last[starts == ends] = 0
    return Letters(last, np.logical_and.reduce(ends - starts <= 1, axis=1))


def _bare(grid: Lattice) -> Letters:
    """The same where no quote stands: by what is between one delimiter and the next, record by record."""
    after = grid.after.T  # in the order of the file
    places = after.reshape(-1)
    fits = np.ones(after.shape, bool)
    np.less_equal(np.diff(places), 2, out=fits.reshape(-1)[1:])
    fits[:, 0] = after[:, 0] - grid.first[grid.regular] <= 1
    last = grid.data.take(places - 1).reshape(after.shape)
    return Letters(np.ascontiguousarray(last.T), np.logical_and.reduce(fits, axis=0))


def alphabet(meaning: Callable[[bytes], object], delimiter: str) -> NDArray[np.int16]:
    """What each byte means in a column that `meaning` reads."""
    found = np.full(256, UNKNOWN)
    for letter in ASCII:
        found[letter] = _number(meaning(bytes([letter])))
    found[[0, LF, ord(delimiter)]] = _number(meaning(b""))
    return found


def _number(what: object) -> np.int16:
    if what is None:
        return MISSING
    return np.int16(what) if isinstance(what, int) and UNKNOWN < what < -int(MISSING) else UNKNOWN


def read(letters: Letters, at: int, rows: Places | None, known: NDArray[np.int16]) -> pa.Array | None:
    """The numbers in column `at` of these of the regular records, or of all; None where it may not be read so."""
    if not letters.fits[at]:
        return None
    numbers = known.take(letters.last[at] if rows is None else letters.last[at][rows])
    lowest = int(numbers.min(initial=0))
    if lowest > UNKNOWN:
        return pa.Array.from_buffers(pa.int16(), numbers.size, [None, pa.py_buffer(numbers)])
    is_there = numbers != MISSING
    if (numbers == UNKNOWN).any():
        return None
    valid = pa.py_buffer(np.packbits(is_there, bitorder="little"))
    return pa.Array.from_buffers(pa.int16(), numbers.size, [valid, pa.py_buffer(numbers)])
