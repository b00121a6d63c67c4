"""The parts that a leader's report is put together from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.reports import pictures

if TYPE_CHECKING:
    from pipeline.reports.figures import Fact
    from pipeline.survey import Measure


@dataclass(frozen=True)
class Line:
    """A measure in the report: the unit's figure (None where hidden) and that of the unit above it."""

    measure: Measure
    name: str
    fact: Fact | None
    above: Fact | None
    hidden: bool  # withheld; otherwise, without a fact, it was not measured

    @property
    def standing(self) -> float:
        """Where the figure lies between the unfavourable end, 0, and the favourable one, 100; below 0 without one."""
        return -1.0 if self.fact is None else self._good(self.fact.mean)

    @property
    def least(self) -> float:
        """The same for the worse end of its interval."""
        return min(self._ends, default=-1.0)

    @property
    def most(self) -> float:
        """The same for the better end of its interval; above 100 where there is none."""
        return max(self._ends, default=101.0)

    @property
    def _ends(self) -> list[float]:
        ends = () if self.fact is None else (self.fact.ci_low, self.fact.ci_high)
        return [self._good(end) for end in ends if end is not None]

    def _good(self, value: float) -> float:
        there = pictures.place(value, self.measure.low, self.measure.high)
        return there if self.measure.direction == "high_is_good" else 100 - there


@dataclass(frozen=True)
class Score:
    """A theme's figure in a category, or the key of the text that stands in its place."""

    fact: Fact | None
    otherwise: str


@dataclass(frozen=True)
class SegmentTable:
    """Scores of one segment's categories; `rows` holds a name and one score for each theme."""

    name: str
    rows: tuple[tuple[str, tuple[Score, ...]], ...]


@dataclass(frozen=True)
class LawRow:
    """A factor of § 4-3 and the themes that shed light on it; none when it was not measured."""

    factor: str
    lines: tuple[Line, ...]
