"""Who answered, for a whole block: plain ids are taken as they stand, all others go through the reader of persons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.exports.columns import ANONYMOUS, Reason

if TYPE_CHECKING:
    from pipeline.exports.lattice import Places
    from pipeline.exports.plan import Block

_SPACE, _DELETE, _PLUS = ord(" "), 0x7F, ord("+")


@dataclass(frozen=True)
class People:
    """The person's id in each record, in UTF-8; nothing where `reasons` has the row."""

    names: list[bytes]
    reasons: dict[int, Reason]


def read(block: Block, starts: Places, ends: Places, one: Callable[[bytes], object], more: Iterable[object]) -> People:
    """The persons at these places, and behind them `more` of them, that were read already.

    An id is plain when it is ASCII, has no blank at either end, does not look like `anonymous`, and has no plus sign,
    without which it has not lost digits in a spreadsheet. `one` reads a single cell: an id, or a Reason.
    """
    data, raw = block.grid.data, block.data
    plain = (ends > starts) & (data[starts] > _SPACE) & (data[ends - 1] > _SPACE)
    if len(ANONYMOUS) in (sizes := ends - starts):
        plain &= (sizes != len(ANONYMOUS)) | (data[starts] != ord(ANONYMOUS[0]))
    special = np.flatnonzero((data > _DELETE) | (data == _PLUS))
    if special.size:
        plain &= np.searchsorted(special, starts) == np.searchsorted(special, ends)
    names = [raw[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    found = {row: one(names[row]) for row in np.flatnonzero(~plain).tolist()}
    found |= enumerate(more, start=len(names))
    names += [b""] * sum(row >= len(names) for row in found)
    for row, who in found.items():
        names[row] = b"" if isinstance(who, Reason) else str(who).encode("utf-8", "surrogatepass")
    return People(names, {row: who for row, who in found.items() if isinstance(who, Reason)})
