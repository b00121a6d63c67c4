"""How each measure is published: in whole numbers of its last decimal."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline import scoring

if TYPE_CHECKING:
    from pipeline.survey import Measure, Survey

# The smallest change that means something, as a part of the range, where the instrument names none: 5 points of 100.
# That is a fifth of a standard deviation of 25, the small effect of Cohen 1988.
MATTERS = Fraction(5, 100)


@dataclass(frozen=True)
class Form:
    """A measure of which a step of its totals is `a_step` last decimals; `smallest` is in points of its score."""

    measure: Measure
    a_step: Fraction
    smallest: Fraction | None = None

    @cached_property
    def one(self) -> int:
        """What 1 is in the last decimal."""
        return int(10**self.measure.decimals)

    @cached_property
    def start(self) -> int:
        """The mean of no steps at all, in last decimals: the lowest score of a scale. Other steps are values."""
        return self.measure.low * self.one if self.measure.kind == "scale" else 0

    @cached_property
    def range(self) -> int:
        """From the lowest to the highest mean, in last decimals."""
        return (self.measure.high - self.measure.low) * self.one

    @property
    def matters(self) -> Fraction:
        """The smallest change that means something, in last decimals."""
        return MATTERS * self.range if self.smallest is None else self.smallest * self.one

    @property
    def most(self) -> Fraction:
        """The largest variance that values within the range can have (Popoviciu 1935): a quarter of its square."""
        return Fraction(self.range**2, 4)


def forms(survey: Survey) -> list[Form]:
    """The form of every measure, in their order."""
    spans = {scale.id: scoring.span(scale) for scale in survey.scales}
    smallest = {one.id: Fraction(str(one.smallest_change)) for one in survey.scales if one.smallest_change}
    found = []
    for measure in survey.measures:
        whole = measure.kind in {"scale", "index"}
        steps = spans[measure.id] if whole else 1
        width = measure.high - measure.low if whole else 1
        a_step = Fraction(width * 10**measure.decimals, steps)
        found.append(Form(measure, a_step, smallest.get(measure.id)))
    return found
