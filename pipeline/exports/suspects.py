"""Which records without an answer may hold other headings: a second table's are among them, and few others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.exports.lattice import QUOTE
from pipeline.exports.second import TELLING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.exports.lattice import Places
    from pipeline.exports.plan import Block
    from pipeline.exports.second import Headings

_NINE, _ZERO = ord("9"), ord("0")


def suspects(headings: Headings, block: Block, faulty: Places) -> Iterator[int]:
    """Those of the `faulty` records of which it takes a look at their cells to say that they are no other headings.

    Of a regular record it is certain without one, when no heading stands in it and it has no time, or one that begins
    with a digit.
    """
    named = [name for name in _as_written(headings, block) if name in block.data]
    certain = _are_no_words(headings, block, faulty)
    firsts, lasts = block.grid.first[faulty].tolist(), block.grid.last[faulty].tolist()
    for one, sure, first, last in zip(faulty.tolist(), certain.tolist(), firsts, lasts, strict=True):
        if not sure or (named and any(name in block.data[first:last] for name in named)):
            yield one


def _as_written(headings: Headings, block: Block) -> set[bytes]:
    """Bytes that stand in every record with a heading, each heading's own: the longest part without a quote.

    A heading that the file cannot hold in its encoding stands in no record.
    """
    encoding = block.head.sheet.dialect.encoding
    names = {max(name.split(chr(QUOTE)), key=len) for several in headings.names.values() for name in several}
    return {name.encode(encoding, "ignore") for name in names}


def _are_no_words(headings: Headings, block: Block, faulty: Places) -> NDArray[np.bool_]:
    """Which of these records are regular and have a time that is not words: `Headings.are_others` asks for words."""
    grid = block.grid
    places = np.minimum(np.searchsorted(grid.regular, faulty), max(grid.regular.size - 1, 0))
    regular = grid.regular[places] == faulty if grid.regular.size else np.zeros(faulty.size, bool)
    if headings.sent is None or len(headings.items) < TELLING:
        return regular
    starts, ends = grid.column(headings.sent[0], places[regular])
    letters = grid.data[starts]
    regular[regular] = (starts == ends) | ((letters >= _ZERO) & (letters <= _NINE))
    return regular
