"""Linear programmes over the sums of groups, each with its range: how far they can go, and what proves it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from pipeline.disclosure.audit.worlds import Floats

NEAR = 1e-6  # numbers that are this close are taken to be the same
_DENOMINATOR = 10_000  # multipliers of equations of zeros and ones are simple fractions


@dataclass(frozen=True)
class End:
    """Where a sum is as far as it can go, and how many times each equation is counted in the proof of it."""

    point: Floats
    times: tuple[Fraction, ...]


@dataclass(frozen=True)
class Programme:
    """`matrix` x = `sums`, and `low` <= x <= `high`."""

    matrix: Floats  # equations x groups
    sums: Floats
    low: Floats
    high: Floats

    def centre(self) -> Floats:
        """A solution in which only those groups are at an end of their range that are so in every solution."""
        groups = len(self.low)
        points = [self._with_room(np.ones((groups, 1)))]
        stuck = self._room(points[0]) < NEAR
        while stuck.any():  # each round frees at least one group, or is the last
            each = np.flatnonzero(stuck)
            apart = np.zeros((groups, len(each)))
            apart[each, np.arange(len(each))] = 1
            points.append(self._with_room(apart))
            still = stuck & (self._room(points[-1]) < NEAR)
            if (still == stuck).all():
                break
            stuck = still
        middle: Floats = np.mean(points, axis=0)
        return middle

    def _room(self, point: Floats) -> Floats:
        return np.minimum(point - self.low, self.high - point)

    def _with_room(self, shares: Floats) -> Floats:
        """A solution with the largest sum of rooms, each at most 1; `shares` says which groups must have which room."""
        # It takes longer to load than most waves take to be protected.
        from scipy.optimize import linprog  # noqa: PLC0415

        groups, rooms = shares.shape
        unit = np.eye(groups)
        found = linprog(
            np.concatenate([np.zeros(groups), -np.ones(rooms)]),
            A_ub=np.block([[-unit, shares], [unit, shares]]),
            b_ub=np.concatenate([-self.low, self.high]),
            A_eq=np.hstack([self.matrix, np.zeros((len(self.sums), rooms))]),
            b_eq=self.sums,
            bounds=[(None, None)] * groups + [(0.0, 1.0)] * rooms,
            method="highs",
        )
        point: Floats = np.clip(_finished(found.x)[:groups], self.low, self.high)
        return point

    def end(self, wanted: Floats, sign: int) -> End:
        """The largest value (`sign` 1) that this sum can have, or the smallest (-1).

        For any multipliers y, w x = y A x + (w - y A) x is at most y b plus the largest that (w - y A) x is within the
        ranges of the groups; the multipliers that the programme ends with make it the largest w x there is.
        """
        from scipy.optimize import linprog  # noqa: PLC0415 - as above

        found = linprog(
            -sign * wanted,
            A_eq=self.matrix,
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
