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
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import linprog

from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from pipeline.disclosure.audit.worlds import Floats

NEAR = 1e-6  # numbers that are this close are taken to be the same
_DAMPING, _ROUNDS = 1e-10, 2
_DENOMINATOR = 10_000  # multipliers of equations of zeros and ones are simple fractions


@dataclass(frozen=True)
class End:
    """Where a sum is as far as it can go, and how many times each equation is counted in the proof of it."""

    point: Floats
    times: tuple[Fraction, ...]


@dataclass(frozen=True)
class Bounded:
    """`matrix` x = `sums`, and `low` <= x <= `high`, which the actual sums of the groups fulfil."""

    matrix: csr_array  # equations x groups
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
        point = self._solved(even[:, None], width, self.sums[:, None])[:, 0]
        if self.room(point).min() > NEAR and np.abs(self.matrix @ point - self.sums).max() < NEAR:
            return point
        together = np.ones((len(width), 1))
        points = [self._with_room(together)]
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

    def _solved(self, points: Floats, weight: Floats, sums: Floats) -> Floats:
        """The nearest points (in columns) with these sums; where a group has no weight, its value stays.

        Equations may depend on each other, so what is solved is a little damped, and solved again for what is left
        (iterated Tikhonov regularisation; Bjorck 1996, ch. 3).
        """
        gram = ((self.matrix * weight) @ self.matrix.T).toarray()
        size = np.maximum(gram.diagonal(), np.finfo(np.float64).tiny)
        factor = cho_factor(gram + np.diag(_DAMPING * size))
        for _ in range(_ROUNDS):
            points = points + weight[:, None] * (self.matrix.T @ cho_solve(factor, sums - self.matrix @ points))
        return points

    def _with_room(self, shares: Floats) -> Floats:
        """A solution with the largest sum of rooms, each at most 1; `shares` says which groups must have which room."""
        groups, rooms = shares.shape
        unit = np.eye(groups)
        found = linprog(
            np.concatenate([np.zeros(groups), -np.ones(rooms)]),
            A_ub=np.block([[-unit, shares], [unit, shares]]),
            b_ub=np.concatenate([-self.low, self.high]),
            A_eq=np.hstack([self.matrix.toarray(), np.zeros((len(self.sums), rooms))]),
            b_eq=self.sums,
            bounds=[(None, None)] * groups + [(0.0, 1.0)] * rooms,
            method="highs",
        )
        point: Floats = np.clip(_finished(found.x)[:groups], self.low, self.high)
        return point

    def reach(self, wanted: csr_array) -> tuple[Floats, Floats]:
        """A small and a large value that each of the sums `wanted` (sums x groups) can have: never beyond its ends."""
        weight = self.room(self.centre) ** 2
        weight[weight < NEAR**2] = 0.0
        step = self._solved(weight[:, None] * wanted.T.toarray(), weight, np.zeros((len(self.sums), 1)))
        up, down = (self.high - self.centre)[:, None], (self.centre - self.low)[:, None]
        least = most = wanted @ self.centre
        for towards in (-step, step):
            far = np.full_like(step, np.inf)
            np.divide(up, towards, out=far, where=towards > 0)
            np.divide(-down, towards, out=far, where=towards < 0)
            length = far.min(axis=0, initial=np.inf)
            length[np.isinf(length)] = 0.0
            move = length * towards
            move[:, np.abs(self.matrix @ move).max(axis=0, initial=0.0) > NEAR] = 0.0
            sums = wanted @ (self.centre[:, None] + move)  # a step towards one sum moves the others too
            least, most = np.minimum(least, sums.min(axis=1)), np.maximum(most, sums.max(axis=1))
        return least, most

    def end(self, wanted: Floats, sign: int) -> End:
        """The largest value (`sign` 1) that this sum can have, or the smallest (-1).

        For any multipliers y, w x = y A x + (w - y A) x is at most y b plus the largest that (w - y A) x is within the
        ranges of the groups; the multipliers that the programme ends with make it the largest w x there is.
        """
        found = linprog(
            -sign * wanted,
            A_eq=self.matrix.toarray(),
            b_eq=self.sums,
            bounds=list(zip(self.low.tolist(), self.high.tolist(), strict=True)),
            method="highs",
        )
        point = _finished(found.x)
        times = [Fraction(-sign * one).limit_denominator(_DENOMINATOR) for one in found.eqlin.marginals.tolist()]
        return End(point, tuple(times))


def _finished(solution: Floats | None) -> Floats:
    """Raises DisclosureLeak: an audit that is not finished is none."""
    if solution is None:
        msg = (
            "nothing is published: the audit of ranges could not be finished, since the totals of the cells fit no "
            "answers from the lowest to the highest; aggregate again with the survey file they were given under"
        )
        raise DisclosureLeak(msg)
    return solution
