"""Which measures are made of which: a scale is the mean of its items, so publishing both says more than each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from pipeline.survey import Survey

Families = Mapping[str, tuple[str, ...]]


def families(survey: Survey) -> Families:
    """Scale -> its items, as `protect` wants it. An index such as eNPS has no published items."""
    return {scale.id: tuple(item.id for item in scale.item) for scale in survey.scales if scale.score == "points"}


def check(given: Families, measures: tuple[str, ...]) -> None:
    """Raises DisclosureLeak when a family names no measure of the members, or a measure twice."""
    named = [name for scale, items in given.items() for name in (scale, *items)]
    unknown = sorted(set(named) - set(measures))
    if unknown or len(set(named)) != len(named) or not all(given.values()):
        what = f"{unknown[0]!r} is no measure of the members" if unknown else "a measure stands in two of them"
        msg = f"the families of measures are not those of this wave: {what}"
        raise DisclosureLeak(msg)
