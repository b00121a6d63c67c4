"""Answers -> the values of each measure, as small whole numbers: 0 for none, else where it stands among them.

The values themselves are steps, as pipeline/scoring.py defines them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline import scoring

if TYPE_CHECKING:
    from pipeline.counting.arrays import Bools, Ints, Whole
    from pipeline.instruments import Scale
    from pipeline.survey import Survey

Codes = npt.NDArray[np.int32]

FAVOURABLE, NEUTRAL, UNFAVOURABLE = 1, 0, -1
NO_SIDE = 2
PROMOTER, PASSIVE = 9, 7


@dataclass(frozen=True)
class Item:
    """A question by the number of its column. `low`..`high` are its answers."""

    id: str
    low: int
    high: int

    def codes(self, answers: Whole) -> Whole:
        """0 for an answer that is below `low`, which is how a missing one is written; else 1 for `low`, and so on."""
        return answers - answers.dtype.type(self.low - 1)


@dataclass(frozen=True)
class Values:
    """A measure: every value that it can have, ascending, in steps, and the side of the middle that each is on.

    `items` are the columns that it is made of; the code of a value is `of`[answered items, sum of their distances],
    and with one item `of`[0, code of its answer]. A distance is what the code of an answer is above 1, or for an
    item of `turned` below the highest.
    """

    id: str
    steps: Ints
    side: Ints
    items: tuple[int, ...]
    turned: tuple[bool, ...]
    of: Codes

    @property
    def is_rate(self) -> bool:
        """Whether it states who answered, rather than what."""
        return not self.items

    def least(self) -> int:
        """The fewest answered items with which it has a value."""
        return int(np.flatnonzero((self.of > 0).any(axis=1))[0]) if len(self.of) > 1 else 1


def items(survey: Survey) -> tuple[Item, ...]:
    """Every item, in the order of the survey: the number of a column is its place here."""
    return tuple(Item(name, scale.low, scale.high) for name, (scale, _) in survey.items.items())


def values(survey: Survey) -> tuple[Values, ...]:
    """Every measure of a survey, in the order of its report."""
    column = {name: at for at, name in enumerate(survey.items)}
    found: dict[str, Values] = {}
    for scale in survey.scales:
        own = tuple(column[item.id] for item in scale.item)
        if scale.score == "nps":
            found[scale.id] = _index(scale, own)
            continue
        found[scale.id] = _scale(scale, own)
        for item, at in zip(scale.item, own, strict=True):
            found[item.id] = _item(item.id, scale, at, reverse=item.reverse)
    return tuple(found[one.id] if one.kind != "rate" else _rate(one.id) for one in survey.measures)


def _item(name: str, scale: Scale, column: int, *, reverse: bool) -> Values:
    """An answer as it was given, beside the middle of its scale."""
    steps = np.arange(scale.low, scale.high + 1, dtype=np.int64)
    side = np.sign(2 * steps - scale.low - scale.high) * (-1 if reverse else 1) * scoring.good(scale)
    return Values(name, steps, side, (column,), (False,), np.arange(len(steps) + 1, dtype=np.int32)[None])


def _scale(scale: Scale, columns: tuple[int, ...]) -> Values:
    """The sum of what was answered, times what makes it comparable: none for too few answers.

    From 62.5 % of the range to its good end is favourable, from 37.5 % to the other not: beyond the answers next to
    the middle of five.
    """
    width, whole, most = scale.high - scale.low, scoring.steps_a_point(scale), scoring.span(scale)
    enough = range(scoring.least_answered(scale), len(columns) + 1)
    steps = np.unique(np.concatenate([np.arange(some * width + 1) * (whole // some) for some in enough]))
    of = np.zeros((len(columns) + 1, len(columns) * width + 1), dtype=np.int32)
    for some in enough:
        sums = np.arange(some * width + 1)
        of[some, : len(sums)] = np.searchsorted(steps, sums * (whole // some)) + 1
    high = np.where(8 * steps >= 5 * most, FAVOURABLE, np.where(8 * steps <= 3 * most, UNFAVOURABLE, NEUTRAL))
    side = high * scoring.good(scale)
    return Values(scale.id, steps, side, columns, tuple(item.reverse for item in scale.item), of)


def _index(scale: Scale, columns: tuple[int, ...]) -> Values:
    steps = np.array([UNFAVOURABLE, NEUTRAL, FAVOURABLE], dtype=np.int64)
    answers = np.arange(scale.low, scale.high + 1)
    of = np.concatenate([[0], 1 + (answers >= PASSIVE) + (answers >= PROMOTER)]).astype(np.int32)
    return Values(scale.id, steps, steps, columns, (False,), of[None])


def _rate(name: str) -> Values:
    """Whoever answered anything at all has answered, and is on no side."""
    one = np.ones(1, dtype=np.int64)
    return Values(name, one, one * NO_SIDE, (), (), np.zeros((1, 1), dtype=np.int32))


def codes(measures: Sequence[Values], answers: Sequence[Whole], highest: Sequence[int]) -> Iterator[Whole]:
    """The code of every row for each of the measures. `answers` are codes of items, `highest` the largest of each."""
    anything: Bools | None = None
    for measure in measures:
        if measure.is_rate:
            anything = _anything(answers) if anything is None else anything
            yield anything.astype(np.int8)
        elif len(measure.of) == 1:
            (column,) = measure.items
            yield measure.of[0].astype(np.min_scalar_type(-len(measure.steps)))[answers[column]]
        else:
            yield _of_several(measure, answers, highest)


def _anything(answers: Sequence[Whole]) -> Bools:
    found = np.zeros(len(answers[0]), dtype=np.bool_)
    for given in answers:
        found |= given > 0
    return found


def _of_several(measure: Values, answers: Sequence[Whole], highest: Sequence[int]) -> Whole:
    """Of a scale: how many items were answered, and how far above the lowest score their answers are together."""
    width = measure.of.shape[1]
    kind = np.min_scalar_type(-measure.of.size)
    place = np.zeros(len(answers[0]), dtype=kind)
    for column, turned in zip(measure.items, measure.turned, strict=True):
        distance = np.arange(highest[column])[:: -1 if turned else 1]
        place += np.concatenate([[0], width + distance]).astype(kind)[answers[column]]
    return measure.of.ravel()[place]
