"""How answers become scores, as small tables that the counting joins with. Integers only.

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

import pyarrow as pa

from pipeline.errors import SurveyInvalid

if TYPE_CHECKING:
    from pipeline.instruments import Scale
    from pipeline.survey import Survey

# One row an item: how its answers are read.
ITEMS = pa.schema(
    [
        pa.field("item", pa.string(), nullable=False),
        pa.field("scale", pa.string(), nullable=False),
        pa.field("score", pa.string(), nullable=False),  # points | nps
        pa.field("low", pa.int64(), nullable=False),
        pa.field("high", pa.int64(), nullable=False),
        pa.field("reverse", pa.bool_(), nullable=False),  # a low answer makes a high score
        pa.field("good", pa.int64(), nullable=False),  # the side of a high score: 1 favourable, -1 not
    ],
)
# One row for every scale in points and every number of answered items with which it has a score.
STEPS = pa.schema(
    [
        pa.field("scale", pa.string(), nullable=False),
        pa.field("answered", pa.int64(), nullable=False),
        pa.field("factor", pa.int64(), nullable=False),  # steps that one point of the answers' sum is worth
        pa.field("span", pa.int64(), nullable=False),  # steps from the lowest score to the highest
        pa.field("good", pa.int64(), nullable=False),  # the side of a high score: 1 favourable, -1 not
    ],
)

# Disclosure control multiplies a number of answers with a sum of squares, in 64 bits.
_LARGEST = 2**63 - 1


def items(survey: Survey) -> pa.Table:
    """The items of a survey, as ITEMS."""
    rows = [
        {
            "item": item.id,
            "scale": scale.id,
            "score": scale.score,
            "low": scale.low,
            "high": scale.high,
            "reverse": item.reverse,
            "good": good(scale),
        }
        for scale, item in survey.items.values()
    ]
    return pa.Table.from_pylist(rows, ITEMS)


def steps(survey: Survey) -> pa.Table:
    """The scales of a survey, as STEPS."""
    rows = [
        {
            "scale": scale.id,
            "answered": answered,
            "factor": steps_a_point(scale) // answered,
            "span": span(scale),
            "good": good(scale),
        }
        for scale in survey.scales
        if scale.score == "points"
        for answered in range(least_answered(scale), len(scale.item) + 1)
    ]
    return pa.Table.from_pylist(rows, STEPS)


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
