"""The kernel: the rows of one branch -> its cells, in exact integers. Pure; it sees one branch and nothing else.

Every measure takes few values, so that counting how often each value was given in each place says everything at once:
answers, sum, sum of squares, sides and the most frequent answer. People are counted first. Where they are too few for
a figure to be published, nothing else is counted: their answers are counted in the deepest place above that has
enough. The places of one cut stand in the order of the tree, so that what a unit holds is one run of them, and a
running sum counts a whole tree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.counting.arrays import arrow, lists, numbers
from pipeline.counting.measures import Item, Values, codes
from pipeline.counting.nested import NOWHERE, Nested, within
from pipeline.counting.several import repeats

if TYPE_CHECKING:
    from pipeline.counting.arrays import Bools, Ints, Whole
    from pipeline.counting.branches import Branch

FIGURES = ("total", "squares", "modal", "favourable", "neutral", "unfavourable")
# One row a place in which anybody is; lists hold a number for each measure. Figures are null where there are too few
# people. The last rows, with the unit NOWHERE, are the branch as a whole, for the units above it: `histogram` says how
# often each value of each measure was given.
TALLY = pa.schema(
    [
        pa.field("branch", pa.int32(), nullable=False),
        pa.field("unit", pa.int32(), nullable=False),
        pa.field("cut", pa.int32(), nullable=False),
        pa.field("people", pa.int64(), nullable=False),
        pa.field("respondents", pa.list_(pa.int64())),
        pa.field("answered", pa.list_(pa.int64())),
        *(pa.field(name, pa.list_(pa.int64())) for name in FIGURES),
        pa.field("histogram", pa.list_(pa.int64())),
    ],
)


@dataclass(frozen=True)
class Plan:
    """What is counted, the same for every branch. `cuts` are numbers of a segment's category, 0 for everybody.

    `groupings` is how many columns of cuts a row has. `several`: one person may have several rows. Below `minimum`
    people a cell has no figures.
    """

    tree: Nested
    branches: tuple[Branch, ...]
    items: tuple[Item, ...]
    measures: tuple[Values, ...]
    groupings: int
    cuts: int
    minimum: int
    several: bool = False

    def rows(self) -> pa.Schema:
        """A row of a branch: an answer record, or somebody who was invited and has none.

        `unit` is a number of the tree and each cut one below `cuts`, or NOWHERE; answers are null where there is none.
        """
        return pa.schema(
            [
                pa.field("branch", pa.int32(), nullable=False),
                pa.field("unit", pa.int32(), nullable=False),
                *([pa.field("person", pa.int32(), nullable=False)] if self.several else []),
                *(pa.field(f"cut_{number}", pa.int16(), nullable=False) for number in range(self.groupings)),
                *(pa.field(f"item_{number}", width(item)) for number, item in enumerate(self.items)),
            ],
        )


def width(item: Item) -> pa.DataType:
    """The narrowest type that holds the answers to an item, and one number less than the lowest and 2 more."""
    return next(kind for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64()) if _fits(item, kind))


def _fits(item: Item, kind: pa.DataType) -> bool:
    least = -(2 ** (kind.bit_width - 1))
    return bool(item.low - 1 > least and max(item.high, item.high - item.low + 2) < -least)


def tally(rows: pa.Table, plan: Plan) -> pa.Table:
    """Counts one branch, as TALLY; `rows` are all of its, as `Plan.rows`, in whatever order."""
    number = int(rows["branch"][0].as_py())
    counting = _Counting(rows, plan, plan.branches[number])
    parts = [] if counting.branch.open else [counting.cells()]
    if counting.branch.above != NOWHERE:
        parts.append(counting.whole())
    names = TALLY.names[1:]
    size = sum(len(part["unit"]) for part in parts)
    columns = [pa.chunked_array([part[name] for part in parts], TALLY.field(name).type) for name in names]
    return pa.table([arrow(np.full(size, number, dtype=np.int32)), *columns], schema=TALLY)


class _Counting:
    """One branch. Arrays of places are units x cuts; `row` and `cell` say which row lies in which place itself."""

    def __init__(self, rows: pa.Table, plan: Plan, branch: Branch) -> None:
        self.plan, self.branch = plan, branch
        inside = slice(branch.start, branch.stop)
        self.depth, self.parent = plan.tree.depth[inside], plan.tree.parent[inside] - branch.start
        self.end = np.minimum(plan.tree.end[inside], branch.stop) - branch.start
        self.shape = len(self.end), plan.cuts
        self.unit = numbers(rows["unit"]).astype(np.int64) - branch.start
        self.cut = np.array([numbers(rows[f"cut_{one}"]) for one in range(plan.groupings)], dtype=np.int64)
        self.grouping, self.row = np.nonzero(self.cut != NOWHERE)
        self.cell = self.unit[self.row] * plan.cuts + self.cut[self.grouping, self.row]
        answers = [item.codes(numbers(rows[f"item_{at}"], item.low - 1)) for at, item in enumerate(plan.items)]
        highest = [item.high - item.low + 1 for item in plan.items]
        self.codes = dict(zip((one.id for one in plan.measures), codes(plan.measures, answers, highest), strict=True))
        self.person = numbers(rows["person"]).astype(np.int64) if plan.several else None

    def own(self, rows: Bools | None = None) -> Ints:
        """How many of these rows lie in each place itself: units x cuts."""
        cell = self.cell if rows is None else self.cell[rows[self.row]]
        return np.bincount(cell, minlength=self.shape[0] * self.shape[1]).reshape(self.shape)

    def cells(self) -> dict[str, pa.Array]:
        """The places of the branch and their figures."""
        plan = self.plan
        people = within(self.own(), self.end)
        there = people > 0
        given = [self.codes[one.id] > 0 for one in plan.measures]
        anything = np.logical_or.reduce(given) if given else np.zeros(len(self.unit), dtype=np.bool_)
        asked = within(self.own(anything), self.end)
        answered = np.empty((len(given), int(there.sum())), dtype=np.int64)
        for at, some in enumerate(given):
            answered[at] = (asked - within(self.own(anything & ~some), self.end))[there]
        respondents = answered if self.person is None else answered - self._repeats(given, there)
        kept = _Kept.of(self, asked >= max(plan.minimum, 1))
        enough = kept.flags[there]
        figures = kept.figures(respondents[:, enough])
        unit, cut = np.nonzero(there)
        nothing = pa.nulls(len(unit), pa.list_(pa.int64()))
        columns = {
            "unit": arrow((unit + self.branch.start).astype(np.int32)),
            "cut": arrow(cut.astype(np.int32)),
            "people": arrow(people[there]),
            "respondents": nothing if self.person is None else lists(np.ascontiguousarray(respondents.T)),
            "answered": lists(np.ascontiguousarray(answered.T)),
            "histogram": nothing,
        }
        return columns | {name: lists(values, enough) for name, values in figures.items()}

    def _repeats(self, given: list[Bools], there: Bools) -> Ints:
        """How many answers in each place are a person's second or later ones, measures x places that are there."""
        found = np.zeros((len(given), int(there.sum())), dtype=np.int64)
        assert self.person is not None  # noqa: S101 - for the reader of types
        for cuts in self.cut:
            pairs = repeats(self.plan.tree, self.unit + self.branch.start, self.person, cuts, given)
            for at, (unit, cut) in enumerate(pairs):
                inside = (unit >= self.branch.start) & (unit < self.branch.stop)
                place = (unit[inside] - self.branch.start) * self.shape[1] + cut[inside]
                own = np.bincount(place, minlength=there.size).reshape(self.shape)
                found[at] += within(own, self.end)[there]
        return found

    def whole(self) -> dict[str, pa.Array]:
        """All rows of the branch by cut, for the units above: people, and how often each value was given."""
        cuts = self.cut[self.grouping, self.row]
        people = np.bincount(cuts, minlength=self.plan.cuts)
        counts = [
            _histogram(self.codes[one.id][self.row], cuts, len(one.steps), self.plan.cuts).T
            for one in self.plan.measures
        ]
        there = np.flatnonzero(people)
        nothing = pa.nulls(len(there), pa.list_(pa.int64()))
        columns = dict.fromkeys(TALLY.names[4:], nothing)
        return columns | {
            "unit": arrow(np.full(len(there), NOWHERE, dtype=np.int32)),
            "cut": arrow(there.astype(np.int32)),
            "people": arrow(people[there]),
            "histogram": lists(np.ascontiguousarray(np.concatenate(counts, axis=1)[there])),
        }


@dataclass(frozen=True)
class _Kept:
    """The places that have figures, cut by cut in the order of the tree, and the rows that are counted in each."""

    counting: _Counting
    flags: Bools  # units x cuts
    last: Ints  # kept place -> the first one after those inside it
    order: Ints  # kept places in the order of `flags`
    row: Ints
    place: Ints

    @classmethod
    def of(cls, counting: _Counting, flags: Bools) -> _Kept:
        units = len(flags)
        upto = np.concatenate([[0], np.cumsum(flags.T.ravel())])
        unit, cut = np.nonzero(flags)
        number = np.full(flags.shape, NOWHERE, dtype=np.int64)
        order = upto[cut * units + unit]
        number[unit, cut] = order
        last = np.empty(len(order), dtype=np.int64)
        last[order] = upto[cut * units + counting.end[unit]]
        # A row whose own place has no figures is counted in the next one above that has.
        top = int(counting.depth.min())
        for depth in range(top + 1, int(counting.depth.max()) + 1):
            here = np.flatnonzero(counting.depth == depth)
            number[here] = np.where(flags[here], number[here], number[counting.parent[here]])
        place = number.ravel()[counting.cell]
        there = place != NOWHERE
        return cls(counting, flags, last, order, counting.row[there], place[there])

    def figures(self, respondents: Ints) -> dict[str, Ints]:
        """FIGURES, kept places x measures, in the order of `flags`; 0 for fewer people than the minimum."""
        plan, size = self.counting.plan, len(self.order)
        found = {name: np.zeros((len(plan.measures), size), dtype=np.int64) for name in FIGURES}
        for at, measure in enumerate(plan.measures):
            own = _histogram(self.counting.codes[measure.id][self.row], self.place, len(measure.steps), size)
            upto = np.zeros((len(own), size + 1), dtype=np.int64)
            np.cumsum(own, axis=1, out=upto[:, 1:])
            counts = np.take(upto, self.last, axis=1)
            counts -= upto[:, :-1]
            for name, values in described(counts, measure).items():
                found[name][at] = np.where(respondents[at] >= plan.minimum, values[self.order], 0)
        return {name: np.ascontiguousarray(values.T) for name, values in found.items()}


def _histogram(code: Whole, place: Ints, values: int, places: int) -> Ints:
    """How often each value was given in each place, values x places."""
    key = code.astype(np.int64)
    key *= places
    key += place
    return np.bincount(key, minlength=(values + 1) * places)[places:].reshape(values, places)


def described(counts: Ints, measure: Values) -> dict[str, Ints]:
    """FIGURES of places, from how often each value was given there: values x places."""
    total, squares = np.zeros(counts.shape[1], dtype=np.int64), np.zeros(counts.shape[1], dtype=np.int64)
    for step, given in zip(measure.steps.tolist(), counts, strict=True):
        total += step * given
        squares += step * step * given
    sides = [counts[measure.side == side].sum(axis=0) for side in (1, 0, -1)]
    modal = np.zeros_like(total) if measure.is_rate else counts.max(axis=0, initial=0)
    return dict(zip(FIGURES, (total, squares, modal, *sides), strict=True))
