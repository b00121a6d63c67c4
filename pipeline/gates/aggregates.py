"""The protected rows of a wave, measured: against the specification, and against the people counted once more."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.counting.arrays import coded, numbers, valid
from pipeline.gates.figures import COLUMNS, Figures
from pipeline.gates.people import asked
from pipeline.gates.places import ADDRESS, NOWHERE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.counting.arrays import Bools, Ints
    from pipeline.gates.places import Asked
    from pipeline.organisation import Tree
    from pipeline.parquet import Columns
    from pipeline.survey import Survey

_COUNTS = (
    "rows",
    "expected",  # rows that the specification asks for: places where somebody was invited or answered, by measure
    "missing",  # of these, without a row
    "unexpected",  # addresses of rows that it does not ask for
    "repeated",  # rows with the address of another
    "unknown_status",
    "below_minimum",  # shown for fewer people than the minimum for a mean
    "finer_below_minimum",  # spread or shares shown for fewer than the minimum for a distribution
    "withheld_with_figures",
    "negative",
    "shares_off",  # favourable, neutral and unfavourable do not make up those who answered
    "spread_off",  # no answers have this sum together with this sum of squares
    "totals_off",  # counted cells that are not the sum of the people below them, or are there twice or not at all
    "unlike_counted",  # shown with another count than that of the people
    "more_than_invited",
    "rate_alone",  # a response rate shown without those invited
)
# One row a table of the specification: `subject` is its segment, crossed ones joined by "*", "all" for none.
AGGREGATES = pa.schema(
    [
        pa.field("subject", pa.string(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=False) for name in _COUNTS),
        pa.field("free", pa.float64()),  # share of the rows that are shown
    ],
)
_TEXTS = pa.schema([(name, pa.string()) for name in ADDRESS])


def aggregates(survey: Survey, tree: Tree, candidate: Mapping[str, Columns]) -> pa.Table:
    """Measures as AGGREGATES of a candidate's `cells`, `members`, `protected` and `kept`.

    A table that has no rows and should have none has no measures. Raises KeyError for a column that is not there.
    """
    people = asked(survey, tree, candidate["members"])
    tally = _Tally()
    tally.add_all("expected", people.by_segment(np.ones(people.answered.size, np.bool_)))
    _counted(people, candidate["cells"], tally)
    _stated(survey, people, candidate, tally)
    return tally.table()


class _Tally:
    """How many rows of each segment are not as they should be, by what is wrong with them."""

    def __init__(self) -> None:
        self.count: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, what: str, segment: pa.ChunkedArray, which: Bools) -> None:
        """These rows, of those with these segments."""
        if which.any():
            code, words = coded(segment)
            counts = np.bincount(code[which] + 1, minlength=len(words) + 1)
            for word, count in zip(["", *words], counts.tolist(), strict=True):  # "" for none
                self.count[what][word] += count

    def add_all(self, what: str, counts: Mapping[str, int]) -> None:
        """So many more of each segment."""
        for word, count in counts.items():
            self.count[what][word] += count

    def table(self) -> pa.Table:
        """As AGGREGATES; of the segments that there is anything of."""
        subjects = sorted({word for counts in self.count.values() for word, count in counts.items() if count})
        found = {name: [self.count[name][one] for one in subjects] for name in (*_COUNTS, "shown")}
        free = [part / whole if whole else None for part, whole in zip(found.pop("shown"), found["rows"], strict=True)]
        return pa.table({"subject": subjects, **found, "free": free}, schema=AGGREGATES)


class _Met:
    """Which of the figures that are asked for there has been a row of."""

    def __init__(self, people: Asked) -> None:
        self.figures = np.zeros(people.answered.size, np.bool_)
        self._row = np.empty(people.answered.size, np.int32)  # the first of each figure; of others, anything

    def again(self, at: Ints) -> Bools:
        """Takes the next rows, by the place of their figure: which of them are not the first of theirs."""
        rows = np.flatnonzero(at != NOWHERE).astype(np.int32)
        figures = at[rows]
        self._row[figures[::-1]] = rows[::-1]  # of several the last that is written stays, so this is the first
        found = np.zeros(len(at), np.bool_)
        found[rows] = self.figures[figures] | (self._row[figures] != rows)
        self.figures[figures] = True
        return found


def _counted(people: Asked, cells: Columns, tally: _Tally) -> None:
    """What was counted, against the people themselves."""
    met = _Met(people)
    for rows in cells.groups([*ADDRESS, "answered"]):
        at = people.at(rows)
        tally.add("totals_off", rows["segment"], _unlike(people, at, rows) | met.again(at))
    tally.add_all("totals_off", people.by_segment(~met.figures))


def _stated(survey: Survey, people: Asked, candidate: Mapping[str, Columns], tally: _Tally) -> None:
    """What would be published: each row by itself, and against the people."""
    met, stays = _Met(people), np.zeros(people.answered.size + 1, np.bool_)  # the last one for NOWHERE
    for rows in candidate["kept"].groups(ADDRESS):
        stays[people.at(rows)] = True
    stays[NOWHERE] = False
    unexpected: list[pa.Table] = []
    for rows in candidate["protected"].groups([*ADDRESS, *(name for name in COLUMNS if name not in ADDRESS)]):
        at, figures, segment = people.at(rows), Figures.read(rows), rows["segment"]
        tally.add("rows", segment, np.ones(len(at), np.bool_))
        tally.add("shown", segment, figures.shown)
        for what, which in figures.faults(survey):
            tally.add(what, segment, which)
        # Rows that stay as they were published may be about others.
        tally.add("unlike_counted", segment, figures.shown & ~stays[at] & _unlike(people, at, rows))
        tally.add("repeated", segment, met.again(at))
        if (at == NOWHERE).any():
            unexpected.append(rows.select(ADDRESS).filter(pa.array(at == NOWHERE)).cast(_TEXTS))
    tally.add_all("missing", people.by_segment(~met.figures))
    if unexpected:
        _unexpected(pa.concat_tables(unexpected), tally)


def _unexpected(rows: pa.Table, tally: _Tally) -> None:
    """Each address that was not asked for once, and the other rows of it as repeated."""
    for one in rows.group_by(ADDRESS).aggregate([([], "count_all")]).to_pylist():
        tally.add_all("unexpected", {one["segment"] or "": 1})
        tally.add_all("repeated", {one["segment"] or "": one["count_all"] - 1})


def _unlike(people: Asked, at: Ints, rows: pa.Table) -> Bools:
    """Whether another number of people is stated than have a value there; a row that nobody asked for is unlike."""
    stated = rows["answered"]
    counted = people.answered.ravel()[at] if people.answered.size else at
    unlike: Bools = (at == NOWHERE) | ~valid(stated) | (numbers(stated, 0) != counted)
    return unlike
