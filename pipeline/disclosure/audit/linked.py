"""A scale and its items over several releases, where people changed some of their items and not the others.

Whoever changed anything is two records in the family's crowd. The items that they did not change are the same unknowns
in both, and so one equation of each release can stand beside the other's.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.crowd import OUTSIDE
from pipeline.disclosure.audit.joint import Joint

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Ints


@dataclass(frozen=True)
class Links:
    """Of each record of a crowd: the answer record of the wave that it is a part of, and the versions it holds."""

    base: Ints
    version: Ints  # records x the family, the scale first; negative where there is no answer

    @cached_property
    def parts(self) -> dict[int, list[int]]:
        """The records of each base that has more than one."""
        _, inverse, count = np.unique(self.base, return_inverse=True, return_counts=True)
        found: dict[int, list[int]] = {}
        for record in np.flatnonzero(count[inverse.ravel()] > 1).tolist():
            found.setdefault(int(self.base[record]), []).append(record)
        return found

    def structure(self, atom: Ints) -> Ints:
        """A number for each record, the same for parts of bases whose parts lie alike and agree in the same items."""
        result = np.zeros(len(self.base), dtype=np.int64)
        known: dict[tuple[object, ...], int] = {}
        for records in self.parts.values():
            columns = [_alike(column) for column in self.version[records].T.tolist()]
            shape = (tuple(atom[records].tolist()), tuple(columns))
            for place, record in enumerate(records):
                result[record] = known.setdefault((place, shape), len(known) + 1)
        return result


def _alike(versions: list[int]) -> tuple[int, ...]:
    """Versions numbered in the order in which they come, so that only which of them are the same is told."""
    order = {version: number for number, version in enumerate(dict.fromkeys(one for one in versions if one >= 0))}
    return tuple(order.get(version, OUTSIDE) for version in versions)


@dataclass(frozen=True)
class Linked(Joint):
    """A family some of whose unknowns are those of several groups."""

    links: Links

    def linked_with(self, records: Ints) -> Ints:
        """A number for what else each record's person is linked with, so that such groups are never taken for one."""
        return self.links.structure(self.crowd.atom)[records, None]

    @cached_property
    def unknowns(self) -> Ints:
        """As for one release, with one number for the unchanged item of two groups of the same people."""
        answered = self.groups[0][:, 1 : len(self.tables)] == 1
        number = np.where(answered, np.cumsum(answered.ravel()).reshape(answered.shape) - 1, OUTSIDE)
        first = np.arange(int(number.max(initial=OUTSIDE)) + 1)
        for one, other, items in self._pairs:
            for item in items:
                low, high = sorted((first[number[one, item]], first[number[other, item]]))
                first[first == high] = low
        renumbered = np.unique(first, return_inverse=True)[1].ravel()
        return np.where(answered, renumbered[number], OUTSIDE)

    @cached_property
    def _pairs(self) -> set[tuple[int, int, tuple[int, ...]]]:
        """Two groups of the same people, and the items that these have the same answers to in both."""
        records, kind, _ = self.kinds
        group = np.full(len(self.crowd.person), OUTSIDE, dtype=np.int64)
        group[records] = self.groups[1][kind]
        version = self.links.version[:, 1:]
        found = set()
        for parts in self.links.parts.values():
            for place, one in enumerate(parts):
                for other in parts[place + 1 :]:
                    same = np.flatnonzero((version[one] == version[other]) & (version[one] >= 0))
                    if len(same):
                        found.add((int(group[one]), int(group[other]), tuple(same.tolist())))
        return found

    @cached_property
    def blocks(self) -> Ints:
        """As for one release; what has an unknown in common is one block, so that no two blocks have."""
        sets = [set(row[row != OUTSIDE].tolist()) for row in super().blocks]
        owner: dict[int, int] = {}
        whole: dict[int, set[int]] = {}
        for number, unknowns in enumerate(sets):
            merged = {owner[one] for one in unknowns if one in owner}
            whole[number] = unknowns.union(*(whole.pop(other) for other in merged))
            owner.update(dict.fromkeys(whole[number], number))
        width = max(map(len, whole.values()), default=0)
        result = np.full((len(whole), width), OUTSIDE, dtype=np.int64)
        for row, unknowns in zip(result, whole.values(), strict=True):
            row[: len(unknowns)] = sorted(unknowns)
        return result
