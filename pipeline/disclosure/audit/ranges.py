"""Sums near an end of what can be answered: who has no choice left in what they can have said.

A group of n answers has a sum of n * low to n * high. Together with the published figures that can leave one sum alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lcm
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from pipeline.disclosure.audit.bounded import Bounded
from pipeline.disclosure.audit.certificate import Certificate, Term
from pipeline.disclosure.audit.crowd import OUTSIDE
from pipeline.disclosure.audit.elimination import Row, combinations
from pipeline.disclosure.audit.guarded import guarded_groups
from pipeline.disclosure.audit.parts import split
from pipeline.disclosure.audit.programmes import NEAR

if TYPE_CHECKING:
    from fractions import Fraction

    from pipeline.disclosure.audit.bounded import Enough
    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.audit.worlds import Floats
    from pipeline.disclosure.cells import Bools, Ints


@dataclass(frozen=True)
class Pinned:
    """Groups whose sum is known. The rows say how many times each published residual is counted in the proofs."""

    groups: tuple[int, ...]
    people: int
    value: int
    at_least: dict[int, Fraction]
    at_most: dict[int, Fraction]


def pinned(table: Exposed, totals: Ints, low: int, high: int) -> list[Certificate]:
    """Certificates for everything whose sum is known because each answer is a whole number from `low` to `high`.

    `totals` are the sums of the places, whether published or not. Raises DisclosureLeak when they fit no answers.
    """
    found = pinned_groups(table, totals, low, high)
    if not found:
        return []
    places, rows = table.equations
    wanted: list[Row] = [dict.fromkeys(one.groups, 1) for one in found]
    relations = combinations(rows, len(table.groups[0]), wanted).relations
    follow = {
        (term.measure, term.place)
        for relation in relations
        for term in table.terms({places[row]: times for row, times in relation.items()})
    }
    certificates = []
    for one in found:
        terms = _terms(table, one)
        mine = frozenset(follow & {(term.measure, term.place) for term in terms})
        certificates.append(Certificate(table.layer, "range", one.people, terms, mine))
    return certificates


def _terms(table: Exposed, one: Pinned) -> tuple[Term, ...]:
    """The cells of both proofs; one that stands in both, as many times as in that of the upper end."""
    terms: dict[tuple[int, int], Term] = {}
    for proof in (one.at_least, one.at_most):
        whole = lcm(*(times.denominator for times in proof.values()))
        row = {place: int(times * whole) for place, times in proof.items()}
        terms |= {(term.measure, term.place): term for term in table.terms(row)}
    return tuple(terms[key] for key in sorted(terms))


def pinned_groups(table: Exposed, totals: Ints, low: int, high: int) -> list[Pinned]:
    """Every small group and every guarded place of which one whole sum alone is left.

    A group of any size is found when all its people must have given the lowest answer, or all the highest.
    """
    system = _System.of(table, totals, low, high)
    wanted = _Wanted.of(table)
    ends = wanted.sums @ system.low, wanted.sums @ system.high
    least, most = system.reach(wanted.sums, lambda least, most: wanted.open(least, most, *ends))
    found = []
    for number in np.flatnonzero(~wanted.open(least, most, *ends)).tolist():
        if wanted.open(least, most, *ends)[number]:
            continue  # a solution for another sum showed it
        groups = wanted.sums[[number]].indices.astype(np.int64)
        known = []
        for sign in (-1, 1):
            point, proof = system.end(groups, sign)
            sums = wanted.sums @ point
            least, most = np.minimum(least, sums), np.maximum(most, sums)
            known.append((float(sums[number]), proof))
        (lowest, at_least), (highest, at_most) = known
        if not wanted.open(least, most, *ends)[number]:
            value = round((lowest + highest) / 2)
            found.append(Pinned(tuple(groups.tolist()), _people(table, groups), value, at_least, at_most))
    return found


def _people(table: Exposed, groups: Ints) -> int:
    """Different people in these groups; where they are enough, no more than that they are."""
    _, group = table.groups
    return int(table.people(np.where(np.isin(group, groups), 0, OUTSIDE), 1)[0])


@dataclass(frozen=True)
class _Wanted:
    """Sums of groups that not all may be at an end of their ranges in, and that may not be known if they `count`."""

    sums: csr_array  # sums x groups
    count: Bools

    @classmethod
    def of(cls, table: Exposed) -> _Wanted:
        """Every group, those of fewer people than the minimum count; and every guarded place made of whole groups."""
        size = len(table.groups[0])
        small = table.people(table.groups[1], size) < table.minimum
        anything = np.ones((size, 1), dtype=np.int64)
        places = guarded_groups(table, anything, lambda sums: np.ones(len(sums), dtype=np.bool_))
        guarded = [groups for groups in places if len(groups) > 1 or not small[groups[0]]]
        one = np.repeat(np.arange(size + len(guarded)), [1] * size + [len(groups) for groups in guarded])
        group = np.array([*range(size), *(group for groups in guarded for group in groups)], dtype=np.int64)
        sums = csr_array((np.ones(len(one)), (one, group)), shape=(size + len(guarded), size))
        return cls(sums, np.concatenate([small, np.ones(len(guarded), dtype=np.bool_)]))

    def open(self, least: Floats, most: Floats, low: Floats, high: Floats) -> Bools:
        """Which sums have two whole values in `least`..`most`; or, if they do not count, are off `low` and `high`."""
        several = np.floor(most + NEAR) - np.ceil(least - NEAR) >= 1
        inside = (most >= low + 1 - NEAR) & (least <= high - 1 + NEAR)
        return np.where(self.count, several, inside)


@dataclass(frozen=True)
class _System:
    """The groups of a table with the ends of their sums, in blocks that have no equation in common."""

    order: Ints  # of the groups, block by block
    places: Ints  # whose residuals are the equations
    bounded: Bounded

    @classmethod
    def of(cls, table: Exposed, totals: Ints, low: int, high: int) -> _System:
        """The residuals as equations, as many of them as leave no block larger than LARGEST_PART."""
        signature, group = table.groups
        answers = np.bincount(group[table.position], minlength=len(signature)).astype(np.float64)
        residual = totals.astype(np.float64)
        nested = np.flatnonzero(table.shown & (table.published_above != OUTSIDE))
        np.subtract.at(residual, table.published_above[nested], totals[nested])
        places, rows = table.equations
        block = np.full(len(signature), OUTSIDE, dtype=np.int64)
        kept: list[int] = []
        line: list[int] = []
        for number, (groups, equations) in enumerate(split(rows, len(signature))):
            block[groups] = number
            kept += equations
            line += [number] * len(equations)
        alone = np.flatnonzero(block == OUTSIDE)  # of whom nothing is published
        block[alone] = int(block.max(initial=OUTSIDE)) + 1 + np.arange(len(alone))
        order = np.argsort(block, kind="stable")
        stands = np.empty_like(order)
        stands[order] = np.arange(len(order))
        edges = np.cumsum([0, *(len(rows[equation]) for equation in kept)])
        inside = stands[[group for equation in kept for group in rows[equation]]]
        matrix = csr_array((np.ones(len(inside)), inside, edges), shape=(len(kept), len(signature)))
        mine = np.array([places[equation] for equation in kept], dtype=np.int64)
        ends = answers[order] * low, answers[order] * high
        return cls(order, mine, Bounded(matrix, residual[mine], *ends, block[order], np.array(line, dtype=np.int64)))

    @property
    def low(self) -> Floats:
        """The smallest sum of each group."""
        return self._by_group(self.bounded.low)

    @property
    def high(self) -> Floats:
        """The largest."""
        return self._by_group(self.bounded.high)

    def _by_group(self, values: Floats) -> Floats:
        result = np.empty_like(values)
        result[self.order] = values
        return result

    def reach(self, sums: csr_array, enough: Enough) -> tuple[Floats, Floats]:
        """A small and a large value that each sum of groups can have, without a linear programme for each."""
        return self.bounded.reach(sums[:, self.order], enough)

    def end(self, groups: Ints, sign: int) -> tuple[Floats, dict[int, Fraction]]:
        """Where the sum of `groups` is largest (`sign` 1) or smallest (-1), and what proves that it is no further.

        A possible sum of every group, and how many times the residual of each place is counted in the proof.
        """
        system = self.bounded
        point = system.centre.copy()
        mine = np.isin(self.order, groups)
        proof: dict[int, Fraction] = {}
        for block in np.unique(system.block[mine]).tolist():
            inside, programme = system.programme(block)
            end = programme.end(mine[inside].astype(np.float64), sign)
            point[inside] = end.point
            places = self.places[system.line == block].tolist()
            proof |= {place: times for place, times in zip(places, end.times, strict=True) if times}
        return self._by_group(point), proof
