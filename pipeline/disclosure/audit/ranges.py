"""Sums near an end of what can be answered: who has no choice left in what they can have said.

A group of n answers has a sum of n * low to n * high. Together with the published figures that can leave one sum alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.bounded import NEAR, Bounded
from pipeline.disclosure.audit.certificate import Certificate, Term
from pipeline.disclosure.audit.crowd import OUTSIDE
from pipeline.disclosure.audit.elimination import Row, combinations
from pipeline.disclosure.audit.guarded import guarded_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.audit.worlds import Floats
    from pipeline.disclosure.cells import Bools, Ints

# Groups that are reckoned with together: a step towards each of them takes milliseconds.
LARGEST_PART = 400


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
    wanted = list(_wanted(table, table.people(table.groups[1], len(table.groups[0]))))
    least, most = system.reach(wanted)
    found = []
    for number in np.flatnonzero(~system.open(wanted, least, most)).tolist():
        one = wanted[number]
        (lowest, at_least), (highest, at_most) = (system.end(one, sign) for sign in (-1, 1))
        if not system.open([one], np.array([lowest]), np.array([highest]))[0]:
            found.append(Pinned(one.groups, one.people, round((lowest + highest) / 2), at_least, at_most))
    return found


@dataclass(frozen=True)
class _Wanted:
    """Groups whose people may not be known to have all the same answer; nor their sum be known, if it `counts`."""

    groups: tuple[int, ...]
    people: int
    counts: bool


def _wanted(table: Exposed, people: Ints) -> Iterator[_Wanted]:
    """Every group, and every guarded place that is made of whole groups."""
    for group, size in enumerate(people.tolist()):
        yield _Wanted((group,), size, size < table.minimum)
    _, group_of = table.groups
    anything = np.ones((len(people), 1), dtype=np.int64)
    for groups in guarded_groups(table, anything, lambda sums: np.ones(len(sums), dtype=np.bool_)):
        if len(groups) > 1 or people[groups[0]] >= table.minimum:
            together = int(table.people(np.where(np.isin(group_of, groups), 0, OUTSIDE), 1)[0])
            yield _Wanted(tuple(groups), together, counts=True)


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
    part: Ints  # group -> index among `parts`, or OUTSIDE where nothing is published about it
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
        part = np.full(len(signature), OUTSIDE, dtype=np.int64)
        parts = []
        for groups, equations in _split(rows, len(signature)):
            part[groups] = len(parts)
            matrix = np.zeros((len(equations), len(groups)))
            for number, equation in enumerate(equations):
                matrix[number, np.searchsorted(groups, list(rows[equation]))] = 1.0
            mine = tuple(places[equation] for equation in equations)
            ends = answers[groups] * low, answers[groups] * high
            parts.append(_Part(groups, mine, Bounded(matrix, residual[list(mine)], *ends)))
        return cls(answers * low, answers * high, part, tuple(parts))

    def ends(self, wanted: _Wanted) -> tuple[float, float]:
        """The lowest and the highest sum of these people if nothing were published."""
        return float(self.low[list(wanted.groups)].sum()), float(self.high[list(wanted.groups)].sum())

    def reach(self, wanted: list[_Wanted]) -> tuple[Floats, Floats]:
        """A small and a large value that each sum can have, without a linear programme for each."""
        least, most = np.zeros(len(wanted)), np.zeros(len(wanted))
        inside: list[list[tuple[int, int]]] = [[] for _ in self.parts]
        for number, one in enumerate(wanted):
            for group in one.groups:
                if self.part[group] == OUTSIDE:
                    least[number] += self.low[group]
                    most[number] += self.high[group]
                else:
                    inside[self.part[group]].append((number, group))
        for part, pairs in zip(self.parts, inside, strict=True):
            number, group = np.array(pairs, dtype=np.int64).T
            numbers, row = np.unique(number, return_inverse=True)
            sums = np.zeros((len(numbers), len(part.groups)))
            sums[row, np.searchsorted(part.groups, group)] = 1.0
            small, large = part.bounded.reach(sums)
            least[numbers] += small
            most[numbers] += large
        return least, most

    def end(self, wanted: _Wanted, sign: int) -> tuple[float, dict[int, Fraction]]:
        """The largest sum (`sign` 1) or the smallest (-1), and how often each place is counted in the proof of it."""
        groups = np.array(wanted.groups, dtype=np.int64)
        free = groups[self.part[groups] == OUTSIDE]
        value = float((self.high if sign > 0 else self.low)[free].sum())
        proof: dict[int, Fraction] = {}
        for number in np.unique(self.part[groups[self.part[groups] != OUTSIDE]]):
            part = self.parts[number]
            end = part.bounded.end(np.isin(part.groups, groups).astype(np.float64), sign)
            value += end.value
            proof |= {place: times for place, times in zip(part.places, end.times, strict=True) if times}
        return value, proof

    def open(self, wanted: list[_Wanted], least: Floats, most: Floats) -> Bools:
        """Which sums have two whole values left, or, where they may be known, are not at an end of what there is."""
        low, high = np.array([self.ends(one) for one in wanted]).reshape(len(wanted), 2).T
        several = np.floor(most + NEAR) - np.ceil(least - NEAR) >= 1
        inside = (most >= low + 1 - NEAR) & (least <= high - 1 + NEAR)
        counts = np.array([one.counts for one in wanted], dtype=np.bool_)
        return np.where(counts, several, inside)


def _split(rows: list[Row], groups: int) -> Iterator[tuple[Ints, list[int]]]:
    """The groups in parts that no equation crosses, and the equations of each.

    The shortest equations first; one that would join more than LARGEST_PART groups is left out, as it says little
    about each of so many. Without it more seems open than is, never less.
    """
    leader = list(range(groups))
    size = [1] * groups

    def leads(group: int) -> int:
        while leader[group] != group:
            leader[group] = leader[leader[group]]
            group = leader[group]
        return group

    kept = []
    for number in sorted(range(len(rows)), key=lambda number: (len(rows[number]), number)):
        first, *others = sorted({leads(group) for group in rows[number]})
        together = sum(size[one] for one in (first, *others))
        if together <= LARGEST_PART:
            size[first] = together
            for other in others:
                leader[other] = first
            kept.append(number)
    equations: dict[int, list[int]] = {}
    for number in sorted(kept):
        equations.setdefault(leads(next(iter(rows[number]))), []).append(number)
    led = np.array([leads(group) for group in range(groups)], dtype=np.int64)
    for one, mine in sorted(equations.items()):
        yield np.flatnonzero(led == one), mine
