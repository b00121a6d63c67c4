"""A wave made ready to be counted: rows in the order of the tree, in branches, with what every branch needs to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.counting.above import Above
from pipeline.counting.arrays import Ints, Whole, arrow, coded, numbers, valid
from pipeline.counting.branches import branches
from pipeline.counting.cuts import Cuts
from pipeline.counting.kernel import Plan, tally, width
from pipeline.counting.laid import Laid
from pipeline.counting.measures import codes, items, values
from pipeline.counting.nested import Nested
from pipeline.counting.records import answering
from pipeline.counting.several import repeats
from pipeline.errors import RunRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.counting.measures import Item, Values
    from pipeline.counting.records import Records
    from pipeline.organisation import Tree
    from pipeline.survey import Survey

# Counts every branch of some rows: TALLYs in any order. What an engine is.
Engine = Callable[[pa.Table, Plan], Iterable[pa.Table]]


def here(rows: pa.Table, plan: Plan) -> Iterator[pa.Table]:
    """The engine of one machine: branch by branch, so that no more than one of them is being counted at a time."""
    start = np.searchsorted(numbers(rows["branch"]), np.arange(len(plan.branches) + 1))
    for one, after in zip(start[:-1].tolist(), start[1:].tolist(), strict=True):
        if after > one:
            yield tally(rows.slice(one, after - one), plan)


@dataclass(frozen=True)
class Wave:
    """`rows` as `Plan.rows`, by unit; `record` says which of the records each is."""

    plan: Plan
    rows: pa.Table
    record: Ints
    records: Records
    cuts: Cuts

    @classmethod
    def of(
        cls,
        survey: Survey,
        tree: Tree,
        responses: Mapping[str, pa.ChunkedArray],
        records: Records,
        minimum: int,
        size: int | None = None,
    ) -> Wave:
        """Lays the records out. `size` is that of a branch in rows, as many as are good if None.

        Raises RunRefused for answers that are not on their scales.
        """
        asked = items(survey)
        nested = Nested.of(tree)
        code, words = coded(records.here("unit"))
        unit = np.array([nested.number[word] for word in words], dtype=np.int64)[code]
        order = np.argsort(unit, kind="stable")
        answers = [
            _answers(records, responses[name], one, order) for name, one in zip(survey.items, asked, strict=True)
        ]
        if not records.roster:
            some = answering(answers, len(order))
            order, keep = order[some], pa.array(some.tolist()) if not some.all() else None
            answers = answers if keep is None else [one.filter(keep) for one in answers]
        cuts = Cuts.all(survey, records)
        unit = unit[order]
        several = survey.file.respondent.once_per == "unit"
        own = np.bincount(unit, minlength=len(nested.units))
        found = branches(nested, own, len(cuts.names), size)
        plan = Plan(
            nested, found, asked, _measured(values(survey), answers), len(cuts.of), len(cuts.names), minimum, several
        )
        number = np.searchsorted([one.start for one in found], unit, side="right") - 1
        lead: list[Whole] = [number.astype(np.int32), unit.astype(np.int32)]
        if several:
            lead.append(records.person[order].astype(np.int32))
        lead += [cut[order].astype(np.int16) for cut in cuts.of]
        return cls(plan, pa.table([*map(arrow, lead), *answers], schema=plan.rows()), order, records, cuts)

    @cached_property
    def unit(self) -> Ints:
        """The unit of each row, by number."""
        return numbers(self.rows["unit"]).astype(np.int64)

    def tallies(self, engine: Engine = here) -> Iterator[pa.Table]:
        """The cells of every branch, and then of the units above them, as TALLY."""
        above = Above(self.plan)
        for one in engine(self.rows, self.plan):
            yield above.add(one)
        yield from above.cells(self._meetings() if self.plan.several and len(above.units) else ())

    def cells(self, engine: Engine = here) -> pa.Table:
        """Every cell, with the columns of CELLS, sorted."""
        laid = Laid(
            self.plan,
            Cuts(self.cuts.names, tuple(one[self.record] for one in self.cuts.of)),
            self.unit,
            self.records.roster,
        )
        for one in self.tallies(engine):
            laid.add(one)
        return laid.table()

    def _meetings(self) -> list[list[tuple[Ints, Ints]]]:
        """Where answers of one person come together, for each grouping and measure."""
        given = [one.codes(numbers(self.rows[f"item_{at}"], one.low - 1)) for at, one in enumerate(self.plan.items)]
        highest = [one.high - one.low + 1 for one in self.plan.items]
        there = [code > 0 for code in codes(self.plan.measures, given, highest)]
        person = numbers(self.rows["person"]).astype(np.int64)
        return [list(repeats(self.plan.tree, self.unit, person, cut[self.record], there)) for cut in self.cuts.of]


def _answers(records: Records, column: pa.ChunkedArray, item: Item, order: Ints) -> pa.Array:
    """What was answered to an item, in the narrowest type. Raises RunRefused where it is not on its scale."""
    given = records.answers(column, order)
    ends = pc.min_max(given)
    least, most = ends["min"].as_py(), ends["max"].as_py()
    if least is not None and not item.low <= least <= most <= item.high:
        msg = (
            f"answers to {item.id} lie outside {item.low} to {item.high}, so they were read with another survey file "
            "than the one of today; its owner puts the scale back, or has the files read again (pulsverk redrive)"
        )
        raise RunRefused(msg)
    return given.cast(width(item))


def _measured(measures: tuple[Values, ...], answers: list[pa.Array]) -> tuple[Values, ...]:
    """The measures that anybody has a value for, in the order of their names."""
    there = [valid(one) for one in answers]

    def anybody(measure: Values) -> bool:
        if measure.is_rate:
            return any(one.any() for one in there)
        answered = np.zeros(len(there[0]), dtype=np.int32)
        for column in measure.items:
            answered += there[column]
        return bool((answered >= measure.least()).any())

    return tuple(sorted(filter(anybody, measures), key=lambda one: one.id))
