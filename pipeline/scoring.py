"""How answers become scores. Integers only.

A value is counted in steps, the smallest unit in which every value of its measure is a whole number. For a scale of m
items with a in ceil(m * answered_at_least)..m of them answered, L is the least common multiple of those a, and

    steps = sum of the answered items, each moved to 0..(high - low), a reversed one from its other end, times L / a
    score = score_low + (score_high - score_low) * steps / (L * (high - low))

so that the score is the mean of the answered items, without a fraction on the way (Burr et al. 2019, for the mean and
for what is missing). An item's step is one of its answers as it was given. A net promoter score has the steps +1 for
9-10, 0 for 7-8 and -1 for 0-6 (Reichheld 2003). Which end is favourable decides on which side of the middle a value
is counted, and nothing else.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from pipeline.errors import SurveyInvalid

if TYPE_CHECKING:
    from pipeline.instruments import Scale
    from pipeline.survey import Survey

# Disclosure control multiplies a number of answers with a sum of squares, in 64 bits.
_LARGEST = 2**63 - 1


def good(scale: Scale) -> int:
    """The side of the middle that a high score is on: 1 for favourable, -1 for unfavourable."""
    return 1 if scale.direction == "high_is_good" else -1


def least_answered(scale: Scale) -> int:
    """The fewest answered items with which a scale has a score: at least 1."""
    # The share as it is written: 0.28 of 25 items is 7, and as a float 7.000000000000001.
    return math.ceil(Fraction(str(scale.answered_at_least)) * len(scale.item))


def steps_a_point(scale: Scale) -> int:
    """L: steps that the mean of the answered items rises by when it rises by 1."""
    return math.lcm(*range(least_answered(scale), len(scale.item) + 1))


def span(scale: Scale) -> int:
    """Steps from the lowest value of a scale, or of its index, to the highest."""
    return 2 if scale.score == "nps" else steps_a_point(scale) * (scale.high - scale.low)


def hold(survey: Survey, answers: int) -> None:
    """Raises SurveyInvalid when sums over this many answers could leave 64 bits: a very long scale with gaps."""
    for scale in survey.scales:
        largest = max(span(scale), abs(scale.low), abs(scale.high))
        if (answers * largest) ** 2 > _LARGEST:
            msg = (
                f"scale {scale.id}: {len(scale.item)} items of which {least_answered(scale)} suffice cannot be counted "
                f"exactly over {answers} answers; its owner raises answered_at_least, or splits the scale"
            )
            raise SurveyInvalid(msg)
