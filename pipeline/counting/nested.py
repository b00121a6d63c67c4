"""The tree with its units numbered so that everything below a unit follows it: a subtree is one run of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from pipeline.counting.arrays import Ints
    from pipeline.organisation import Tree

NOWHERE = -1


@dataclass(frozen=True)
class Nested:
    """Units by number. `end` is the first number after a unit's subtree; `parent` of the root is NOWHERE."""

    units: tuple[str, ...]
    parent: Ints
    depth: Ints
    end: Ints

    @classmethod
    def of(cls, tree: Tree) -> Self:
        """The units of a tree, siblings in its order."""
        order, waiting = [], [tree.root]
        while waiting:
            unit = waiting.pop()
            order.append(unit)
            waiting.extend(reversed(tree.children[unit]))
        number = {unit: at for at, unit in enumerate(order)}
        above = [tree.unit[unit].parent for unit in order]
        parent = np.array([NOWHERE if one is None else number[one] for one in above], dtype=np.int64)
        depth = np.zeros(len(order), dtype=np.int64)
        end = np.arange(1, len(order) + 1)
        for at in range(1, len(order)):
            depth[at] = depth[parent[at]] + 1
        for at in range(len(order) - 1, 0, -1):
            end[parent[at]] = max(end[parent[at]], end[at])
        return cls(tuple(order), parent, depth, end)

    @cached_property
    def number(self) -> Mapping[str, int]:
        """Unit id -> its number."""
        return {unit: at for at, unit in enumerate(self.units)}

    @cached_property
    def ancestor(self) -> Ints:
        """Units x depths: the unit of that depth on the way to each, itself included; NOWHERE below it."""
        found = np.full((len(self.units), int(self.depth.max()) + 1), NOWHERE, dtype=np.int64)
        for level in range(found.shape[1]):
            here = np.flatnonzero(self.depth == level)
            if level:
                found[here] = found[self.parent[here]]
            found[here, level] = here
        return found

    def together(self, one: Ints, other: Ints) -> Ints:
        """For pairs of units, the deepest unit that holds both."""
        shared = (self.ancestor[one] == self.ancestor[other]) & (self.ancestor[one] != NOWHERE)
        found: Ints = self.ancestor[one, shared.sum(axis=1) - 1]
        return found


def within(counts: Ints, end: Ints) -> Ints:
    """What each unit has itself -> what it has with everything under it; units are the last axis of `counts`."""
    upto = np.zeros((*counts.shape[:-1], counts.shape[-1] + 1), dtype=np.int64)
    np.cumsum(counts, axis=-1, out=upto[..., 1:])
    found: Ints = np.take(upto, end, axis=-1)
    found -= upto[..., :-1]
    return found
