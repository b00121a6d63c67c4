"""Arrow and NumPy hand each other the same memory. pyarrow's own ways from NumPy import pandas where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.integer[Any]]

_TYPES = {"int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64()}


def arrow(values: Whole, missing: Bools | None = None) -> pa.Array:
    """Whole numbers as an Arrow array of their own width, without a copy; null where `missing`."""
    given = np.ascontiguousarray(values)
    valid = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    return pa.Array.from_buffers(_TYPES[str(given.dtype)], len(given), [valid, pa.py_buffer(given)])


def arrow_bools(values: Bools) -> pa.Array:
    """The same of what is true or not."""
    packed = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, packed])


def lists(values: Whole, has: Bools | None = None) -> pa.Array:
    """One list a row of `values`, rows x numbers; with `has`, of which those there are the rows, null elsewhere."""
    rows = np.ones(len(values), dtype=np.bool_) if has is None else has
    ends = np.zeros(len(rows) + 1, dtype=np.int32)
    np.cumsum(rows * values.shape[1], out=ends[1:])
    valid = None if has is None else pa.py_buffer(np.packbits(rows, bitorder="little"))
    buffers = [valid, pa.py_buffer(ends)]
    wide = np.ascontiguousarray(values, dtype=np.int64)
    return pa.Array.from_buffers(pa.list_(pa.int64()), len(rows), buffers, children=[arrow(wide.ravel())])


def numbers(column: pa.ChunkedArray | pa.Array, missing: int | None = None) -> Whole:
    """A column of whole numbers, where it stands; `missing` stands for null, of which there are none without it."""
    given = whole(column)
    if missing is not None and given.null_count:
        given = given.fill_null(pa.scalar(missing, given.type))
    if not len(given):
        return np.zeros(0, dtype=str(given.type))
    found: Whole = np.frombuffer(given.buffers()[1], dtype=str(given.type), count=given.offset + len(given))
    return found[given.offset :]


def valid(column: pa.ChunkedArray | pa.Array) -> Bools:
    """Where a column has a value."""
    given = whole(column)
    if not given.null_count:
        return np.ones(len(given), dtype=np.bool_)
    bits = np.frombuffer(given.buffers()[0], dtype=np.uint8)
    return np.unpackbits(bits, count=given.offset + len(given), bitorder="little")[given.offset :].astype(np.bool_)


def whole(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column as one array."""
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def coded(column: pa.ChunkedArray | pa.Array) -> tuple[Small, list[str]]:
    """A column of text, or of numbers of words, as numbers of its different words; -1 where there is none."""
    encoded = whole(column).dictionary_encode()
    return numbers(encoded.indices, -1).astype(np.int32, copy=False), encoded.dictionary.to_pylist()


def text(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """A column of text, or of numbers of words, as text."""
    return whole(column).cast(pa.string())


def ranks(words: Sequence[Any]) -> Ints:
    """Each one's place in the order of them all."""
    result = np.empty(len(words), dtype=np.int64)
    result[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
    return result
