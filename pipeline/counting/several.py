"""People who answered about several units: each is one person wherever several of their answers come together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pipeline.counting.nested import NOWHERE

if TYPE_CHECKING:
    from pipeline.counting.arrays import Bools, Ints, Whole
    from pipeline.counting.nested import Nested


def repeats(tree: Nested, unit: Ints, person: Ints, cuts: Whole, given: Sequence[Bools]) -> Iterator[tuple[Ints, Ints]]:
    """For each measure: unit and cut where an answer meets another one of the same person for the first time.

    In the order of the tree, the answers of a person in a subtree stand side by side; each after the first one meets
    the one before it in the deepest unit that holds both. So a place has as many people as answers less the meetings
    inside it. `given` says of each measure which rows have a value.
    """
    order = np.lexsort((unit, person, cuts))
    order = order[cuts[order] != NOWHERE]
    for some in given:
        mine = order[some[order]]
        one, next_one = mine[:-1], mine[1:]
        again = (person[one] == person[next_one]) & (cuts[one] == cuts[next_one])
        one, next_one = one[again], next_one[again]
        yield tree.together(unit[one], unit[next_one]), cuts[one].astype(np.int64)
