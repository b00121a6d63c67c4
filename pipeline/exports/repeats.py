"""Rows of respondents who stand there more than once: those that a later one replaces, and those of one time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.exports.lattice import Places


class Tie(NamedTuple):
    """Rows of one respondent at one time; `last`: no other of that respondent is later."""

    rows: list[int]
    last: bool


def find(people: NDArray[np.uint8], at: NDArray[np.int64]) -> tuple[Places, list[Tie]]:
    """Rows after which the same respondent has a later one; and the ties. A respondent is known by 16 bytes."""
    halves = np.ascontiguousarray(people).view("<u8").reshape(-1, 2)
    numbers = np.lexsort((np.arange(at.size), at, halves[:, 1], halves[:, 0]))
    halves, at = halves[numbers], at[numbers]
    other = (halves[1:] != halves[:-1]).any(axis=1)
    begins = np.flatnonzero(np.concatenate((np.ones(min(at.size, 1), bool), other | (at[1:] != at[:-1]))))
    ends = np.append(begins[1:], at.size)[: begins.size]
    last = np.append(other, True)[ends - 1]
    sizes = ends - begins
    several = np.flatnonzero(sizes > 1)
    ties = [
        Tie(numbers[start:end].tolist(), is_last)
        for start, end, is_last in zip(begins[several], ends[several], last[several].tolist(), strict=True)
    ]
    return numbers[np.repeat(~last, sizes)], ties
