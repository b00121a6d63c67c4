"""Which records without an answer may hold other headings: a second table's are among them, and few others."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.exports.distinct import distinct, texts
from pipeline.exports.second import TELLING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.exports.lattice import Lattice, Places
    from pipeline.exports.plan import Block
    from pipeline.exports.second import Headings

_ZERO, _NINE = ord("0"), ord("9")


def suspects(headings: Headings, block: Block, faulty: Places) -> Places:
    """Those of the `faulty` records of which `Headings.are_others` has to be asked.

    It says no of a regular record that names fewer than TELLING headings, and whose time is nothing, or begins with a
    digit.
    """
    grid = block.grid
    places = np.flatnonzero(np.isin(grid.regular, faulty, assume_unique=True))
    around = None if grid.around is None else grid.around[:, places]
    regular = replace(grid, regular=grid.regular[places], after=grid.after[:, places], around=around)
    certain = _are_no_words(headings, regular) & (_named(headings, block, regular) < TELLING)
    return np.setdiff1d(faulty, regular.regular[certain], assume_unique=True)


def _are_no_words(headings: Headings, regular: Lattice) -> NDArray[np.bool_]:
    """Which of these records have a time that is not words."""
    if headings.sent is None or len(headings.items) < TELLING:
        return np.ones(regular.regular.size, bool)
    starts, ends = regular.column(headings.sent[0])
    letters = regular.data[starts]
    are: NDArray[np.bool_] = (starts == ends) | ((letters >= _ZERO) & (letters <= _NINE))
    return are


def _named(headings: Headings, block: Block, regular: Lattice) -> NDArray[np.int64]:
    """How many cells of each of these records are headings."""
    found = np.zeros(regular.regular.size, np.int64)
    shortest = min(map(len, headings.every), default=0)  # letters, and no letter takes less than a byte
    for at in range(headings.width):
        starts, ends = regular.column(at)
        long = np.flatnonzero(ends - starts >= shortest)
        cells = distinct(regular.data, starts[long], ends[long])
        are_names = [block.decode(text).strip() in headings.every for text in texts(cells.keys)]
        found[long] += np.array(are_names, bool)[cells.codes]
    return found
