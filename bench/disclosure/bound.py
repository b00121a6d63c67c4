"""The least that anybody has to lose: a lower bound for every contender in whose pattern our auditor finds nobody.

`python -m bench.disclosure.bound RESPONDENTS UNITS SEGMENTS [ROUNDS [SECONDS]]`. Such a pattern withholds every cell
of 1..k-1 people, and leaves over nobody, or at least k people, where published figures are taken off the published one
that holds them: along the tree in one grouping, and over the categories of a segment in one unit. These are linear
conditions on whole numbers, so that HiGHS can look for the pattern that loses least, and proves how little that can be.
Where the auditor finds somebody in that pattern, the cells of each certificate cannot all be published: in ROUNDS
further rounds (none by default) that is a condition too, and the bound rises.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from bench.disclosure.instance import RULES, make
from bench.disclosure.instance import SEGMENTS as KNOWN
from pipeline.disclosure.audit import Auditor
from pipeline.disclosure.cells import grid
from pipeline.disclosure.primary import Shown
from pipeline.survey import RESPONSE_RATE, TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.disclosure.instance import Instance

Place = tuple[str, str, str]


@dataclass
class Program:
    """min cost @ x, low <= rows @ x <= high. Variables lie between 0 and `most`."""

    cost: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    rows: list[Mapping[int, float]] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def variable(self, most: float, cost: float = 0.0, *, whole: bool = False) -> int:
        """The number of a further one."""
        self.cost.append(cost)
        self.most.append(most)
        self.whole.append(int(whole))
        return len(self.cost) - 1

    def hold(self, row: Mapping[int, float], low: float = -np.inf, high: float = np.inf) -> None:
        """A further condition, by variable."""
        self.rows.append(row)
        self.low.append(low)
        self.high.append(high)

    def solve(self, seconds: float) -> tuple[float, list[float]]:
        """The least cost that there can be, and the best that was found: each variable, none where nothing was."""
        at = [(number, column, times) for number, row in enumerate(self.rows) for column, times in row.items()]
        rows, columns, times = (np.array(one) for one in zip(*at, strict=True))
        matrix = sparse.csr_array((times, (rows, columns)), shape=(len(self.rows), len(self.cost)))
        found = milp(
            np.array(self.cost),
            integrality=np.array(self.whole),
            bounds=Bounds(0, np.array(self.most)),
            constraints=LinearConstraint(matrix, np.array(self.low), np.array(self.high)),
            options={"time_limit": seconds, "mip_rel_gap": 1e-4},
        )
        return float(found.mip_dual_bound or 0.0), [] if found.x is None else found.x.tolist()


@dataclass(frozen=True)
class Bound:
    """`least`: no pattern loses a smaller share of the respondents. The one found has so many `certificates`."""

    least: float
    found: float
    certificates: int


def bounds(instance: Instance, rounds: int = 0, seconds: float = 300.0) -> Iterator[Bound]:
    """The bound, and a higher one for every round, until nobody is found in the pattern that loses least."""
    counts = instance.of_counts()
    people = _people(counts)
    program, shown = _program(counts, people)
    laid = grid(counts.cells, (RESPONSE_RATE.id,), counts.segments, counts.tree)
    auditor = Auditor(laid, counts.members, counts.tree, RULES, {})
    whole = sum(people.values())
    for _ in range(rounds + 1):
        least, values = program.solve(seconds)
        published = [place for place, x in shown.items() if values and values[x] > 1 / 2]
        means = np.zeros_like(laid.exists)
        means[0, [laid.at[place] for place in published]] = True
        leaks = auditor.audit(Shown(means, np.zeros_like(means)))
        yield Bound(1 + least / whole, 1 - sum(people[place] for place in published) / whole, len(leaks))
        if not leaks:
            return
        for one in leaks:
            cells = [shown[laid.places[term.place]] for term in one.terms]
            program.hold(dict.fromkeys(cells, 1.0), high=len(set(cells)) - 1)


def _people(counts: Instance) -> dict[Place, int]:
    columns = (counts.cells[name].to_pylist() for name in ("unit", "segment", "category", "answered"))
    return {(unit, segment, category): size for unit, segment, category, size in zip(*columns, strict=True) if size}


def _program(counts: Instance, people: Mapping[Place, int]) -> tuple[Program, dict[Place, int]]:
    """What a pattern must keep, and the variable that says of each cell whether it is published."""
    program = Program()
    shown = {
        place: program.variable(1, -size, whole=True) for place, size in people.items() if size >= RULES.minimum_mean
    }
    columns = sorted({place[1:] for place in people})
    for column in columns:
        _along_the_tree(program, counts, people, shown, column)
    for unit in [unit for unit, *column in shown if column == [TOTAL, TOTAL]]:
        for segment in counts.segments:
            parts = [(unit, *one) for one in columns if one[0] == segment and (unit, *one) in people]
            _over_categories(program, people, shown, unit, parts)
    return program, shown


def _along_the_tree(
    program: Program,
    counts: Instance,
    people: Mapping[Place, int],
    shown: Mapping[Place, int],
    column: tuple[str, str],
) -> None:
    """A published unit holds nobody, or at least k people, who are in no published unit below it."""
    hidden: dict[str, tuple[dict[int, float], float]] = {}  # unit -> those in no published unit there, as a sum
    for unit in reversed(counts.tree.units):
        size = people.get((unit.id, *column), 0)
        below = [one for one in counts.tree.children.get(unit.id, ()) if one in hidden]
        inside: dict[int, float] = {}
        own = float(size - sum(people[one, *column] for one in below))
        for one in below:
            inside |= hidden[one][0]
            own += hidden[one][1]
        x = shown.get((unit.id, *column))
        if x is None:
            if size:
                hidden[unit.id] = inside, own
            continue
        if below:
            _nobody_or_enough(program, inside, own, x, size)
        left = program.variable(size)
        minus = {at: -times for at, times in inside.items()}
        program.hold({left: 1.0, x: float(size), **minus}, low=own)  # all of them are left where it is not published
        program.hold({left: 1.0, **minus}, high=own)
        program.hold({left: 1.0, x: float(size)}, high=size)  # and nobody where it is
        hidden[unit.id] = {left: 1.0}, 0.0


def _over_categories(
    program: Program, people: Mapping[Place, int], shown: Mapping[Place, int], unit: str, parts: list[Place]
) -> None:
    """A unit's published figure holds nobody, or at least k people, who are in no published category of a segment."""
    whole = unit, TOTAL, TOTAL
    inside = {shown[one]: -float(people[one]) for one in parts if one in shown}
    _nobody_or_enough(program, inside, float(people[whole]), shown[whole], people[whole])


def _nobody_or_enough(program: Program, inside: Mapping[int, float], own: float, x: int, size: int) -> None:
    """`own` + `inside` is 0 or at least k where x is 1, and anything from 0 to `size` where it is not."""
    enough = program.variable(1, whole=True)
    program.hold({**inside, enough: -float(RULES.minimum_mean)}, low=-own)
    program.hold({**inside, enough: -float(size), x: float(size)}, high=size - own)


if __name__ == "__main__":
    respondents, units, segments, *more = map(int, sys.argv[1:])
    for bound in bounds(make(respondents, units, tuple(KNOWN)[:segments]), *more):
        print(json.dumps(vars(bound)), flush=True)
