"""What was counted, in two numbers that do not depend on the order: every figure, and the most frequent answers.

Each figure is multiplied with a number that its place, its measure and its name decide, and all of them are added,
modulo 2 to the power of 64. Cells of fewer than MINIMUM respondents do not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.aggregate.instance import INDEX_SCALE, ITEMS, MINIMUM, RATE, SCALES, SEGMENTS

Numbers = npt.NDArray[np.number[Any]]

MEASURES = (*ITEMS, INDEX_SCALE, *SCALES, RATE)
FIGURES = ("respondents", "answered", "total", "squares", "favourable", "neutral", "unfavourable", "modal")
# Everybody is 0, and every category of every segment has a number after it.
FIRST = dict(zip(SEGMENTS, np.cumsum([1, *SEGMENTS.values()]).tolist(), strict=False))
CUTS = 64  # no fewer than there are


class Checksum:
    """Adds up cells as they come."""

    def __init__(self) -> None:
        self._sums = np.zeros(2, dtype=np.uint64)

    def add(self, unit: Numbers, cut: Numbers, measures: Sequence[str], figures: Mapping[str, Numbers]) -> None:
        """Takes a place in each row, by the numbers of its unit and cut, and the `measures` in columns.

        `answered` is always given, and stands for the respondents as well; with `modal` alone it was added before.
        """
        place = _mixed(unit.astype(np.uint64) * np.uint64(CUTS) + cut.astype(np.uint64))
        of = _mixed(np.array([MEASURES.index(one) + 2**40 for one in measures], dtype=np.uint64))
        enough = figures["answered"] >= MINIMUM
        told = figures.keys() - ({"answered"} if set(figures) == {"answered", "modal"} else set())
        for at, names in enumerate((told - {"modal"}, told & {"modal"})):
            mixed = np.zeros(enough.shape, dtype=np.uint64)
            for name in names:
                weight = _mixed(np.array([FIGURES.index(name) + 2**41], dtype=np.uint64))
                mixed += np.multiply(figures[name].astype(np.int64, copy=False).view(np.uint64), weight, order="C")
            mixed *= enough
            self._sums[at : at + 1] += place @ (mixed @ of)

    def answer(self) -> list[str]:
        """Both numbers; the second is 0 for whoever did not look for the most frequent answers."""
        return [f"{one:016x}" for one in self._sums.tolist()]


def _mixed(values: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Numbers that have nothing to do with each other, from ones that have (splitmix64; Steele, Lea & Flood 2014)."""
    mixed = values * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
