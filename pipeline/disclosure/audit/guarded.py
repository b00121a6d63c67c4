"""Withheld cells that the figures could give away all the same: those made of whole groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.cells import Bools, Ints

Number = TypeVar("Number", np.int64, np.float64)

OUTSIDE_OF_ALL, CUT = -1, -2


def whole_places(levels: Ints, group: Ints, groups: int) -> list[Ints]:
    """For each depth: group -> the place that holds all of it; OUTSIDE_OF_ALL, or CUT where a place holds a part."""
    result = []
    for level in levels:
        low = np.full(groups, np.iinfo(np.int64).max)
        high = np.full(groups, OUTSIDE_OF_ALL, dtype=np.int64)
        np.minimum.at(low, group, level)
        np.maximum.at(high, group, level)
        result.append(np.where(low == high, low, CUT))
    return result


def guarded_groups(
    table: Exposed, values: npt.NDArray[Number], known: Callable[[npt.NDArray[Number]], Bools]
) -> Iterator[list[int]]:
    """The groups of each guarded place whose sums, places x worlds, are `known` to be the same in every world."""
    if not table.guarded.any():
        return
    _, group = table.groups
    for levels in table.levels:
        for level, whole in zip(levels, whole_places(levels, group, len(values)), strict=True):
            inside = np.flatnonzero(whole >= 0)
            occupied = np.zeros(len(table.shown), dtype=np.bool_)
            occupied[whole[inside]] = True
            cut = level[whole[group] == CUT]
            occupied[cut[cut >= 0]] = False
            inside = inside[(occupied & table.guarded)[whole[inside]]]
            sums = np.zeros((len(table.shown), values.shape[1]), dtype=values.dtype)
            np.add.at(sums, whole[inside], values[inside])
            determined = np.flatnonzero(occupied & table.guarded & known(sums))
            members = inside[np.isin(whole[inside], determined)]
            order = members[np.argsort(whole[members], kind="stable")]
            for part in np.split(order, np.flatnonzero(np.diff(whole[order])) + 1) if len(order) else ():
                yield part.tolist()
