"""Random worlds of a large sparse system in floating point, block by block, instead of exact elimination.

Python's own arithmetic modulo a prime is exact and slow; a million people need minutes of it. Here a random vector is
projected on the null space of the equations A: x <- x - A'(AA' + dI)^-1 A x, until every equation is 0 to rounding
(iterated Tikhonov regularisation; Bjorck 1996, ch. 3). The small d lets equations depend on each other.

What it may miss: in a computed world a determined combination whose multiplicities add up to M has a value of at most
M times the largest remainder of an equation. The remainders are held under REMAINDER, so with TOLERANCE nothing with
M up to a hundred thousand is missed.

Unknowns that no equation connects are in blocks of their own. A projection does not mix them, so it is made for one
block after the other. Were the blocks wrong, an equation would be 0 in each of its parts: more would seem determined
than is, and never less. The remainders are looked at in the whole system afterwards, whatever came of the blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.disclosure.audit.crowd import OUTSIDE
from pipeline.disclosure.audit.small_sets import components
from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from pipeline.disclosure.audit.crowd import Places
    from pipeline.disclosure.cells import Bools, Ints

Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-7  # the value of a combination that counts as 0
REMAINDER = 1e-12
_ROUNDS = 50  # four are usual
_DAMPING = 1e-8
# Unconnected unknowns that are reckoned with together: each block costs some calls, and all at once cost memory.
_AT_LEAST = 5_000


@dataclass(frozen=True)
class System:
    """`held` are the equations that each unknown is in, with the coefficient 1: unknowns x the most, OUTSIDE beyond.

    No unknown is in an equation twice.
    """

    held: Places
    equations: int

    def worlds(self, count: int) -> Floats:
        """`count` random vectors of the null space, unknowns x count. The same system gives the same vectors.

        Raises DisclosureLeak when they cannot be calculated exactly enough: an audit that is not finished is none.
        """
        worlds = np.random.default_rng(len(self.held)).standard_normal((len(self.held), count))
        for unknowns in self._blocks():
            _, block = self._block(unknowns)
            worlds[unknowns] = block.projected(worlds[unknowns])
        if np.abs(self.sums(worlds)).max(initial=0.0) >= REMAINDER:
            msg = "nothing is published: the audit could not be finished, its system of equations is too unstable"
            raise DisclosureLeak(msg)
        return worlds

    def sums(self, values: Floats) -> Floats:
        """What each equation adds up to, equations x columns of `values`."""
        result = np.zeros((self.equations + 1, values.shape[1]))  # the last one takes what is in none
        for equation in self.held.T:
            number = np.where(equation == OUTSIDE, self.equations, equation)
            for column, value in enumerate(values.T):
                result[:, column] += np.bincount(number, value, self.equations + 1)
        return result[:-1]

    def spread(self, times: Floats) -> Floats:
        """The sum of the multipliers of the equations that each unknown is in, unknowns x columns of `times`."""
        padded = np.concatenate([times, np.zeros((1, times.shape[1]))])  # OUTSIDE is the last
        result: Floats = sum((padded[equation] for equation in self.held.T), np.zeros((len(self.held), times.shape[1])))
        return result

    def projected(self, worlds: Floats) -> Floats:
        """These vectors on the null space, as near as _ROUNDS bring them."""
        solve = self._factorised()
        for _ in range(_ROUNDS):
            rest = self.sums(worlds)
            if np.abs(rest).max(initial=0.0) < REMAINDER / 2:
                break
            worlds = worlds - self.spread(solve(rest))
        return worlds

    def taking_part(self, combination: Floats) -> Floats:
        """How much each equation takes part in putting a combination of unknowns together, by least squares."""
        parts = np.zeros(self.equations)
        for unknowns in self._blocks():
            if combination[unknowns].any():
                equations, block = self._block(unknowns)
                parts[equations] = np.abs(block.multipliers(combination[unknowns, None]))[:, 0]
        return parts

    def multipliers(self, combination: Floats) -> Floats:
        """How often each equation is taken to come nearest to a combination, a column of unknowns."""
        solve = self._factorised()
        parts = np.zeros((self.equations, 1))
        rest = combination
        for _ in range(4):
            parts += solve(self.sums(rest))
            rest = combination - self.spread(parts)
        return parts

    def entries(self, chosen: Bools) -> tuple[Ints, Ints]:
        """Equation and unknown of everything that stands in the chosen equations, in this order."""
        unknown, column = np.nonzero(np.append(chosen, False)[self.held])  # OUTSIDE is the last
        equation = self.held[unknown, column].astype(np.int64)
        order = np.argsort(equation, kind="stable")
        return equation[order], unknown[order]

    def _blocks(self) -> Iterator[Ints]:
        """The unknowns of each block, all that are connected and sometimes others; not those in no equation."""
        label = components(self.held)
        inside = np.flatnonzero((self.held != OUTSIDE).any(axis=1))
        order = inside[np.argsort(label[inside], kind="stable")]
        first = np.flatnonzero(np.diff(label[order], prepend=OUTSIDE))
        first = first[np.diff(first // _AT_LEAST, prepend=OUTSIDE) > 0]
        yield from np.split(order, first[1:]) if len(order) else ()

    def _block(self, unknowns: Ints) -> tuple[Ints, System]:
        """The equations that some unknowns are in, and these as a system of their own."""
        held = self.held[unknowns]
        used = np.zeros(self.equations + 1, dtype=np.bool_)
        used[held] = True
        used[OUTSIDE] = False
        equations = np.flatnonzero(used)
        number = np.full(self.equations + 1, OUTSIDE, dtype=np.int32)
        number[equations] = np.arange(len(equations))
        return equations, System(number[held], len(equations))

    def _factorised(self) -> Callable[[Floats], Floats]:
        """Solves (AA' + dI) y = b, by a sparse factorisation."""
        # It takes longer to load than most waves take to be protected.
        from scipy.sparse import csr_array, diags_array  # noqa: PLC0415
        from scipy.sparse.linalg import splu  # noqa: PLC0415

        unknown, column = np.nonzero(self.held != OUTSIDE)
        equation = self.held[unknown, column]
        matrix = csr_array((np.ones(len(unknown)), (equation, unknown)), shape=(self.equations, len(self.held)))
        gram = matrix @ matrix.T
        factors = splu(
            (gram + diags_array(_DAMPING * np.maximum(gram.diagonal(), 1.0))).tocsc(),
            permc_spec="MMD_AT_PLUS_A",
            diag_pivot_thresh=0.0,
            options={"SymmetricMode": True},
        )
        return factors.solve
