"""Many numbers rounded and compared at once, and still exactly: doubles where they are sure, fractions where not.

A floating-point filter (Shewchuk 1997, Discrete Comput. Geom. 18): a double is off by far less than NEAR of the sizes
that went into it, so what lies farther than that from a bound is on the side where it seems. The few others are
reckoned again in fractions. So no machine, library or order can change a digit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

NEAR = 1e-9  # what lies as near as this to a bound, as a part of its size, is held against it in fractions

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Doubles = npt.NDArray[np.float64]


def quotients(numerator: Ints, denominator: Ints) -> Ints:
    """Nearest whole numbers of quotients, half to even; where the denominator is 0, 0. In integers throughout."""
    below = np.maximum(denominator, 1)
    whole, rest = np.divmod(numerator, below)
    up = (2 * rest > below) | ((2 * rest == below) & (whole % 2 == 1))
    found: Ints = np.where(denominator > 0, whole + up, 0)
    return found


def rounded(doubles: Doubles, exact: Callable[[int], int]) -> Ints:
    """Nearest whole numbers; `exact` rounds those that a double cannot, because they are nearly halfway."""
    found = np.rint(doubles).astype(np.int64)
    halfway = np.abs(doubles - np.floor(doubles) - 0.5)
    for at in np.flatnonzero(halfway <= NEAR * np.maximum(np.abs(doubles), 1)).tolist():
        found[at] = exact(at)
    return found


def at_most(left: Doubles, right: Doubles, size: Doubles, exact: Callable[[int], bool]) -> Bools:
    """Where left <= right; `size` is the size of what went into them, `exact` decides where a double cannot."""
    found: Bools = left <= right
    for at in np.flatnonzero(np.abs(left - right) <= NEAR * size).tolist():
        found[at] = exact(at)
    return found
