"""Somebody who holds the roster, knows who answered what, and has every published row. Shares no code with us.

Two ways to attack: exact algebra over fractions, and trying every possible set of answers.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pyarrow as pa
    from village import Village

Equation = dict[tuple[int, str], Fraction]  # (record, item) -> how many times its answer is in the published sum


def equations(village: Village, published: pa.Table, measures: Iterable[str], figure: str = "total") -> list[Equation]:
    """What the published sums of these measures say, in terms of the answers of each record.

    A scale is written in its items; a measure of its own is its own item. With `figure` "squares" the answers are
    squared ones, and so for every share.
    """
    wanted = set(measures)
    result = []
    for row in published.to_pylist():
        if row[figure] is None or row["measure"] not in wanted:
            continue
        items = village.families.get(row["measure"], (row["measure"],))
        equation: Equation = {}
        for number in village.places[row["unit"], row["segment"], row["category"]]:
            record = village.records[number]
            if village.value(record, row["measure"]) is None:
                continue
            given = [item for item in items if item in record.answers]
            for item in given:
                equation[number, item] = Fraction(1, len(given))
        result.append(equation)
    return result


class Knowledge:
    """The equations in reduced form, over fractions."""

    def __init__(self, known: Sequence[Equation]) -> None:
        self.unknowns = sorted({unknown for equation in known for unknown in equation})
        self.rows: list[Equation] = []
        for equation in known:
            rest = self.reduce(equation)
            if rest:
                lead = min(rest)
                scaled = {unknown: value / rest[lead] for unknown, value in rest.items()}
                self.rows = [_minus(row, scaled, row.get(lead, Fraction(0))) for row in self.rows]
                self.rows.append(scaled)

    def reduce(self, wanted: Equation) -> Equation:
        """What of `wanted` does not follow; empty when it is known exactly."""
        rest = dict(wanted)
        for row in self.rows:
            rest = _minus(rest, row, rest.get(min(row), Fraction(0)))
        return rest

    def freedom(self, unknowns: Sequence[tuple[int, str]]) -> int:
        """In how many independent ways these unknowns can still vary together."""
        leads = {min(row): row for row in self.rows}
        vectors = []
        for unknown in unknowns:
            if unknown in leads:
                vectors.append({one: -value for one, value in leads[unknown].items() if one != unknown})
            else:
                vectors.append({unknown: Fraction(1)})
        return len(Knowledge(vectors).rows) if vectors else 0


def _minus(left: Equation, right: Equation, times: Fraction) -> Equation:
    if not times:
        return left
    result = dict(left)
    for unknown, value in right.items():
        result[unknown] = result.get(unknown, Fraction(0)) - times * value
    return {unknown: value for unknown, value in result.items() if value}


def exposed_groups(village: Village, known: Knowledge, below: int) -> list[tuple[int, ...]]:
    """Groups of fewer than `below` people of whom some combination of answers is known, smallest first."""
    by_person: dict[int, list[tuple[int, str]]] = {}
    for unknown in known.unknowns:
        by_person.setdefault(village.records[unknown[0]].who, []).append(unknown)
    found = []
    for size in range(1, below):
        for group in combinations(sorted(by_person), size):
            unknowns = [unknown for person in group for unknown in by_person[person]]
            if known.freedom(unknowns) < len(unknowns):
                found.append(group)
        if found:
            return found
    return found


def known_sums(village: Village, known: Knowledge, below: int) -> list[tuple[int, ...]]:
    """Groups of fewer than `below` people whose sum of all answers to an item is known exactly."""
    found = []
    for item in sorted({item for _, item in known.unknowns}):
        people = sorted({village.records[number].who for number, name in known.unknowns if name == item})
        for size in range(1, below):
            for group in combinations(people, size):
                wanted = {
                    (number, name): Fraction(1)
                    for number, name in known.unknowns
                    if name == item and village.records[number].who in group
                }
                if not known.reduce(wanted):
                    found.append(group)
    return found


def worlds(known: Sequence[Equation], truth: dict[tuple[int, str], int], values: range) -> np.ndarray:
    """Every assignment of `values` to the unknowns that agrees with what is published: worlds x unknowns.

    Unknown by unknown, dropping what cannot agree any more as soon as an equation is complete.
    """
    unknowns = sorted(truth)
    scale = 12  # lcm of 1..4: makes every coefficient whole
    table = np.array([[int(equation.get(one, 0) * scale) for one in unknowns] for equation in known]).reshape(
        len(known), len(unknowns)
    )
    goal = table @ np.array([truth[one] for one in unknowns])
    found = np.zeros((1, 0), dtype=np.int64)
    for number in range(len(unknowns)):
        found = np.concatenate([np.column_stack([found, np.full(len(found), value)]) for value in values])
        partial = found @ table[:, : number + 1].T
        rest = table[:, number + 1 :]
        low = partial + rest.clip(min=0).sum(axis=1) * min(values) + rest.clip(max=0).sum(axis=1) * max(values)
        high = partial + rest.clip(min=0).sum(axis=1) * max(values) + rest.clip(max=0).sum(axis=1) * min(values)
        found = found[((low <= goal) & (goal <= high)).all(axis=1)]
    return found
