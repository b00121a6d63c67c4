"""Who answered, for a whole block: plain ids are taken as they stand, all others go through the reader of persons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.exports.columns import ANONYMOUS, Reason
from pipeline.exports.distinct import cut

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.exports.lattice import Places
    from pipeline.exports.plan import Block

_SPACE, _DELETE, _PLUS = ord(" "), 0x7F, ord("+")


@dataclass(frozen=True)
class People:
    """The person's id in each record, in UTF-8; nothing where `reasons` has the row."""

    names: pa.BinaryArray
    reasons: dict[int, Reason]


def read(block: Block, starts: Places, ends: Places, one: Callable[[bytes], object], more: Iterable[object]) -> People:
    """The persons at these places, and behind them `more` of them, that were read already.

    An id is plain when it is ASCII, has no blank at either end, does not look like `anonymous`, and has no plus sign,
    without which it has not lost digits in a spreadsheet. `one` reads a single cell: an id, or a Reason.
    """
    names = cut(block.grid.data, starts, ends)
    rows = np.flatnonzero(~_plain(names))
    found = dict(zip(rows.tolist(), map(one, names.take(pa.array(rows)).to_pylist()), strict=True))
    found |= enumerate(more, start=len(names))
    if found:
        names = _replaced(names, found)
    return People(names, {row: who for row, who in found.items() if isinstance(who, Reason)})


def _plain(names: pa.BinaryArray) -> NDArray[np.bool_]:
    """Which of these cells, none of which is missing, are plain ids."""
    bounds = np.frombuffer(names.buffers()[1], np.int32)[: len(names) + 1] if len(names) else np.zeros(1, np.int32)
    letters = np.frombuffer(b"".join((names.buffers()[2] or b"", b" ")), np.uint8)
    starts, ends = bounds[:-1], bounds[1:]
    plain: NDArray[np.bool_] = (ends > starts) & (letters[starts] > _SPACE) & (letters[ends - 1] > _SPACE)
    plain &= (ends - starts != len(ANONYMOUS)) | (letters[starts] != ord(ANONYMOUS[0]))
    special = np.flatnonzero((letters > _DELETE) | (letters == _PLUS))
    if special.size:
        plain &= np.searchsorted(special, starts) == np.searchsorted(special, ends)
    return plain


def _replaced(names: pa.BinaryArray, found: Mapping[int, object]) -> pa.BinaryArray:
    """The names with others in the rows that were `found`, which may be more than there are."""
    others = [b"" if isinstance(who, Reason) else str(who).encode("utf-8", "surrogatepass") for who in found.values()]
    rows = np.arange(max(len(names), *(row + 1 for row in found)))
    rows[[*found]] = np.arange(len(names), len(names) + len(others))
    return pa.concat_arrays([names, pa.array(others, pa.binary())]).take(pa.array(rows))
