"""Between which values each answer lies. Everybody knows that, so a reader can reckon with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline import scoring

if TYPE_CHECKING:
    from pipeline.survey import Survey

Bounds = Mapping[str, tuple[int, int]]


def bounds(survey: Survey) -> Bounds:
    """Measure -> its lowest and its highest value, in the steps that the totals of its cells are counted in.

    A rate has none: it states who answered, and that is not protected.
    """
    found: dict[str, tuple[int, int]] = {}
    for scale in survey.scales:
        most = scoring.span(scale)
        found[scale.id] = (-1, 1) if scale.score == "nps" else (0, most)
        if scale.score == "points":
            found |= {item.id: (scale.low, scale.high) for item in scale.item}
    return found
