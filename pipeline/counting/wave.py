"""A wave made ready to be counted: rows in the order of the tree, in branches, with what every branch needs to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.counting.above import Above
from pipeline.counting.arrays import Ints, Whole, arrow, numbers, valid
from pipeline.counting.branches import branches
from pipeline.counting.cuts import Cuts
from pipeline.counting.kernel import Plan, tally, width
from pipeline.counting.laid import Laid
from pipeline.counting.measures import codes, items, values
from pipeline.counting.nested import NOWHERE, Nested
from pipeline.counting.records import answering
from pipeline.counting.several import repeats
from pipeline.errors import RunRefused
from pipeline.in_order import in_order

if TYPE_CHECKING:
    from pipeline.counting.measures import Item, Values
    from pipeline.counting.records import Records, Rows
    from pipeline.organisation import Tree
    from pipeline.survey import Survey

# Rows that are looked at together where all of them would take much memory.
AT_ONCE = 1 << 16
# Counts every branch of some rows: TALLYs in any order. What an engine is.
Engine = Callable[[pa.Table, Plan], Iterable[pa.Table]]


def here(rows: pa.Table, plan: Plan, threads: int | None = None) -> Iterator[pa.Table]:
    """The engine of one machine: branch by branch, so that no more are counted at a time than there are threads."""
    start = np.searchsorted(numbers(rows["branch"]), np.arange(len(plan.branches) + 1)).tolist()
    parts = [rows.slice(one, after - one) for one, after in pairwise(start) if after > one]
    return in_order(lambda part: tally(part, plan), parts, threads)


@dataclass(frozen=True)
class Wave:
    """`rows` as `Plan.rows`, by unit; `record` says which of the records each is, and `cuts` are those of rows."""

    plan: Plan
    rows: pa.Table
    record: Whole
    records: Records
    cuts: Cuts

    @classmethod
    def of(
        cls,
        survey: Survey,
        tree: Tree,
        responses: Rows,
        records: Records,
        minimum: int,
        size: int | None = None,
        threads: int | None = None,
    ) -> Wave:
        """Lays the records out. `size` is that of a branch in rows, as many as are good if None.

        Columns are read by as many `threads` as there are cores if None.

        Raises RunRefused for answers that are not on their scales.
        """
        asked = items(survey)
        nested = Nested.of(tree)
        code, words = records.coded("unit")
        # Of numbers as narrow as these, NumPy sorts 16 bits by counting them.
        narrow = np.min_scalar_type(len(nested.units))
        unit = np.array([nested.number[word] for word in words], dtype=narrow)[code]
        order: Whole = np.argsort(unit, kind="stable").astype(np.int32)
        cuts = Cuts.all(survey, records, order)
        submission = records.submission[order]
        answers = list(in_order(lambda one: _answers(submission, responses[one.id], one), asked, threads))
        if not records.roster and not (some := answering(answers, len(order))).all():
            order, answers = order[some], [one[some] for one in answers]
            cuts = Cuts.all(survey, records, order)
        unit = unit[order]
        several = survey.file.respondent.once_per == "unit"
        own = np.bincount(unit, minlength=len(nested.units))
        found = branches(nested, own, len(cuts.names), size)
        plan = Plan(
            nested, found, asked, _measured(values(survey), answers), len(cuts.of), len(cuts.names), minimum, several
        )
        begun = np.array([0, *(one.start for one in found[1:]), len(nested.units)])
        many = np.diff(np.concatenate([[0], np.cumsum(own)])[begun])
        lead: list[Whole] = [np.repeat(np.arange(len(found), dtype=np.int32), many), unit.astype(np.int32)]
        del unit
        if several:
            lead.append(records.person[order].astype(np.int32))
        lead += cuts.of
        return cls(plan, pa.table([*map(arrow, (*lead, *answers))], schema=plan.rows()), order, records, cuts)

    @cached_property
    def unit(self) -> Ints:
        """The unit of each row, by number."""
        return numbers(self.rows["unit"]).astype(np.int64)

    def tallies(self, engine: Engine = here) -> Iterator[pa.Table]:
        """The cells of every branch, and then of the units above them, as TALLY."""
        above = Above(self.plan)
        pa.default_memory_pool().release_unused()  # what columns were read into
        for one in engine(self.rows, self.plan):
            yield above.add(one)
        yield from above.cells(self._meetings() if self.plan.several and len(above.units) else ())

    def cells(self, engine: Engine = here) -> pa.Table:
        """Every cell, with the columns of CELLS, sorted."""
        laid = Laid(self.plan, self.cuts, self.unit, self.records.roster)
        for one in self.tallies(engine):
            laid.add(one)
        return laid.table()

    def _meetings(self) -> list[list[tuple[Ints, Ints]]]:
        """Where answers of one person come together, for each grouping and measure."""
        given = [numbers(self.rows[f"item_{at}"]) for at in range(len(self.plan.items))]
        highest = [one.high - one.low + 1 for one in self.plan.items]
        there = [code > 0 for code in codes(self.plan.measures, given, highest)]
        person = numbers(self.rows["person"]).astype(np.int64)
        return [list(repeats(self.plan.tree, self.unit, person, cut, there)) for cut in self.cuts.of]


def _answers(submission: Whole, column: pa.ChunkedArray, item: Item) -> Whole:
    """The codes of what these submissions answered to an item, 0 for NOWHERE.

    Raises RunRefused where one is not on its scale.
    """
    codes_of_all = [np.zeros(0, dtype=str(width(item)))]
    outside = False
    for chunk in column.chunks:
        given, there = numbers(chunk), valid(chunk)
        inside = there & (given >= item.low) & (given <= item.high)
        outside = outside or bool((inside != there).any())
        codes_of_all.append((item.codes(given) * inside).astype(codes_of_all[0].dtype))
    if outside and _counts(submission, column, item):
        msg = (
            f"answers to {item.id} lie outside {item.low} to {item.high}, so they were read with another survey file "
            "than the one of today; its owner puts the scale back, or has the files read again (pulsverk redrive)"
        )
        raise RunRefused(msg)
    codes_of_all.append(np.zeros(1, dtype=codes_of_all[0].dtype))  # of NOWHERE, which is the last
    whole = np.concatenate(codes_of_all)
    del codes_of_all
    found: Whole = np.empty(len(submission), dtype=whole.dtype)
    for first in range(0, len(found), AT_ONCE):  # NumPy makes indices twice as wide
        part = slice(first, first + AT_ONCE)
        found[part] = whole[submission[part]]
    return found


def _counts(submission: Whole, column: pa.ChunkedArray, item: Item) -> bool:
    """Whether any answer that is not on its scale is one of these."""
    ends = pc.min_max(column.take(arrow(submission[submission != NOWHERE])))
    least, most = ends["min"].as_py(), ends["max"].as_py()
    return least is not None and not item.low <= least <= most <= item.high


def _measured(measures: tuple[Values, ...], answers: list[Whole]) -> tuple[Values, ...]:
    """The measures that anybody has a value for, in the order of their names."""

    def anybody(measure: Values) -> bool:
        if measure.is_rate:
            return any(one.any() for one in answers)
        given = [answers[column] for column in measure.items]
        parts = range(0, len(given[0]), AT_ONCE)
        return any(sum(one[at : at + AT_ONCE] > 0 for one in given).max() >= measure.least() for at in parts)  # type: ignore[union-attr]

    return tuple(sorted(filter(anybody, measures), key=lambda one: one.id))
