"""What must hold before a cell may be published."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from pipeline.disclosure.bounds import Bounds, bounds
from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from pipeline.survey import Survey

LEAST_MEAN = 3  # with 2, either of the two knows the other's answer


@dataclass(frozen=True)
class Rules:
    """The smallest publishable counts: of people behind a mean, and behind anything finer than a mean."""

    minimum_mean: int
    minimum_distribution: int
    # The lowest and the highest answer of each measure, in the steps of `total`; ranges are looked at where they are.
    bounds: Bounds = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        """Raises DisclosureLeak for numbers that protect nobody."""
        if self.minimum_mean < LEAST_MEAN or self.minimum_distribution < self.minimum_mean:
            msg = (
                f"minimum group sizes must be at least {LEAST_MEAN}, and that of a distribution at least that of a mean"
            )
            raise DisclosureLeak(msg)

    @classmethod
    def of(cls, survey: Survey) -> Self:
        """The rules that the survey file states now."""
        minimum = survey.file.minimum_group_size
        return cls(minimum.mean, minimum.distribution, bounds(survey))
