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
    from pipeline.counting.arrays import Bools, Ints, Small, Whole
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

        `unit` is a number of the tree and each cut one below `cuts`, or NOWHERE; answers are codes of their items.
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
    number = int(rows["branch"][0].as_py())
    parts = _Counting(rows, plan, plan.branches[number]).parts()
    names = TALLY.names[1:]
    size = sum(len(part["unit"]) for part in parts)
    columns = [pa.chunked_array([part[name] for part in parts], TALLY.field(name).type) for name in names]
    return pa.table([arrow(np.full(size, number, dtype=np.int32)), *columns], schema=TALLY)


class _Counting:
    """One branch. Its places are cuts x units; `cell` says in which ones each row lies itself, groupings x rows."""

    def __init__(self, rows: pa.Table, plan: Plan, branch: Branch) -> None:
        self.plan, self.branch = plan, branch
        inside = slice(branch.start, branch.stop)
        self.depth, self.parent = plan.tree.depth[inside], plan.tree.parent[inside] - branch.start
        self.end = np.minimum(plan.tree.end[inside], branch.stop) - branch.start
        self.shape = plan.cuts, len(self.end)
        self.unit = numbers(rows["unit"]).astype(np.int64) - branch.start
        self.cut = np.array([numbers(rows[f"cut_{one}"]) for one in range(plan.groupings)], dtype=np.int64)
        # Whoever is in no category of a segment lies after all places.
        self.cell = np.where(self.cut == NOWHERE, plan.cuts * len(self.end), self.cut * len(self.end) + self.unit)
        answers = [numbers(rows[f"item_{at}"]) for at in range(len(plan.items))]
        highest = [item.high - item.low + 1 for item in plan.items]
        self.codes = list(codes(plan.measures, answers, highest))
        self.given = [code > 0 for code in self.codes]
        self.person = numbers(rows["person"]).astype(np.int64) if plan.several else None

    def parts(self) -> list[dict[str, pa.Array]]:
        """The columns of TALLY but the first: places with their figures, then the branch as a whole."""
        plan, open_ = self.plan, self.branch.open
        people = within(self.own(), self.end)
        there = np.flatnonzero(people)
        answered, enough = np.zeros((len(plan.measures), 0), dtype=np.int64), np.zeros(self.shape, dtype=np.bool_)
        if not open_:
            answered, enough = self._answered(there, people)
        respondents = answered if self.person is None or open_ else answered - self._repeats(there)
        flags = enough.ravel()[there]
        kept = _Kept.of(self, enough)
        figures = {name: np.zeros((len(plan.measures), len(kept.at)), dtype=np.int64) for name in FIGURES}
        whole = []
        for at, (measure, code) in enumerate(zip(plan.measures, self.codes, strict=True)):
            own = kept.histogram(code, len(measure.steps))
            if self.branch.above != NOWHERE:
                whole.append(np.add.reduceat(own, kept.first, axis=1))
            if not open_:
                for name, values in described(kept.inside(own), measure).items():
                    figures[name][at] = values
        found = []
        if not open_:
            shown = respondents[:, flags] >= plan.minimum
            columns = {name: lists(np.ascontiguousarray((values * shown).T), flags) for name, values in figures.items()}
            cut, unit = np.divmod(there, self.shape[1])
            nothing = pa.nulls(len(there), pa.list_(pa.int64()))
            found.append(
                columns
                | {
                    "unit": arrow((unit + self.branch.start).astype(np.int32)),
                    "cut": arrow(cut.astype(np.int32)),
                    "people": arrow(people.ravel()[there]),
                    "respondents": nothing if self.person is None else lists(np.ascontiguousarray(respondents.T)),
                    "answered": lists(np.ascontiguousarray(answered.T)),
                    "histogram": nothing,
                }
            )
        if self.branch.above != NOWHERE:
            found.append(self._whole(np.concatenate(whole)))
        return found

    def own(self, rows: Ints | None = None) -> Ints:
        """How many of these rows lie in each place itself: cuts x units."""
        cell = self.cell if rows is None else self.cell[:, rows]
        size = self.shape[0] * self.shape[1]
        return np.bincount(cell.ravel(), minlength=size + 1)[:size].reshape(self.shape)

    def _answered(self, there: Ints, people: Ints) -> tuple[Ints, Bools]:
        """How many answered each measure in the places that are there; and which places have enough people."""
        anything = np.logical_or.reduce(self.given) if self.given else np.zeros(len(self.unit), dtype=np.bool_)
        asked = people if anything.all() else within(self.own(np.flatnonzero(anything)), self.end)
        answered = np.empty((len(self.given), len(there)), dtype=np.int64)
        answered[:] = asked.ravel()[there]
        for at, some in enumerate(self.given):
            # Most answer what they are asked, so that those who did not are sooner counted.
            without = np.flatnonzero(anything & ~some)
            if len(without):
                answered[at] -= within(self.own(without), self.end).ravel()[there]
        return answered, asked >= max(self.plan.minimum, 1)

    def _repeats(self, there: Ints) -> Ints:
        """How many answers in each place are a person's second or later ones, measures x places that are there."""
        found = np.zeros((len(self.given), len(there)), dtype=np.int64)
        assert self.person is not None  # noqa: S101 - for the reader of types
        size = self.shape[0] * self.shape[1]
        for cuts in self.cut:
            pairs = repeats(self.plan.tree, self.unit + self.branch.start, self.person, cuts, self.given)
            for at, (unit, cut) in enumerate(pairs):
                inside = (unit >= self.branch.start) & (unit < self.branch.stop)
                place = cut[inside] * self.shape[1] + unit[inside] - self.branch.start
                own = np.bincount(place, minlength=size).reshape(self.shape)
                found[at] += within(own, self.end).ravel()[there]
        return found

    def _whole(self, histogram: Ints) -> dict[str, pa.Array]:
        """All rows of the branch by cut, for the units above: people, and how often each value was given."""
        people = self.own().sum(axis=1)
        there = np.flatnonzero(people)
        columns = dict.fromkeys(TALLY.names[4:], pa.nulls(len(there), pa.list_(pa.int64())))
        return columns | {
            "unit": arrow(np.full(len(there), NOWHERE, dtype=np.int32)),
            "cut": arrow(there.astype(np.int32)),
            "people": arrow(people[there]),
            "histogram": lists(np.ascontiguousarray(histogram.T[there])),
        }


@dataclass(frozen=True)
class _Kept:
    """The places that have figures, cut by cut in the order of the tree, and the rows that are counted in each.

    After those of a cut stands one more, for the rows that are in none of them.
    """

    at: Ints  # where each place with figures stands
    last: Ints  # and the first place after those inside it
    first: Ints  # the first place of each cut
    size: int
    place: Ints  # of the rows, groupings x rows; `size` for whoever is in no cut

    @classmethod
    def of(cls, counting: _Counting, flags: Bools) -> _Kept:
        """`flags` are the places with figures, cuts x units."""
        cuts, units = flags.shape
        upto = np.zeros((cuts, units + 2), dtype=np.int64)
        np.cumsum(flags, axis=1, out=upto[:, 1:-1])
        upto[:, -1] = upto[:, -2] + 1
        upto[1:] += np.cumsum(upto[:-1, -1])[:, None]
        cut, unit = np.nonzero(flags)
        # A row whose own place has no figures is counted in the next one above that has.
        number = np.where(flags, upto[:, :units], upto[:, units, None])
        top = int(counting.depth.min())
        for depth in range(top + 1, int(counting.depth.max()) + 1):
            here = np.flatnonzero(counting.depth == depth)
            number[:, here] = np.where(flags[:, here], number[:, here], number[:, counting.parent[here]])
        size = int(upto[-1, -1])
        place = np.append(number, size)[counting.cell]
        return cls(upto[cut, unit], upto[cut, counting.end[unit]], upto[:, 0], size, place)

    def histogram(self, code: Whole, values: int) -> Ints:
        """How often each value was given by the rows of each place, values x places."""
        key = self.place + code.astype(np.int64) * (self.size + 1)
        counts = np.bincount(key.ravel(), minlength=(values + 1) * (self.size + 1))
        return counts.reshape(values + 1, self.size + 1)[1:, :-1]

    def inside(self, own: Ints) -> Small:
        """The same of the places with figures and all that is inside each."""
        # In 32 bits, which hold all rows of a branch and are read in half the time.
        upto = np.zeros((len(own), self.size + 1), dtype=np.int32)
        np.cumsum(own, axis=1, out=upto[:, 1:])
        found: Small = np.take(upto, self.last, axis=1)
        found -= np.take(upto, self.at, axis=1)
        return found


def described(counts: Whole, measure: Values) -> dict[str, Ints]:
    """FIGURES of places, from how often each value was given there: values x places."""
    sides = [(measure.side == side).astype(np.int64) for side in (1, 0, -1)]
    weights = np.array([measure.steps, measure.steps**2, *sides])
    total, squares, *on = np.einsum("kv,vp->kp", weights, counts.astype(np.int64))
    modal = np.zeros_like(total) if measure.is_rate else counts.max(axis=0, initial=0)
    return dict(zip(FIGURES, (total, squares, modal, *on), strict=True))
