"""A small organisation written down person by person, and its cells counted in the plainest way there is."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import lcm
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.survey import TOTAL
from pipeline.tables import CELLS, members_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.organisation import Tree

RATE = "response_rate"


@dataclass(frozen=True)
class Record:
    """One answer record: who, where, which categories ("" unknown), and the answers by measure."""

    who: int
    unit: str
    categories: Mapping[str, str]
    answers: Mapping[str, int]


@dataclass(frozen=True)
class Village:
    """Everybody of a wave. `groupings` besides everybody; `families` scale -> items, whose scores are derived here."""

    tree: Tree
    records: tuple[Record, ...]
    measures: tuple[str, ...]
    groupings: tuple[tuple[str, ...], ...] = ()
    families: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    silent: tuple[Record, ...] | None = None  # who was invited and did not answer; None where there is no roster

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """Every segment of the groupings, once."""
        return tuple(dict.fromkeys(name for grouping in self.groupings for name in grouping))

    def value(self, record: Record, measure: str) -> int | None:
        """An answer; of a scale, the sum of its answered items times lcm/answered when half of them are there."""
        if measure == RATE:
            return 1
        if measure not in self.families:
            return record.answers.get(measure)
        items = self.families[measure]
        given = [record.answers[item] for item in items if item in record.answers]
        if not given or 2 * len(given) < len(items):
            return None
        return sum(given) * (lcm(*range(1, len(items) + 1)) // len(given))

    @cached_property
    def places(self) -> dict[tuple[str, str, str], list[int]]:
        """(unit, segment, category) -> the records in it."""
        return self.located(self.records)

    @cached_property
    def away(self) -> dict[tuple[str, str, str], list[int]]:
        """(unit, segment, category) -> those of the silent in it."""
        return self.located(self.silent or ())

    def located(self, records: tuple[Record, ...]) -> dict[tuple[str, str, str], list[int]]:
        """(unit, segment, category) -> which of these are in it."""
        found: dict[tuple[str, str, str], list[int]] = {}
        for number, record in enumerate(records):
            for unit, grouping in product(self.tree.path[record.unit], [(), *self.groupings]):
                categories = [record.categories.get(segment, "") for segment in grouping]
                if all(categories):
                    place = (unit, "*".join(grouping) or TOTAL, "*".join(categories) or TOTAL)
                    found.setdefault(place, []).append(number)
        return found

    @cached_property
    def cells(self) -> pa.Table:
        """The cells, one by one."""
        rows = []
        for place in dict.fromkeys((*self.places, *self.away)):
            inside = self.places.get(place, [])
            for measure in self.measures:
                held = [(self.records[one].who, self.value(self.records[one], measure)) for one in inside]
                given = [(who, value) for who, value in held if value is not None]
                values = [value for _, value in given]
                middle = 1 if measure == RATE else 3
                if measure in self.families:
                    middle *= lcm(*range(1, len(self.families[measure]) + 1))
                counts = (
                    len({who for who, _ in given}),
                    len(values),
                    None if self.silent is None else len({who for who, _ in held}) + len(self.away.get(place, [])),
                    sum(values),
                    sum(value * value for value in values),
                    max(Counter(values).values(), default=0),
                    sum(value > middle for value in values),
                    sum(value == middle for value in values),
                    sum(value < middle for value in values),
                )
                rows.append(dict(zip(CELLS.names, (*place, measure, *counts), strict=True)))
        return pa.Table.from_pylist(rows, schema=CELLS)

    @cached_property
    def members(self) -> pa.Table:
        """The answer records without the answers, and after them whoever did not answer."""
        rows = [
            {
                "respondent": record.who,
                "unit": record.unit,
                **{segment: record.categories.get(segment, "") for segment in self.segments},
                **{measure: answered and self.value(record, measure) is not None for measure in self.measures},
            }
            for records, answered in ((self.records, True), (self.silent or (), False))
            for record in records
        ]
        return pa.Table.from_pylist(rows, schema=members_schema(self.segments, self.measures))
