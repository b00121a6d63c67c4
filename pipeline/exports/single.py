"""Cells of one letter, of all columns of a block at once: most answers are no longer.

A column may be read so in a block in which none of its regular cells has more than one byte, and each of these bytes
has a meaning that its `alphabet` knows: a number, or no answer. Every other column, with whatever else stands in it,
is read by its different texts (`pipeline.exports.distinct`), which would find the same here as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.exports.lattice import LF

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from pipeline.exports.lattice import Lattice

UNKNOWN, MISSING = np.int8(-(2**7)), np.int8(-(2**7) + 1)  # below every other number, and in this order
ASCII = range(1, 128)  # in UTF-8 no other byte is a letter
NOTHING = 255  # so this one has no meaning


def look(grid: Lattice, delimiter: str) -> NDArray[np.uint8]:
    """The letter in each cell of the regular records, one row a record.

    NOTHING stands for a cell that is longer. An empty one has NUL, or what stands before it: a delimiter or a line end.
    """
    if grid.special is not None:
        return _bare(grid, grid.special)
    starts = np.concatenate((grid.first[grid.regular][None], grid.after[:-1] + 1))
    ends = grid.after
    if grid.around is not None:
        starts, ends = starts + grid.around, ends - grid.around
    last = grid.data.take(ends - 1)
    last[last == ord(delimiter)] = NOTHING  # between quotes it is a letter like others
    last[ends - starts > 1] = NOTHING
    last[starts == ends] = 0
    return last.T


def _bare(grid: Lattice, special: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The same where no quote stands: before each cell's end is one letter when a delimiter is not far before it."""
    letters = np.empty(grid.data.size, np.uint8)
    letters[:2] = 0, grid.data[0]
    near = (special[:-2] | special[1:-1]).view(np.uint8)
    near -= 1  # so that all bits are set where it is not
    np.bitwise_or(near, grid.data[1:-1], out=letters[2:])
    return letters.take(grid.after.T)


def alphabet(meaning: Callable[[bytes], object], delimiter: str) -> NDArray[np.int8]:
    """What each byte means in a column that `meaning` reads."""
    found = np.full(256, UNKNOWN)
    for letter in ASCII:
        found[letter] = _number(meaning(bytes([letter])))
    found[[0, LF, ord(delimiter)]] = _number(meaning(b""))
    return found


def _number(what: object) -> np.int8:
    if what is None:
        return MISSING
    return np.int8(what) if isinstance(what, int) and MISSING < what < -int(UNKNOWN) else UNKNOWN


def alphabets(
    meanings: Mapping[str, Callable[[bytes], object]], delimiter: str
) -> list[tuple[NDArray[np.int8], list[str]]]:
    """The alphabet of each column, each with the names of all columns that have it."""
    found: dict[bytes, tuple[NDArray[np.int8], list[str]]] = {}
    for name, meaning in meanings.items():
        known = alphabet(meaning, delimiter)
        found.setdefault(known.tobytes(), (known, []))[1].append(name)
    return list(found.values())


def read(letters: NDArray[np.uint8], places: Sequence[int], known: NDArray[np.int8]) -> list[pa.Array | None]:
    """The numbers in the columns at these places of `letters`; None for one that may not be read so."""
    numbers = known.take(np.ascontiguousarray(letters.T[places]))
    lowest = numbers.min(axis=1, initial=-(UNKNOWN + 1))
    valid = np.packbits(numbers != MISSING, axis=1, bitorder="little")
    return [
        None if least == UNKNOWN else _column(mine, there if least == MISSING else None)
        for mine, there, least in zip(numbers, valid, lowest, strict=True)
    ]


def _column(numbers: NDArray[np.int8], valid: NDArray[np.uint8] | None) -> pa.Array:
    bits = None if valid is None else pa.py_buffer(valid)
    return pa.Array.from_buffers(pa.int8(), numbers.size, [bits, pa.py_buffer(numbers)])
