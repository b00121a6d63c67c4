"""Withheld cells that the figures could give away all the same: those made of whole groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pipeline.disclosure.audit.crowd import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt

    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.cells import Bools, Ints

Number = TypeVar("Number", np.int64, np.float64)

CUT = -2


def whole_places(levels: Ints, group: Ints, groups: int) -> list[Ints]:
    """For each depth: group -> the place that holds all of it; OUTSIDE, or CUT where a place holds a part."""
    result = []
    for level in levels:
        low = np.full(groups, np.iinfo(np.int64).max)
        high = np.full(groups, OUTSIDE, dtype=np.int64)
        np.minimum.at(low, group, level)
        np.maximum.at(high, group, level)
        result.append(np.where(low == high, low, CUT))
    return result


def guarded_groups(
    table: Exposed, values: npt.NDArray[Number], known: Callable[[npt.NDArray[Number]], Bools]
) -> Iterator[list[int]]:
    """The groups of each guarded place of a table whose sums, places x worlds, are `known` to be the same in all."""
    return determined_places(table.levels, table.groups[1], table.guarded, values, known)


def determined_places(
    levels: Iterable[Ints],
    group: Ints,
    guarded: Bools,
    values: npt.NDArray[Number],
    known: Callable[[npt.NDArray[Number]], Bools],
) -> Iterator[list[int]]:
    """The same for anything that has a group and lies in places: `levels` are its places, one array a grouping.

    `values` are groups x worlds.
    """
    if not guarded.any():
        return
    for depths in levels:
        for level, whole in zip(depths, whole_places(depths, group, len(values)), strict=True):
            inside = np.flatnonzero(whole >= 0)
            occupied = np.zeros(len(guarded), dtype=np.bool_)
            occupied[whole[inside]] = True
            cut = level[whole[group] == CUT]
            occupied[cut[cut >= 0]] = False
            inside = inside[(occupied & guarded)[whole[inside]]]
            sums = np.zeros((len(guarded), values.shape[1]), dtype=values.dtype)
            np.add.at(sums, whole[inside], values[inside])
            members = inside[known(sums)[whole[inside]]]
            order = members[np.argsort(whole[members], kind="stable")]
            for part in np.split(order, np.flatnonzero(np.diff(whole[order])) + 1) if len(order) else ():
                yield part.tolist()
