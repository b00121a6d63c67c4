"""From how often each answer was given to the figures of a measure, for contenders that count answers themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bench.aggregate.instance import INDEX_SCALE

if TYPE_CHECKING:
    from bench.aggregate.checksum import Numbers

CODES = (1, 2, 3, 4, 5)
STEPS, MOST = 60, 240  # of a point of a scale's mean, and of its whole range; see pipeline/scoring.py
PROMOTER, PASSIVE = 9, 7
INDEX_STEPS = (-1, -1, 0, 1, 1)


def of_answers(name: str, counts: Sequence[Numbers]) -> dict[str, Numbers]:
    """Figures of one item or of eNPS, places x 1; `counts` are those of CODES. The last item of a scale is reversed.

    For eNPS, code 1 is a detractor, 3 a passive and 5 a promoter.
    """
    steps = np.array(INDEX_STEPS if name == INDEX_SCALE else CODES)
    return of_steps(np.array(counts), steps, np.sign(np.array(CODES) - 3) * (-1 if name.endswith("_5") else 1))


def of_steps(given: Numbers, steps: Numbers, side: Numbers) -> dict[str, Numbers]:
    """The same from counts of any steps, steps x places."""
    answered = given.sum(axis=0)
    figures = {
        "answered": answered,
        "respondents": answered,
        "total": np.einsum("s,sp->p", steps, given),
        "squares": np.einsum("s,sp->p", steps**2, given),
        "favourable": given[side > 0].sum(axis=0),
        "neutral": given[side == 0].sum(axis=0),
        "unfavourable": given[side < 0].sum(axis=0),
        "modal": given.max(axis=0),
    }
    return {one: values[:, None] for one, values in figures.items()}


def of_rate(people: Numbers) -> dict[str, Numbers]:
    """Whoever answered anything has answered, and is on no side."""
    return dict.fromkeys(("answered", "respondents", "total", "squares"), people[:, None])
