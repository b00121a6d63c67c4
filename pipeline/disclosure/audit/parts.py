"""The groups of a system in parts of bounded size that no equation crosses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.disclosure.audit.elimination import Row
    from pipeline.disclosure.cells import Ints

# Groups that are reckoned with together: a step towards each of them takes milliseconds.
LARGEST_PART = 400


def split(rows: list[Row], groups: int) -> Iterator[tuple[Ints, list[int]]]:
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
