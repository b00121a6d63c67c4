"""Exact linear algebra modulo a prime: what a sparse system of equations determines, and how.

Gaussian elimination on the shortest equation first, by its unknown that stands in the fewest others, so that the
system stays sparse. A random vector of the null space is a random world that looks the same from outside: what has the
value 0 in it does not depend on the world.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.cells import NOWHERE, Bools, Ints

if TYPE_CHECKING:
    from collections.abc import Sequence

PRIME = 2**31 - 1

Row = dict[int, int]  # unknown -> coefficient, none of them 0


@dataclass(frozen=True)
class Solved:
    """Equations in solved order, each with the unknown that it gives from those solved later.

    `empty` is what was left of equations that say nothing new.
    """

    steps: list[tuple[int, Row]]
    empty: list[Row]


def eliminate(left: Sequence[Row], unknowns: int) -> Solved:
    """Solves for as many unknowns as can be. Numbers from `unknowns` on are labels, carried along, not solved for.

    The rows are used up: they are what they are solved to afterwards.
    """
    stands_in: list[set[int]] = [set() for _ in range(unknowns)]
    for number, row in enumerate(left):
        for unknown in row:
            if unknown < unknowns:
                stands_in[unknown].add(number)
    waiting = [(len(row), number) for number, row in enumerate(left)]
    heapq.heapify(waiting)
    done = [False] * len(left)
    steps: list[tuple[int, Row]] = []
    empty: list[Row] = []
    while waiting:
        length, number = heapq.heappop(waiting)
        row = left[number]
        if done[number] or length != len(row):
            continue
        done[number] = True
        open_unknowns = [unknown for unknown in row if unknown < unknowns]
        if not open_unknowns:
            empty.append(row)
            continue
        _, pivot = min(zip(map(len, map(stands_in.__getitem__, open_unknowns)), open_unknowns, strict=True))
        for unknown in open_unknowns:
            stands_in[unknown].discard(number)
        inverse = pow(row[pivot], -1, PRIME)
        others = [(unknown, coefficient) for unknown, coefficient in row.items() if unknown != pivot]
        for other in sorted(stands_in[pivot]):
            target = left[other]
            factor = -target.pop(pivot) * inverse % PRIME
            _add(others, factor, target, stands_in, other)
            heapq.heappush(waiting, (len(target), other))
        steps.append((pivot, row))
    return Solved(steps, empty)


def _add(row: list[tuple[int, int]], factor: int, target: Row, stands_in: list[set[int]], number: int) -> None:
    """Adds a row to another, which is the `number`th, with the occurrences kept up.

    Most of the time of an audit of exact systems is spent here.
    """
    labels = len(stands_in)
    for unknown, coefficient in row:
        before = target.get(unknown)
        if before is None:
            target[unknown] = factor * coefficient % PRIME
            if unknown < labels:
                stands_in[unknown].add(number)
        elif value := (before + factor * coefficient) % PRIME:
            target[unknown] = value
        else:
            del target[unknown]
            if unknown < labels:
                stands_in[unknown].discard(number)


def _subtract(target: Row, row: Row, factor: int) -> None:
    """Target minus factor times row."""
    for unknown, coefficient in row.items():
        value = (target.get(unknown, 0) - factor * coefficient) % PRIME
        if value:
            target[unknown] = value
        else:
            target.pop(unknown, None)


def worlds(solved: Solved, unknowns: int, count: int) -> Ints:
    """`count` random vectors of the null space, unknowns x count. The same system gives the same vectors."""
    values = np.random.default_rng(unknowns).integers(1, PRIME, size=(unknowns, count), dtype=np.int64)
    for pivot, row in reversed(solved.steps):
        values[pivot] = 0
        inverse, index = pow(row[pivot], -1, PRIME), list(row)
        factor = np.array(list(row.values()), dtype=np.int64)[:, None]
        values[pivot] = -(factor * values[index] % PRIME).sum(axis=0) % PRIME * inverse % PRIME
    return values


def vanishing(values: Ints) -> Bools:
    """Which rows are 0 in every world: what they state is the same in all."""
    same: Bools = (values % PRIME == 0).all(axis=1)
    return same


def dependent(unknowns: Ints, values: Ints) -> Ints:
    """Which sets of unknowns (sets x as many as the largest has, NOWHERE beyond) have dependent values in all worlds.

    Then, and only then, the equations determine some combination of them. All sets are eliminated at once; there must
    be more worlds than unknowns in a set.
    """
    there = unknowns != NOWHERE
    work = np.where(there[:, :, None], values[unknowns], 0)
    groups, wide, count = work.shape
    rank = np.zeros(groups, dtype=np.int64)
    everyone = np.arange(groups)
    for item in range(wide):
        row = work[:, item]
        lead = (row != 0).argmax(axis=1)
        pivot = row[everyone, lead]
        rank += pivot != 0
        inverse = inverses(pivot)
        for other in range(item + 1, wide):
            factor = work[everyone, other, lead] * inverse % PRIME
            work[:, other] = (work[:, other] - factor[:, None] * row % PRIME) % PRIME
    return np.flatnonzero(rank < there.sum(axis=1)) if count else np.arange(groups)


def inverses(value: Ints) -> Ints:
    """The inverses modulo PRIME by Fermat's theorem; 0 of 0."""
    result = np.ones_like(value)
    power, square = PRIME - 2, value.copy()
    while power:
        if power & 1:
            result = result * square % PRIME
        square = square * square % PRIME
        power >>= 1
    return result


def relation(unknowns: Ints, values: Ints) -> Row:
    """A combination of these unknowns that is 0 in every world: eliminated with the identity beside it.

    Raises ValueError when they are not `dependent`.
    """
    mine = [one for one in unknowns.tolist() if one != NOWHERE]
    rows = [
        {**{column: value for column, value in enumerate(values[one].tolist()) if value}, values.shape[1] + place: 1}
        for place, one in enumerate(mine)
    ]
    done: list[tuple[int, Row]] = []
    for row in rows:
        rest = dict(row)
        for pivot, other in done:
            if pivot in rest:
                factor = rest[pivot] * pow(other[pivot], -1, PRIME)
                for key, value in other.items():
                    rest[key] = (rest.get(key, 0) - factor * value) % PRIME
                rest = {key: value for key, value in rest.items() if value}
        open_columns = [key for key in rest if key < values.shape[1]]
        if not open_columns:
            return {mine[key - values.shape[1]]: value for key, value in rest.items()}
        done.append((min(open_columns), rest))
    msg = "these unknowns vary independently"
    raise ValueError(msg)


@dataclass(frozen=True)
class Combinations:
    """For each wanted functional: equation -> coefficient such that the sum is it; None when it is not determined.

    `relations` between equations: combinations that add up to nothing.
    """

    found: list[Row | None]
    relations: list[Row]


def combinations(rows: list[Row], unknowns: int, wanted: list[Row]) -> Combinations:
    """How the equations determine each of `wanted`, sought among those that are connected with it."""
    return _combined(rows, unknowns, wanted, _connected(rows, {unknown for one in wanted for unknown in one}))


def given_by(rows: list[Row], unknowns: int, wanted: list[Row]) -> Combinations:
    """The same where all equations are known to be connected with what is wanted."""
    return _combined(rows, unknowns, wanted, range(len(rows)))


def _combined(rows: list[Row], unknowns: int, wanted: list[Row], chosen: Sequence[int]) -> Combinations:
    solved = eliminate([{**rows[number], unknowns + number: 1} for number in chosen], unknowns)
    step = {pivot: place for place, (pivot, _) in enumerate(solved.steps)}
    found: list[Row | None] = []
    for one in wanted:
        rest = dict(one)
        while (place := min((step[unknown] for unknown in rest if unknown in step), default=None)) is not None:
            pivot, row = solved.steps[place]
            _subtract(rest, row, rest[pivot] * pow(row[pivot], -1, PRIME) % PRIME)
        determined = all(unknown >= unknowns for unknown in rest)
        found.append({label - unknowns: -times % PRIME for label, times in rest.items()} if determined else None)
    return Combinations(found, [{label - unknowns: times for label, times in row.items()} for row in solved.empty])


def _connected(rows: list[Row], start: set[int]) -> list[int]:
    """The equations that share an unknown with `start`, directly or through each other."""
    stands_in: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        for unknown in row:
            stands_in.setdefault(unknown, []).append(number)
    reached: set[int] = set()
    waiting = list(start)
    seen = set(start)
    while waiting:
        for number in stands_in.get(waiting.pop(), ()):
            if number not in reached:
                reached.add(number)
                fresh = rows[number].keys() - seen
                seen |= fresh
                waiting.extend(fresh)
    return sorted(reached)


def signed(coefficient: int) -> int:
    """The residue nearest to 0."""
    coefficient %= PRIME
    return coefficient - PRIME if coefficient > PRIME // 2 else coefficient
