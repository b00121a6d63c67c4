"""Where things lie in a picture: published figures turned into positions, in percent of the picture's width or height.

Positions are percentages so that a picture fills a phone and a desktop alike while its text keeps its size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.reports.figures import Fact
    from pipeline.reports.lines import Line
    from pipeline.survey import Measure, Wave

LEAST_SPAN = 20  # points on an axis at least, or noise looks like movement
EDGE = 8.0  # percent kept free at either side of a trend, for the first and the last wave's text


@dataclass(frozen=True)
class Balance:
    """Two themes against each other, and where they stood the wave before."""

    x: Line
    y: Line
    before: tuple[float, float] | None

    @property
    def hidden(self) -> bool:
        """Whether one of the two may not be shown."""
        return self.x.fact is None or self.y.fact is None


@dataclass(frozen=True)
class Point:
    """One wave of a trend. `at` is its place across in percent; the fact is None where it is not shown."""

    wave: Wave
    at: float
    fact: Fact | None


@dataclass(frozen=True)
class Series:
    """One theme over the waves; `steps` are the pairs of neighbouring waves that are both shown."""

    name: str
    measure: Measure
    points: tuple[Point, ...]

    @property
    def steps(self) -> tuple[tuple[Point, Point], ...]:
        """A line is drawn between these, never across a gap."""
        pairs = zip(self.points, self.points[1:], strict=False)
        return tuple((one, other) for one, other in pairs if one.fact and other.fact)


@dataclass(frozen=True)
class Trend:
    """All themes on one axis, `low` to `high`, so that they can be compared."""

    low: int
    high: int
    series: tuple[Series, ...]

    def down(self, value: float) -> float:
        """How far from the top a score lies, in percent of the height."""
        return 100 - place(value, self.low, self.high)


def place(value: float, low: float, high: float) -> float:
    """How far along low..high a value lies, in percent, kept within the picture."""
    return min(max((value - low) / (high - low) * 100, 0.0), 100.0)


def balance(x: Line, y: Line, earlier: Mapping[str, Fact | None]) -> Balance:
    """Two themes of one unit; `earlier` holds their figures in the wave before, as far as they were published."""
    before_x, before_y = earlier.get(x.measure.id), earlier.get(y.measure.id)
    return Balance(x, y, (before_x.mean, before_y.mean) if before_x and before_y else None)


def trend(waves: Sequence[Wave], series: Sequence[tuple[str, Measure, Sequence[Fact | None]]]) -> Trend:
    """Waves stand as far apart as they were in time.

    The axis covers every interval in steps of ten; on a range other than 0..100 it covers that. All have one range.
    """
    first, last = waves[0].closes, waves[-1].closes
    across = [
        EDGE + (100 - 2 * EDGE) * ((wave.closes - first) / (last - first) if last > first else 0) for wave in waves
    ]
    facts = [fact for _, _, values in series for fact in values if fact]
    limits = [end for fact in facts for end in (fact.mean, fact.ci_low, fact.ci_high) if end is not None]
    low = min(int(min(limits, default=0) // 10 * 10), 100 - LEAST_SPAN)
    high = max(int(-(-max(limits, default=100) // 10) * 10), low + LEAST_SPAN)
    ends = next(((one.low, one.high) for _, one, _ in series), (0, 100))
    return Trend(
        *((low, high) if ends == (0, 100) else ends),
        tuple(
            Series(name, measure, tuple(Point(*one) for one in zip(waves, across, values, strict=True)))
            for name, measure, values in series
        ),
    )
