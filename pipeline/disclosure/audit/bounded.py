"""Sums of groups whose answers have a lowest and a highest value: what the published figures leave open.

How far a sum can go is a linear programme. Most need none: from a point where no group is at an end of its range, a
step towards the sum that keeps every equation (one of affine scaling; Dikin 1967) shows two values that it can have.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from pipeline.disclosure.audit.worlds import Floats

NEAR = 1e-6  # numbers that are this close are taken to be the same
_DENOMINATOR = 10_000  # multipliers of equations of zeros and ones are simple fractions


@dataclass(frozen=True)
class End:
    """How far a sum can go, and how many times each equation is counted in the proof of it."""

    value: float
    times: tuple[Fraction, ...]


@dataclass(frozen=True)
class Bounded:
    """`matrix` x = `sums`, and `low` <= x <= `high`, which the actual sums of the groups fulfil."""

    matrix: Floats
    sums: Floats
    low: Floats
    high: Floats

    def room(self, point: Floats) -> Floats:
        """How far each group is from the nearer end of its range."""
        return np.minimum(point - self.low, self.high - point)

    @cached_property
    def centre(self) -> Floats:
        """A solution in which only those groups are at an end of their range that are so in every solution."""
        even = self.low + (self.high - self.low) * self._evenly
        width = self.high - self.low
        point = even + width * (self.matrix.T @ (_inverse(self.matrix, width) @ (self.sums - self.matrix @ even)))
        if self.room(point).min() > NEAR and np.abs(self.matrix @ point - self.sums).max() < NEAR:
            return point
        together = np.zeros((len(width), 1), dtype=np.int64)
        points = [self._with_room(np.ones_like(together))]
        stuck = self.room(points[0]) < NEAR
        while stuck.any():  # each round frees at least one group, or is the last
            each = np.flatnonzero(stuck)
            apart = np.zeros((len(width), len(each)))
            apart[each, np.arange(len(each))] = 1
            points.append(self._with_room(apart))
            still = stuck & (self.room(points[-1]) < NEAR)
            if (still == stuck).all():
                break
            stuck = still
        middle: Floats = np.mean(points, axis=0)
        return middle

    @cached_property
    def _evenly(self) -> float:
        """Where in its range everybody would be if all were at the same place of theirs."""
        width = (self.matrix @ (self.high - self.low)).sum()
        return float((self.sums - self.matrix @ self.low).sum() / width)

    def _with_room(self, shares: Floats) -> Floats:
        """A solution with the largest sum of rooms, each at most 1; `shares` says which groups must have which room."""
        groups, rooms = shares.shape
        unit, shared = eye_array(groups), csr_array(shares)
        found = linprog(
            np.concatenate([np.zeros(groups), -np.ones(rooms)]),
            A_ub=vstack([hstack([-unit, shared]), hstack([unit, shared])]).tocsr(),
            b_ub=np.concatenate([-self.low, self.high]),
            A_eq=hstack([csr_array(self.matrix), csr_array((len(self.sums), rooms))]).tocsr(),
            b_eq=self.sums,
            bounds=[*((None, None) for _ in range(groups)), *((0, 1) for _ in range(rooms))],
            method="highs",
        )
        point: Floats = np.clip(_finished(found.x)[:groups], self.low, self.high)
        return point

    def reach(self, wanted: Floats) -> tuple[Floats, Floats]:
        """A small and a large value that each of the sums `wanted` (sums x groups) can have: never beyond its ends."""
        weight = self.room(self.centre) ** 2
        weight[weight < NEAR**2] = 0.0
        aim = weight[:, None] * wanted.T
        step = aim - weight[:, None] * (self.matrix.T @ (_inverse(self.matrix, weight) @ (self.matrix @ aim)))
        step[np.abs(step) < NEAR * np.abs(aim).max(initial=0.0)] = 0.0
        up, down = (self.high - self.centre)[:, None], (self.centre - self.low)[:, None]
        ends = []
        for towards in (-step, step):
            far = np.full_like(step, np.inf)
            np.divide(up, towards, out=far, where=towards > 0)
            np.divide(-down, towards, out=far, where=towards < 0)
            length = far.min(axis=0, initial=np.inf)
            length[np.isinf(length) | (np.abs(self.matrix @ (length * towards)).max(axis=0, initial=0.0) > NEAR)] = 0.0
            ends.append(wanted @ (self.centre[:, None] + length * towards))
        least, most = (end.diagonal() for end in ends)
        return np.minimum(least, most), np.maximum(least, most)

    def end(self, wanted: Floats, sign: int) -> End:
        """The largest value (`sign` 1) that this sum can have, or the smallest (-1).

        For any multipliers y, w x = y A x + (w - y A) x is at most y b plus the largest that (w - y A) x is within the
        ranges of the groups; the multipliers that the programme ends with make it the largest w x there is.
        """
        found = linprog(
            -sign * wanted,
            A_eq=self.matrix,
            b_eq=self.sums,
            bounds=np.column_stack([self.low, self.high]),
            method="highs",
        )
        value = float(wanted @ _finished(found.x))
        times = [Fraction(-sign * one).limit_denominator(_DENOMINATOR) for one in found.eqlin.marginals.tolist()]
        return End(value, tuple(times))


def _inverse(matrix: Floats, weight: Floats) -> Floats:
    """The pseudo-inverse of A W A', since equations may depend on each other."""
    gram = (matrix * weight) @ matrix.T
    size = np.sqrt(gram.diagonal())
    size = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)
    values, vectors = np.linalg.eigh(size[:, None] * gram * size)
    kept = values > NEAR**2 * values.max(initial=0.0)
    inverse: Floats = size[:, None] * ((vectors[:, kept] / values[kept]) @ vectors[:, kept].T) * size
    return inverse


def _finished(solution: Floats | None) -> Floats:
    """Raises DisclosureLeak: an audit that is not finished is none."""
    if solution is None:
        msg = (
            "nothing is published: the audit of ranges could not be finished, because the totals of the cells fit no "
            "answers between the lowest and the highest; aggregate again with the survey file that they were given under"
        )
        raise DisclosureLeak(msg)
    return solution
