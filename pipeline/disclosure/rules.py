"""What must hold before a cell may be published."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Rules:
    """The smallest publishable counts: of people behind a mean, and behind anything finer than a mean."""

    minimum_mean: int
    minimum_distribution: int
