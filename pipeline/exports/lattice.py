"""Where every cell of a block begins and ends, by counting delimiters in all its bytes at once.

A record is regular when it is certain that the strict reader would find the same cells: as many delimiters outside
quotes as there are headings, less one; each cell without a quote, or with one at either end and none between; and one
line. Every other record is odd, and is read by the strict reader.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from pipeline.exports.census import Uncertain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places: TypeAlias = NDArray[np.int64]

LF, CR, QUOTE = ord("\n"), ord("\r"), ord('"')
PAIR = 2  # quotes around a cell


@dataclass(frozen=True)
class Lattice:
    """Places in `data`, a block that ends with a line end.

    Record `i` is `data[first[i]:last[i]]`, without its line end. `regular` are the numbers of the regular records in
    the block, `odd` those of the others. Cell `j` of the regular ones ends before `after[j]`; those `around` which
    quotes stand, one byte before that. `special` is whether a delimiter or LF stands in a place, in a block without
    quotes.
    """

    data: NDArray[np.uint8]
    first: Places
    last: Places
    regular: Places
    odd: Places
    after: Places
    around: NDArray[np.bool_] | None
    special: NDArray[np.bool_] | None

    def column(self, at: int, rows: Places | None = None) -> tuple[Places, Places]:
        """Where the cells under heading `at` begin and end, in these of the regular records, or in all."""
        starts = self.after[at - 1] + 1 if at else self.first[self.regular]
        ends = np.ascontiguousarray(self.after[at])
        if self.around is not None:
            starts, ends = starts + self.around[at], ends - self.around[at]
        return (starts, ends) if rows is None else (starts[rows], ends[rows])


def lay(data: NDArray[np.uint8], delimiter: str, width: int) -> Lattice:
    """Finds the cells of a block.

    Raises Uncertain for a cell that is longer than the strict reader takes, and for a block without one whole record.
    """
    is_end = data == LF
    special = data == ord(delimiter)
    special |= is_end
    places, at_end, quotes, within = _outside_quotes(data, is_end, special, width)
    if not at_end.size:
        raise Uncertain
    last = places[at_end]
    first = np.concatenate(([0], last[:-1] + 1))
    last = last - ((data[last - 1] == CR) & (last > first))
    if int((last - first).max()) > csv.field_size_limit():
        raise Uncertain
    cells = np.diff(at_end, prepend=-1)
    is_regular = cells == width
    is_regular[np.searchsorted(first, within, "right") - 1] = False
    if not is_regular.all():
        chosen = np.repeat(is_regular, cells)
        places = places[chosen]
        quotes = quotes[chosen] if quotes is not None else None
    regular = np.flatnonzero(is_regular)
    after = places.reshape(-1, width).T
    after[-1] = last[regular]
    around = None
    if quotes is not None:
        starts = np.concatenate((first[regular][None], after[:-1] + 1))
        held = quotes.reshape(-1, width).T
        around = (data[starts] == QUOTE) & (data[after - 1] == QUOTE) & (after - starts >= PAIR) & (held == PAIR)
        fits = ((held == 0) | around).all(axis=0)
        is_regular[regular[~fits]] = False
        regular, after, around = regular[fits], after[:, fits], around[:, fits]
    return Lattice(
        data, first, last, regular, np.flatnonzero(~is_regular), after, around, special if quotes is None else None
    )


def _outside_quotes(
    data: NDArray[np.uint8], is_end: NDArray[np.bool_], special: NDArray[np.bool_], width: int
) -> tuple[Places, NDArray[np.intp], Places | None, Places]:
    """Where delimiters and line ends stand outside quotes, and which of these places are line ends.

    Then how many quotes the cell before each holds, None when there are no quotes at all; and the other line ends.
    """
    quote = data == QUOTE
    if not quote.any():
        places = np.flatnonzero(special)
        return places, _ends(is_end, places, width), None, places[:0]
    places = np.flatnonzero(special | quote)
    is_quote = quote[places]
    before = np.cumsum(is_quote)  # where it is odd, a delimiter or a line end is part of a cell
    outside = ~is_quote & (before & 1 == 0)
    within = places[~is_quote & ~outside]
    places, before = places[outside], before[outside]
    return places, np.flatnonzero(is_end[places]), np.diff(before, prepend=0), within[is_end[within]]


def _ends(is_end: NDArray[np.bool_], places: Places, width: int) -> NDArray[np.intp]:
    """Which of these places are line ends; where each record has `width` cells they need not be looked for."""
    in_step = np.arange(width - 1, places.size, width)
    if in_step.size == np.count_nonzero(is_end) and is_end[places[in_step]].all():
        return in_step
    return np.flatnonzero(is_end[places])
