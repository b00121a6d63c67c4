"""How often each answer to a question was given, where the figures that are published already say so.

Of a question with few answers, the number of people, the sum of their answers, its squares and how many are on each
side of the middle leave only one possibility: as many equations as answers. Where those figures are audited and
published, the counts of the answers are a sum of them, and tell nobody anything more (docs/disclosure.md). Of other
questions no distribution is published.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.counting.measures import FAVOURABLE, NEUTRAL, UNFAVOURABLE, values
from pipeline.disclosure.distribution import given_by_one
from pipeline.errors import RunRefused
from pipeline.exactly import quotients
from pipeline.facts.columns import FACTS, FREE, WHERE, said
from pipeline.facts.means import A_WHOLE
from pipeline.instruments import Localised

if TYPE_CHECKING:
    from pipeline.counting.measures import Values
    from pipeline.disclosure import ProtectedTable, Written
    from pipeline.exactly import Ints
    from pipeline.survey import Survey

_SUMS = ("favourable", "neutral", "unfavourable", "total", "squares")
_OWN = {
    "code": (
        pa.int32(),
        Localised(nb="Svaret, som tall på spørsmålets skala", en="The answer, on the question's range"),
    ),
    "answered": (pa.int64(), Localised(nb="Hvor mange som ga svaret", en="How many gave it")),
    "share": (pa.float64(), Localised(nb="Andel av svarene, 0 til 1", en="Share of the answers, 0 to 1")),
}
# One row for every answer that could be given, for each question in each place where the distribution may be shown.
DISTRIBUTIONS = pa.schema(
    [
        *(FACTS.field(name) for name in ("survey", "wave", *WHERE, "measure")),
        *(pa.field(name, kind, nullable=False, metadata=said(text)) for name, (kind, text) in _OWN.items()),
    ],
)


@dataclass(frozen=True)
class Solved:
    """A question's answers by the sums of a cell: `over` @ sums / `under` is how often each of `codes` was given."""

    codes: Ints
    sums: Ints  # sums x answers: what one answer adds to each of _SUMS
    over: Ints  # answers x sums
    under: int

    @classmethod
    def of(cls, measure: Values) -> Self | None:
        """None for a measure of which the sums leave more than one possibility."""
        sides = [(measure.side == side).astype(np.int64) for side in (FAVOURABLE, NEUTRAL, UNFAVOURABLE)]
        sums = np.array([*sides, measure.steps, measure.steps**2])
        inverse = _left_inverse(sums)
        return None if inverse is None else cls(measure.steps, sums, *inverse)

    def counts(self, sums: Ints) -> Ints:
        """Answers x cells, from sums x cells, each of the form of `_SUMS`. Raises ValueError for sums of no answers."""
        found: Ints = self.over @ sums // self.under
        if (found < 0).any() or (self.sums @ found != sums).any():
            msg = "sums that no answers have"
            raise ValueError(msg)
        return found


def distributions(protected: ProtectedTable | Written, survey: Survey, wave: str) -> pa.Table:
    """The published distributions of a wave, as DISTRIBUTIONS; raises as `of_cells`."""
    table = protected.table
    return of_cells(table.filter(pc.and_(pc.equal(table["status"], FREE), table["squares"].is_valid())), survey, wave)


def of_cells(cells: pa.Table, survey: Survey, wave: str) -> pa.Table:
    """The distributions of cells whose shares are shown, as DISTRIBUTIONS: by question, in the order of the cells.

    A question has one wherever the sums leave one possibility, and no answer was given exactly once. Raises RunRefused
    for cells whose sums contradict each other.
    """
    of = {one.id: one for one in values(survey)}
    questions = [of[one.id] for one in survey.measures if one.kind == "item"]
    solved = [(one.id, how) for one in questions if (how := Solved.of(one)) is not None]
    try:
        parts = [_of_question(cells, question, how, survey.id, wave) for question, how in solved]
    except ValueError as error:
        msg = f"cells of wave {wave} state {error}; aggregate the wave again"
        raise RunRefused(msg) from None
    return pa.concat_tables([DISTRIBUTIONS.empty_table(), *parts])


def _of_question(every: pa.Table, question: str, solved: Solved, survey: str, wave: str) -> pa.Table:
    """The distributions of one question; one after the other, `codes` ascending in each."""
    cells = every.filter(pc.equal(every["measure"], question))
    counts = solved.counts(np.array([cells[name].to_numpy() for name in _SUMS], dtype=np.int64))
    stated = ~given_by_one(counts)
    cells, counts = cells.filter(pa.array(stated)), counts[:, stated]
    answers, rows = counts.shape
    size = answers * rows
    each = pa.array(np.repeat(np.arange(rows), answers))
    given = counts.T.ravel()
    whole = np.repeat(counts.sum(axis=0), answers)
    columns = {
        "survey": pa.repeat(survey, size),
        "wave": pa.repeat(wave, size),
        **{name: cells[name].take(each) for name in (*WHERE, "measure")},
        "code": pa.array(np.tile(solved.codes, rows), pa.int32()),
        "answered": pa.array(given),
        "share": pa.array(quotients(A_WHOLE * given, whole) / A_WHOLE),
    }
    return pa.table([columns[name] for name in DISTRIBUTIONS.names], schema=DISTRIBUTIONS)


def _left_inverse(matrix: Ints) -> tuple[Ints, int] | None:
    """Whole numbers A and d with A @ matrix = d times the identity; None when there are none. Exact, in fractions."""
    gram, size = matrix.T @ matrix, matrix.shape[1]
    rows = [[Fraction(int(one)) for one in row] for row in np.concatenate([gram, matrix.T], axis=1)]
    for at in range(size):
        pivot = next((row for row in range(at, size) if rows[row][at]), None)
        if pivot is None:
            return None
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [one / rows[at][at] for one in rows[at]]
        for row in {*range(size)} - {at}:
            times = rows[row][at]
            rows[row] = [one - times * own for one, own in zip(rows[row], rows[at], strict=True)]
    inverse = [row[size:] for row in rows]
    under = math.lcm(*(one.denominator for row in inverse for one in row))
    return np.array([[int(one * under) for one in row] for row in inverse]), under
