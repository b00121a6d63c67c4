"""The kernel: the rows of one branch -> its cells, in exact integers. Pure; it sees one branch and nothing else.

Every measure takes few values, so that counting how often each value was given in each place says everything at once:
answers, sum, sum of squares, sides and the most frequent answer. People are counted first. Where they are too few for
a figure to be published, nothing else is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.counting.arrays import arrow, lists, numbers
from pipeline.counting.measures import Item, Values, codes
from pipeline.counting.nested import NOWHERE, Nested, within
from pipeline.counting.packed import Packed
from pipeline.counting.runs import Runs
from pipeline.counting.several import repeats

if TYPE_CHECKING:
    from pipeline.counting.arrays import Bools, Ints, Whole
    from pipeline.counting.branches import Branch

# Values that are counted at once of measures that are alike, so that their counts stay in a cache.
TOGETHER = 40
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

    @cached_property
    def alike(self) -> tuple[list[int], ...]:
        """Measures with the same values on the same sides, by number, no more together than fit into a cache."""
        found: dict[tuple[bytes, bytes, bool], list[list[int]]] = {}
        for at, one in enumerate(self.measures):
            parts = found.setdefault((one.steps.tobytes(), one.side.tobytes(), one.is_rate), [[]])
            if len(parts[-1]) >= max(TOGETHER // len(one.steps), 1):
                parts.append([])
            parts[-1].append(at)
        return tuple(part for parts in found.values() for part in parts)

    @cached_property
    def together(self) -> tuple[tuple[slice, Values, Packed], ...]:
        """The parts of `alike` side by side: where each stands then, its values, and how answers to it are counted."""
        found, start = [], 0
        for part in self.alike:
            measure = self.measures[part[0]]
            found.append((slice(start, start + len(part)), measure, Packed.of(len(measure.steps), len(part))))
            start += len(part)
        return tuple(found)

    @cached_property
    def order(self) -> Ints:
        """Which measure stands where then."""
        return np.concatenate([np.array(part) for part in self.alike])

    def rows(self) -> pa.Schema:
        """A row of a branch: an answer record, or somebody who was invited and has none.

        `unit` is a number of the tree and each cut one below `cuts`, or NOWHERE; the cuts of a later column have higher
        numbers. Answers are codes of their items.
        """
        return pa.schema(
            [
                pa.field("branch", pa.int32(), nullable=False),
                pa.field("unit", pa.int32(), nullable=False),
                *([pa.field("person", pa.int32(), nullable=False)] if self.several else []),
                *(pa.field(f"cut_{number}", pa.int16(), nullable=False) for number in range(self.groupings)),
                *(pa.field(f"item_{number}", width(item), nullable=False) for number, item in enumerate(self.items)),
            ],
        )


def width(item: Item) -> pa.DataType:
    """The narrowest type that holds the codes of an item and one more."""
    most = item.high - item.low + 2
    return next(kind for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64()) if most < 2 ** (kind.bit_width - 1))


def tally(rows: pa.Table, plan: Plan) -> pa.Table:
    """Counts one branch, as TALLY; `rows` are all of its, as `Plan.rows`, in whatever order."""
    unit = numbers(rows["unit"])
    if (unit[1:] < unit[:-1]).any():
        rows = rows.take(arrow(np.argsort(unit)))
    number = int(rows["branch"][0].as_py())
    parts = _Counting(rows, plan, plan.branches[number]).parts()
    names = TALLY.names[1:]
    size = sum(len(part["unit"]) for part in parts)
    columns = [pa.chunked_array([part[name] for part in parts], TALLY.field(name).type) for name in names]
    return pa.table([arrow(np.full(size, number, dtype=np.int32)), *columns], schema=TALLY)


class _Counting:
    """One branch. Its places are cuts x units, of which `there` are those with anybody; then come whole cuts.

    Until they are told, measures stand in the order of `Plan.order`.
    """

    def __init__(self, rows: pa.Table, plan: Plan, branch: Branch) -> None:
        self.plan, self.branch = plan, branch
        self.end = np.minimum(plan.tree.end[branch.start : branch.stop], branch.stop) - branch.start
        self.shape = plan.cuts, len(self.end)
        self.unit = numbers(rows["unit"]).astype(np.int64) - branch.start
        self.cut = [numbers(rows[f"cut_{one}"]) for one in range(plan.groupings)]
        answers = [numbers(rows[f"item_{at}"]) for at in range(len(plan.items))]
        highest = [item.high - item.low + 1 for item in plan.items]
        self.codes = list(codes([plan.measures[at] for at in plan.order], answers, highest))
        self.given = [code > 0 for code in self.codes]
        self.person = numbers(rows["person"]).astype(np.int64) if plan.several else None
        runs = Runs.of(self.unit, self.cut, self.end, self.shape)
        anybody = runs.last > runs.first
        size = self.shape[0] * self.shape[1]
        anybody[:size] &= not branch.open
        anybody[size:] &= branch.above != NOWHERE
        places = np.flatnonzero(anybody)
        self.there, self.whole = places[places < size], places[places >= size] - size
        self.runs = runs.only(places)

    def parts(self) -> list[dict[str, pa.Array]]:
        """The columns of TALLY but the first: places with their figures, then the branch as a whole."""
        size = len(self.there)
        asked, *_ = told = self.runs.counted([np.logical_or.reduce(self.given), *self.given])
        answered = told[1:]
        enough = asked >= max(self.plan.minimum, 1)
        enough[size:] = True
        flags = enough[:size]
        respondents = answered[:, :size] if self.person is None else answered[:, :size] - self._repeats(self.person)
        sums = _Sums(self.runs.only(enough), answered[:, enough], int(flags.sum()))
        others = [sums.add(at, measure, packed, self.codes[at]) for at, measure, packed in self.plan.together]
        hidden = np.flatnonzero(respondents[:, flags] < self.plan.minimum)
        for values in sums.figures.values():
            values.ravel()[hidden] = 0
        found = [] if self.branch.open else [self._cells(answered[:, :size], respondents, sums.figures, flags)]
        return [*found, self._whole([one for part in others for one in part.transpose(1, 0, 2)])]

    def _cells(self, answered: Ints, respondents: Ints, figures: dict[str, Whole], flags: Bools) -> dict[str, pa.Array]:
        """The places with anybody, measures x places; those of `flags` have figures."""
        cut, unit = np.divmod(self.there, self.shape[1])
        nothing = pa.nulls(len(cut), pa.list_(pa.int64()))
        back = np.argsort(self.plan.order)
        return {name: lists(figures.pop(name)[back].T, flags) for name in FIGURES} | {
            "unit": arrow((unit + self.branch.start).astype(np.int32)),
            "cut": arrow(cut.astype(np.int32)),
            "people": arrow((self.runs.last - self.runs.first)[: len(cut)]),
            "respondents": nothing if self.person is None else lists(respondents[back].T),
            "answered": lists(answered[back].T),
            "histogram": nothing,
        }

    def _whole(self, histograms: list[Ints]) -> dict[str, pa.Array]:
        """All rows of the branch by cut, for the units above: people, and how often each value was given."""
        cut = self.whole
        columns = dict.fromkeys(TALLY.names[4:], pa.nulls(len(cut), pa.list_(pa.int64())))
        return columns | {
            "unit": arrow(np.full(len(cut), NOWHERE, dtype=np.int32)),
            "cut": arrow(cut.astype(np.int32)),
            "people": arrow((self.runs.last - self.runs.first)[len(self.there) :]),
            "histogram": lists(np.concatenate([histograms[at] for at in np.argsort(self.plan.order)]).T),
        }

    def _repeats(self, person: Ints) -> Ints:
        """How many answers in each place are a person's second or later ones, measures x places that are there."""
        found = np.zeros((len(self.given), len(self.there)), dtype=np.int64)
        size = self.shape[0] * self.shape[1]
        for cuts in self.cut:
            pairs = repeats(self.plan.tree, self.unit + self.branch.start, person, cuts, self.given)
            for at, (unit, cut) in enumerate(pairs):
                inside = (unit >= self.branch.start) & (unit < self.branch.stop)
                place = cut[inside] * self.shape[1] + unit[inside] - self.branch.start
                own = np.bincount(place, minlength=size).reshape(self.shape)
                found[at] += within(own, self.end).ravel()[self.there]
        return found


class _Sums:
    """Figures of the first places of some runs, `here` of them; all is measures x places."""

    def __init__(self, runs: Runs, answered: Ints, here: int) -> None:
        self.runs, self.answered, self.here = runs, answered, here
        self.long = runs.long[runs.long < here]
        kinds = dict.fromkeys(FIGURES, np.uint32) | dict.fromkeys(FIGURES[:2], np.int64)
        self.figures = {name: np.empty((len(answered), here), dtype=kind) for name, kind in kinds.items()}

    def add(self, at: slice, measure: Values, packed: Packed, codes: list[Whole]) -> Ints:
        """Counts measures that are alike; tells how often each value was given in the other places.

        That is values x measures x places.
        """
        answered, here, several = self.answered[at], self.here, len(self.long)
        sums = self.runs.parts(packed.words(codes))
        long = self.runs.whole(packed.counts(self.runs.apart(sums)))
        long[0] = answered[:, self.runs.long] - long.sum(axis=0)
        counts = packed.counts(sums[:, : answered.shape[1]])
        np.subtract(answered, counts.sum(axis=0, dtype=np.uint8), out=counts[0], casting="unsafe")
        figures, of_long = described(counts[..., :here], measure), described(long[..., :several], measure)
        for name, values in self.figures.items():
            values[at] = figures[name]
            values[at, self.long] = of_long[name]
        others = counts[..., here:].astype(np.int64)
        others[..., self.runs.long[several:] - here] = long[..., several:]
        return others


def described(counts: Whole, measure: Values) -> dict[str, Whole]:
    """FIGURES of places, from how often each value was given there: the first axis of `counts`.

    What is counted is as narrow as `counts`, in which all counts of a place together have to fit.
    """
    modal = counts.max(axis=0, initial=0)
    weights = np.array([measure.steps, measure.steps**2])
    # Sums are taken in a part of the time in fewer bits.
    most = int(modal.max(initial=0)) * len(counts) * int(np.abs(weights).max())
    kind = next((one for one in (np.int16, np.int32) if most <= np.iinfo(one).max), np.int64)
    total, squares = np.einsum("kv,v...->k...", weights.astype(kind), counts.astype(kind))
    sides = (counts[measure.side == side].sum(axis=0, dtype=counts.dtype) for side in (1, 0, -1))
    return dict(zip(FIGURES, (total, squares, modal * (not measure.is_rate), *sides), strict=True))
