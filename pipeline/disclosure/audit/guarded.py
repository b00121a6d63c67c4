"""Withheld cells that the figures could give away all the same: those made of whole groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pipeline.disclosure.audit.crowd import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import numpy.typing as npt

    from pipeline.disclosure.audit.crowd import Places
    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.cells import Bools, Ints

Number = TypeVar("Number", np.int64, np.float64)

CUT = -2


def of_one_value(key: Ints, value: Ints | Places, size: int) -> tuple[Bools, Ints | Places]:
    """Whether everything with a key has the same value, and a value of it; keys are -1..size-1, -1 the last of them.

    For a key that nothing has: yes, and OUTSIDE.
    """
    some = np.full(size + 1, OUTSIDE, dtype=value.dtype)
    some[key] = value
    one: Bools = np.ones(size + 1, dtype=np.bool_)
    one[key[some[key] != value]] = False
    return one, some


def whole_places(levels: Places, group: Ints, groups: int) -> list[Ints]:
    """For each depth: group -> the place that holds all of it; OUTSIDE, or CUT where a place holds a part."""
    result = []
    for level in levels:
        whole, place = of_one_value(group, level, groups)
        result.append(np.where(whole, place, CUT)[:groups])
    return result


def guarded_groups(
    table: Exposed, values: npt.NDArray[Number], known: Callable[[npt.NDArray[Number]], Bools]
) -> Iterator[list[int]]:
    """The groups of each guarded place of a table whose sums, places x worlds, are `known` to be the same in all."""
    return determined_places(table.levels, table.groups[1], table.guarded, values, known)


def determined_places(
    levels: Iterable[Places],
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
            inside = inside[np.argsort(whole[inside], kind="stable")]
            if not len(inside):
                continue
            edges = np.flatnonzero(np.diff(whole[inside], prepend=CUT))
            same = known(np.add.reduceat(values[inside], edges, axis=0))
            order = inside[np.repeat(same, np.diff(edges, append=len(inside)))]
            for part in np.split(order, np.flatnonzero(np.diff(whole[order])) + 1) if len(order) else ():
                yield part.tolist()
