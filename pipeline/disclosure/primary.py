"""Which cells must be withheld for their own sake: the primary rules put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.disclosure.distribution import tells_too_much
from pipeline.disclosure.minimum import too_few
from pipeline.disclosure.small_complement import too_few_silent
from pipeline.disclosure.small_unit import in_small_unit
from pipeline.disclosure.unanimity import of_one_mind

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Bools, Grid
    from pipeline.disclosure.rules import Rules


@dataclass(frozen=True)
class Shown:
    """What of each cell is published, measures x places: the mean, and besides it what is finer than a mean."""

    means: Bools
    distributions: Bools


def allowed(cells: Grid, rules: Rules) -> Shown:
    """What the primary rules let through. A distribution is never shown where its mean is not."""
    means = (
        cells.exists
        & ~too_few(cells["respondents"], rules.minimum_mean)
        & ~in_small_unit(cells, rules.minimum_mean)
        & ~too_few_silent(cells, rules.minimum_mean)
        & (cells.rate | ~of_one_mind(cells["answered"], cells["modal"]))
    )
    distributions = (
        means
        & ~cells.rate  # who answered has no shares besides the rate itself
        & ~too_few(cells["respondents"], rules.minimum_distribution)
        & ~tells_too_much(cells["answered"], cells["favourable"], cells["neutral"], cells["unfavourable"])
    )
    return Shown(means, distributions)
