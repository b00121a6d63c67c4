"""Random worlds of a large sparse system in floating point, by a sparse factorisation instead of exact elimination.

Python's own arithmetic modulo a prime is exact and slow; a million people need minutes of it. Here a random vector is
projected on the null space of the equations A: x <- x - A'(AA' + dI)^-1 A x, until every equation is 0 to rounding
(iterated Tikhonov regularisation; Bjorck 1996, ch. 3). The small d lets equations depend on each other.

What it may miss: in a computed world a determined combination whose multiplicities add up to M has a value of at most
M times the largest remainder of an equation. The remainders are held under REMAINDER, so with TOLERANCE nothing with
M up to a hundred thousand is missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import splu

from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from scipy.sparse.linalg import SuperLU


Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-7  # the value of a combination that counts as 0
REMAINDER = 1e-12
_ROUNDS = 50  # four are usual
_DAMPING = 1e-8


@dataclass(frozen=True)
class Sparse:
    """Equations x unknowns. What stays the same for all worlds is worked out once."""

    matrix: csr_array

    @cached_property
    def _solver(self) -> SuperLU:
        gram = self.matrix @ self.matrix.T
        size = np.maximum(gram.diagonal(), 1.0)
        return splu(
            (gram + diags_array(_DAMPING * size)).tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )

    def worlds(self, count: int) -> Floats:
        """`count` random vectors of the null space, unknowns x count. The same system gives the same vectors.

        Raises DisclosureLeak when they cannot be calculated exactly enough: an audit that is not finished is none.
        """
        worlds = np.random.default_rng(self.matrix.shape[1]).standard_normal((self.matrix.shape[1], count))
        for _ in range(_ROUNDS):
            rest = self.matrix @ worlds
            if np.abs(rest).max(initial=0.0) < REMAINDER:
                return worlds
            worlds = worlds - self.matrix.T @ self._solver.solve(rest)
        msg = "nothing is published: the audit could not be finished, its system of equations is too unstable"
        raise DisclosureLeak(msg)

    def taking_part(self, combination: Floats) -> Floats:
        """How much each equation takes part in putting a combination of unknowns together, by least squares."""
        parts = np.zeros(self.matrix.shape[0])
        rest = combination
        for _ in range(4):
            parts += self._solver.solve(self.matrix @ rest)
            rest = combination - self.matrix.T @ parts
        result: Floats = np.abs(parts)
        return result
