"""Sparse equations as arrays, and random worlds that fulfil them exactly, one connected component after the other.

Most of the groups of a wave are connected with few others, and a repair changes what few of them are in. So the worlds
of a component are kept by what it looks like, and the same component is not eliminated again.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.elimination import PRIME, Row, eliminate, worlds
from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Bools, Ints

# The worlds of components, by how many worlds there are, and how many unknowns and which entries a component has.
Known = dict[tuple[int, int, bytes], "Ints"]


@dataclass(frozen=True)
class Equations:
    """Which equation holds which unknown, and how many times modulo PRIME; in the order of the equations.

    No unknown is in an equation twice, and none has the coefficient 0.
    """

    equation: Ints
    unknown: Ints
    times: Ints
    count: int  # equations
    unknowns: int

    @cached_property
    def rows(self) -> list[Row]:
        """The same one by one."""
        edges = np.searchsorted(self.equation, np.arange(self.count + 1)).tolist()
        unknown, times = self.unknown.tolist(), self.times.tolist()
        return [dict(zip(unknown[start:end], times[start:end], strict=True)) for start, end in pairwise(edges)]

    def worlds(self, count: int, known: Known) -> Ints:
        """`count` random vectors of the null space, unknowns x count. The same system gives the same vectors.

        Unknowns with the same coefficients everywhere are solved for as one, their sum: within such a class every
        value but the last is free. What is eliminated for it is added to `known`, and what is in there is not
        eliminated. Raises DisclosureLeak if an equation does not hold afterwards.
        """
        member, first = self._classes
        chance = np.random.default_rng(self.unknowns + 1)
        sums = self._of_classes(first, member, count, known, chance)
        values = chance.integers(1, PRIME, size=(self.unknowns, count), dtype=np.int64)
        last = np.zeros(len(first), dtype=np.int64)
        last[member] = np.arange(self.unknowns)
        values[last] = 0
        others = np.zeros((len(first), count), dtype=np.int64)
        np.add.at(others, member, values)
        values[last] = (sums - others) % PRIME
        if not self.hold(values):
            msg = "nothing is published: the audit could not be finished, what it solved does not solve its equations"
            raise DisclosureLeak(msg)
        return values

    def hold(self, values: Ints) -> bool:
        """Whether every equation is 0 modulo PRIME in each of these worlds, unknowns x worlds."""
        for column in values.T:
            # Sums of fewer than 2**22 numbers under 2**31 are exact in floating point.
            added = np.bincount(self.equation, self.times * column[self.unknown] % PRIME, self.count)
            if (added % PRIME).any():
                return False
        return True

    @cached_property
    def _classes(self) -> tuple[Ints, Ints]:
        """The class of each unknown, and its first unknown: those with the same coefficients everywhere are one.

        They are told apart by a random number for each coefficient; were two taken for one, an equation would not hold.
        """
        chance = np.random.default_rng(self.count)
        each = chance.integers(1, 2**62, size=self.count, dtype=np.int64)
        look = np.zeros(self.unknowns, dtype=np.int64)
        np.add.at(look, self.unknown, each[self.equation] * self.times)  # wraps around, which does no harm
        _, first, member = np.unique(look, return_index=True, return_inverse=True)
        order = np.argsort(first)
        number = np.empty_like(order)
        number[order] = np.arange(len(order))
        return number[member.ravel()], first[order]

    def _of_classes(self, first: Ints, member: Ints, count: int, known: Known, chance: np.random.Generator) -> Ints:
        """The sum of each class in `count` worlds."""
        kept = first[member[self.unknown]] == self.unknown
        equation, unknown, times = self.equation[kept], member[self.unknown[kept]], self.times[kept]
        values = chance.integers(1, PRIME, size=(len(first), count), dtype=np.int64)
        for rows, columns, entries in _components(equation, unknown, times, self.count, len(first)):
            key = (count, len(columns), sha256(entries.tobytes()).digest())
            if key not in known:
                known[key] = _solved(entries, len(rows), len(columns), count)
            # Another multiple for each component and world, so that two that look alike do not move alike.
            values[columns] = known[key] * chance.integers(1, PRIME, size=count, dtype=np.int64) % PRIME
        return values


def _solved(entries: Ints, rows: int, columns: int, count: int) -> Ints:
    own: list[Row] = [{} for _ in range(rows)]
    for row, column, times in entries.T.tolist():
        own[row][column] = times
    return worlds(eliminate(own, columns), columns, count)


def _components(
    equation: Ints, unknown: Ints, times: Ints, equations: int, unknowns: int
) -> list[tuple[Ints, Ints, Ints]]:
    """The equations and the unknowns of each component, and its entries (3 x entries), numbered within it."""
    if not len(equation):
        return []
    # It takes longer to load than small waves take to be protected.
    from scipy.sparse import coo_array  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    size = equations + unknowns
    graph = coo_array((np.ones(len(equation), dtype=np.int8), (equation, equations + unknown)), shape=(size, size))
    label = connected_components(graph, directed=False)[1].astype(np.int64)
    rows, row_start = _in_order(label[:equations], _held(equation, equations), size)
    columns, column_start = _in_order(label[equations:], _held(unknown, unknowns), size)
    row_number, column_number = np.empty(equations, dtype=np.int64), np.empty(unknowns, dtype=np.int64)
    row_number[rows] = np.arange(len(rows)) - row_start[label[rows]]
    column_number[columns] = np.arange(len(columns)) - column_start[label[equations + columns]]
    of = label[equation]
    order = np.lexsort((unknown, equation, of))
    entries = np.stack([row_number[equation], column_number[unknown], times])[:, order]
    start = np.searchsorted(of[order], np.arange(size + 1))
    return [
        (
            rows[row_start[one] : row_start[one + 1]],
            columns[column_start[one] : column_start[one + 1]],
            entries[:, start[one] : start[one + 1]],
        )
        for one in np.unique(of).tolist()
    ]


def _held(number: Ints, size: int) -> Bools:
    """Which of `size` numbers there are."""
    there = np.zeros(size, dtype=np.bool_)
    there[number] = True
    return there


def _in_order(label: Ints, there: Bools, labels: int) -> tuple[Ints, Ints]:
    """Those that are there by their label, and where each label starts."""
    some = np.flatnonzero(there)
    some = some[np.argsort(label[some], kind="stable")]
    return some, np.searchsorted(label[some], np.arange(labels + 1))
