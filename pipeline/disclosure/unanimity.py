"""Primary rule: no mean that says what each person answered, because all (or all but one) answered the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Bools, Ints

# With one exception, whoever answered differently knows what every colleague answered.
EXCEPTIONS = 2


def of_one_mind(answered: Ints, modal: Ints) -> Bools:
    """Everybody, or everybody but one, gave the most frequent answer."""
    return (answered > 0) & (answered - modal < EXCEPTIONS)


def could_be_of_one_mind(answered: Ints, total: Ints, squares: Ints) -> Bools:
    """The count, sum and sum of squares fit a group in which all, or all but one, answered the same.

    For sets of people that are no cell, where nobody counted the most frequent answer. With n answers x,
    n * sum(x^2) - sum(x)^2 is the sum of (x_i - x_j)^2 over pairs; if n - 1 of them equal v and one is v + d, that is
    (n - 1) * d^2, and sum(x) = n * v + d. Everybody alike is d = 0. True as well for the rare other group
    with the same three figures, which errs on the safe side.
    """
    spread = answered * squares - total * total
    others = np.maximum(answered - 1, 1)
    step = np.rint(np.sqrt(np.maximum(spread, 0) / others)).astype(np.int64)
    people = np.maximum(answered, 1)
    fits = (spread == others * step * step) & (((total - step) % people == 0) | ((total + step) % people == 0))
    alike: Bools = (answered > 0) & (fits | (answered <= EXCEPTIONS))
    return alike
