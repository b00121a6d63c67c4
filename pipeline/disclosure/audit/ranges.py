"""Sums near an end of what can be answered: who has no choice left in what they can have said.

A group of n answers has a sum of n * low to n * high. Together with the published figures that can leave one sum alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import lcm
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array

from pipeline.disclosure.audit.bounded import NEAR, Bounded
from pipeline.disclosure.audit.certificate import Certificate, Term
from pipeline.disclosure.audit.crowd import OUTSIDE
from pipeline.disclosure.audit.elimination import Row, combinations
from pipeline.disclosure.audit.guarded import guarded_groups
from pipeline.disclosure.audit.parts import split

if TYPE_CHECKING:
    from fractions import Fraction

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
    least, most = system.reach(wanted.sums)
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
class _Part:
    """Some groups, and the places whose residuals are equations over them alone."""

    groups: Ints
    places: tuple[int, ...]
    bounded: Bounded


@dataclass(frozen=True)
class _System:
    """The groups of a table with the ends of their sums, in parts that have no equation in common."""

    low: Floats
    high: Floats
    parts: tuple[_Part, ...]

    @classmethod
    def of(cls, table: Exposed, totals: Ints, low: int, high: int) -> _System:
        """The residuals as equations, as many of them as leave no part larger than LARGEST_PART."""
        signature, group = table.groups
        answers = np.bincount(group[table.position], minlength=len(signature)).astype(np.float64)
        residual = totals.astype(np.float64)
        nested = np.flatnonzero(table.shown & (table.published_above != OUTSIDE))
        np.subtract.at(residual, table.published_above[nested], totals[nested])
        places, rows = table.equations
        parts = []
        for groups, equations in split(rows, len(signature)):
            edges = np.cumsum([0, *(len(rows[equation]) for equation in equations)])
            inside = np.searchsorted(groups, [group for equation in equations for group in rows[equation]])
            shape = (len(equations), len(groups))
            matrix = csr_array((np.ones(len(inside)), inside, edges), shape=shape)
            mine = tuple(places[equation] for equation in equations)
            ends = answers[groups] * low, answers[groups] * high
            parts.append(_Part(groups, mine, Bounded(matrix, residual[list(mine)], *ends)))
        return cls(answers * low, answers * high, tuple(parts))

    @cached_property
    def centre(self) -> Floats:
        """A possible sum of every group, at an end of its range only where it must be."""
        point = (self.low + self.high) / 2
        for part in self.parts:
            point[part.groups] = part.bounded.centre
        return point

    def reach(self, sums: csr_array) -> tuple[Floats, Floats]:
        """A small and a large value that each sum of groups can have, without a linear programme for each."""
        least, most = sums @ self.low, sums @ self.high  # where nothing is published
        for part in self.parts:
            inside = sums[:, part.groups]
            touched = np.flatnonzero(np.diff(inside.indptr))
            small, large = part.bounded.reach(inside[touched])
            least[touched] += small - inside[touched] @ self.low[part.groups]
            most[touched] += large - inside[touched] @ self.high[part.groups]
        return least, most

    def end(self, groups: Ints, sign: int) -> tuple[Floats, dict[int, Fraction]]:
        """Where the sum of `groups` is largest (`sign` 1) or smallest (-1), and what proves that it is no further.

        A possible sum of every group, and how many times the residual of each place is counted in the proof.
        """
        point = self.centre.copy()
        point[groups] = (self.high if sign > 0 else self.low)[groups]
        proof: dict[int, Fraction] = {}
        for part in self.parts:
            mine = np.isin(part.groups, groups)
            if mine.any():
                end = part.bounded.end(mine.astype(np.float64), sign)
                point[part.groups] = end.point
                proof |= {place: times for place, times in zip(part.places, end.times, strict=True) if times}
        return point, proof
