"""A village whose wave is published again and again: who is the same person, and which answer is the same answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
from attacker import Equation, equations

from pipeline.disclosure import Past, ProtectedTable, Rules, protect
from pipeline.tables import numbered_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from village import Record, Village


@dataclass(frozen=True)
class Somebody:
    """An answer record of any release, as an attacker sees it."""

    who: int


@dataclass
class Releases:
    """Every release of one wave so far, with the numbers that its answers have."""

    rules: Rules
    villages: list[Village] = field(default_factory=list)
    tables: list[ProtectedTable] = field(default_factory=list)
    past: list[Past] = field(default_factory=list)
    numbers: dict[tuple[int, int], int] = field(default_factory=dict)
    versions: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def publish(self, village: Village, *, blind: bool = False) -> ProtectedTable:
        """The next release; a `blind` one is protected as if there were none before it."""
        members = self.members(village)
        before = () if blind else tuple(self.past)
        made = protect(village.cells, members, village.tree, self.rules, village.families, before)
        self.villages.append(village)
        self.tables.append(made)
        self.past.append(Past(village.cells, members, village.tree, made.table, made.kept))
        return made

    def members(self, village: Village) -> pa.Table:
        """The members, numbered: the n-th record of a person is one record in every release."""
        rows = []
        for number, record in each(village):
            own = self.numbers.setdefault((record.who, number), len(self.numbers))
            row = {"respondent": record.who, "record": own, "unit": record.unit}
            row |= {segment: record.categories.get(segment, "") for segment in village.segments}
            for measure in village.measures:
                value = village.value(record, measure)
                seen = self.versions.setdefault((own, measure), [])
                if value is not None and value not in seen:
                    seen.append(value)
                row[measure] = None if value is None else seen.index(value)
            rows.append(row)
        for record in village.silent or ():
            own = self.numbers.setdefault((record.who, 0), len(self.numbers))
            row = {"respondent": record.who, "record": own, "unit": record.unit}
            rows.append(row | {segment: record.categories.get(segment, "") for segment in village.segments})
        return pa.Table.from_pylist(rows, schema=numbered_schema(village.segments, village.measures))

    def known(self, measures: Iterable[str], figure: str = "total") -> tuple[list[Equation], Known]:
        """All that was ever published, in terms of the different answers that people gave in the whole time."""
        found: list[Equation] = []
        records: dict[tuple[int, int, str, int], int] = {}
        for village, made in zip(self.villages, self.tables, strict=True):
            stays = {tuple(row.values()) for row in made.kept.to_pylist()}
            rows = [row for row in made.table.to_pylist() if tuple(row.values())[:4] not in stays]
            nth = [number for number, _ in each(village)]
            for equation in equations(village, pa.Table.from_pylist(rows, schema=made.table.schema), measures, figure):
                renamed: Equation = {}
                for (at, item), times in equation.items():
                    record = village.records[at]
                    answer = (record.who, nth[at], item, record.answers[item])
                    renamed[records.setdefault(answer, len(records)), item] = times
                found.append(renamed)
        return found, Known(tuple(Somebody(answer[0]) for answer in records))


@dataclass(frozen=True)
class Known:
    """Stands in for a village where the attacker asks who a record belongs to."""

    records: tuple[Somebody, ...]


def each(village: Village) -> Iterator[tuple[int, Record]]:
    """Every record with how many of the same person stand before it."""
    seen: Counter[int] = Counter()
    for record in village.records:
        yield seen[record.who], record
        seen[record.who] += 1
