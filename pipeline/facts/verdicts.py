"""What many differences say, all judged together: each against what matters, its error, and the number of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline import discoveries, exactly
from pipeline.statistics import Z_SQUARED, verdict

if TYPE_CHECKING:
    from pipeline.exactly import Bools, Doubles, Ints

# Below this part of what it was subtracted from, an error in doubles has lost too many digits.
_LOST = 1e-5
UP, DOWN, SAME, UNSURE = range(4)
CHANGES = ("up", "down", "same", "unsure")
DIFFERENCES = ("above", "below", "same", "unsure")


@dataclass(frozen=True)
class Differences:
    """Differences in last decimals with their squared errors, and the smallest that matters, each as a fraction too.

    `size` is the size of the squared error's terms, of which it may be a small rest.
    """

    found: Ints
    matters: tuple[Fraction, ...]  # by measure
    measure: Ints
    error: Doubles
    size: Doubles
    exact: Callable[[int], Fraction]

    def codes(self) -> Ints:
        """UP, DOWN, SAME or UNSURE for each: as `statistics.verdict`, with the false discovery rate over all."""
        beyond, told = self._discoveries()
        told &= np.abs(self.found) * self._matters[1] >= self._matters[0]
        codes: Ints = np.where(told, np.where(self.found > 0, UP, DOWN), np.where(self._same(beyond), SAME, UNSURE))
        return codes

    def alone(self, row: int, beyond: Fraction | None) -> str:
        """What `statistics.verdict` says of one: the definition that `codes` keeps to."""
        matters = self.matters[int(self.measure[row])]
        return verdict(Fraction(int(self.found[row])), self.exact(row), matters, beyond)

    @cached_property
    def _error(self) -> Doubles:
        """The squared errors, those that are a small rest reckoned in fractions."""
        error = self.error.copy()
        for row in np.flatnonzero((self.size > 0) & (error < _LOST * self.size)).tolist():
            error[row] = float(self.exact(row))
        return error

    @cached_property
    def _matters(self) -> tuple[Ints, Ints]:
        up = np.array([one.numerator for one in self.matters], dtype=np.int64)[self.measure]
        return up, np.array([one.denominator for one in self.matters], dtype=np.int64)[self.measure]

    def _discoveries(self) -> tuple[Fraction | None, Bools]:
        """The bound that difference^2 / error^2 has to exceed, and which do; what is certain is no test."""
        told: Bools = (self._error == 0) & (self.found != 0)
        at = np.flatnonzero(self._error > 0)
        squared = self.found[at].astype(np.float64) ** 2 / self._error[at]

        def exact(number: int) -> Fraction:
            return Fraction(int(self.found[at[number]]) ** 2) / self.exact(int(at[number]))

        beyond = discoveries.point(squared, exact)
        if beyond is not None:
            told[at] = discoveries.exceeds(squared, beyond, exact)
        return beyond, told

    def _same(self, beyond: Fraction | None) -> Bools:
        """Whether the whole 95 % interval lies within what matters."""
        up, down = self._matters
        room = up / down - np.abs(self.found)
        half_squared = float(Z_SQUARED) * self._error
        within = exactly.at_most(
            half_squared, room * room, half_squared + room * room, lambda row: self.alone(row, beyond) == CHANGES[SAME]
        )
        return within & (np.abs(self.found) * down <= up)
