"""The looks of `linear.py` for a system that is too large for exact elimination: suspects by worlds, proofs exactly.

A group, or a set of them, that has the value 0 in WORLDS random worlds is suspected; then the equations that take part
are eliminated exactly, which gives the certificate. The suspects of which no certificate is found are reported too,
with the cells that state most about them: nobody is published on a doubt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.agreeing import agreeing
from pipeline.disclosure.audit.certificate import Certificate
from pipeline.disclosure.audit.crowd import OUTSIDE
from pipeline.disclosure.audit.elimination import given_by
from pipeline.disclosure.audit.findings import Found, certified
from pipeline.disclosure.audit.guarded import guarded_groups, whole_places
from pipeline.disclosure.audit.worlds import TOLERANCE, Floats, System

if TYPE_CHECKING:
    from pipeline.disclosure.audit.elimination import Row
    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.cells import Bools, Ints

WORLDS = 3

# How much an equation takes part, at least, in the first, second and last attempt at a certificate.
_SHARES = (0.3, 1e-2, 1e-4, TOLERANCE)


@dataclass(frozen=True)
class Residuals:
    """The residual of each published place as an equation over the groups of a table."""

    table: Exposed

    @cached_property
    def places(self) -> Ints:
        """The published place of each equation."""
        signature, _ = self.table.groups
        used = np.zeros(len(self.table.shown) + 1, dtype=np.bool_)
        used[signature] = True
        return np.flatnonzero(used[:-1])  # OUTSIDE is the last

    @cached_property
    def system(self) -> System:
        """The equations, each with the coefficient 1 for every group in it."""
        signature, _ = self.table.groups
        number = np.full(len(self.table.shown) + 1, OUTSIDE, dtype=np.int32)
        number[self.places] = np.arange(len(self.places))
        return System(number[signature], len(self.places))


@dataclass
class Searched:
    """The units in which no set of groups was found, with what their groups were; and what was published then.

    Who publishes less determines less, so a unit whose groups are the same need not be searched again.
    """

    shown: Bools
    units: Ints

    @classmethod
    def nowhere(cls, table: Exposed) -> Searched:
        """Nothing is known yet."""
        return cls(np.ones_like(table.shown), np.zeros(len(table.shown), dtype=np.int64))


def determined_in_large(table: Exposed, searched: Searched) -> list[Certificate]:
    """Certificates for what is determined about 1..minimum-1 people, and for every guarded cell determined.

    Tried are every small group, every two with any coefficients, guarded cells, and sums and differences of up to
    four small groups of one unit; `searched` is brought up to date. Everybody must have one record. Raises
    DisclosureLeak when it cannot be finished.
    """
    residuals = Residuals(table)
    _, group = table.groups
    people = table.people(group, len(table.groups[0]))
    worlds = residuals.system.worlds(WORLDS)
    still = _at_nothing(worlds)
    found: list[Found] = [
        ({one: 1}, int(people[one]), "atom") for one in np.flatnonzero(still & (people < table.minimum)).tolist()
    ]
    moving = np.flatnonzero(~still & (people < table.minimum))
    found += _pairs(worlds, moving, people, table.minimum)
    found += [
        (dict.fromkeys(groups, 1), int(people[groups].sum()), "withheld cell")
        for groups in guarded_groups(table, worlds, lambda sums: np.abs(sums).max(axis=1, initial=0.0) < TOLERANCE)
    ]
    # Groups that are found already would be found again in every set that they are added to.
    paired = np.zeros(len(people), dtype=np.bool_)
    paired[[group for row, _, by in found if by == "pair" for group in row]] = True
    found += _sets(table, worlds, moving[~paired[moving]], people, searched)
    return _certificates(residuals, found) if found else []


def _at_nothing(values: Floats) -> Bools:
    """Which rows have the value 0 in every world."""
    still: Bools = np.abs(values).max(axis=1, initial=0.0) < TOLERANCE
    return still


def _pairs(worlds: Floats, small: Ints, people: Ints, minimum: int) -> list[Found]:
    """Two small groups, together fewer than the minimum, whose values are in proportion in all worlds."""
    ratio = worlds[small, 1] / worlds[small, 0]
    order = np.argsort(ratio, kind="stable")
    groups, ratio = small[order], ratio[order]
    found: dict[tuple[int, int], Found] = {}
    near = np.arange(len(groups))
    distance = 1
    while len(near := near[near + distance < len(groups)]):
        near = near[ratio[near + distance] - ratio[near] < TOLERANCE * (1 + np.abs(ratio[near]))]
        one, other = worlds[groups[near]], worlds[groups[near + distance]]
        # In proportion: both determinants with the first world vanish.
        apart = np.abs(one * other[:, :1] - other * one[:, :1]).max(axis=1, initial=0.0)
        for left, right in zip(
            groups[near[apart < TOLERANCE]], groups[near[apart < TOLERANCE] + distance], strict=True
        ):
            pair = (int(min(left, right)), int(max(left, right)))
            together = int(people[left] + people[right])
            times = _whole(worlds[pair[0], 0] / worlds[pair[1], 0])
            if together < minimum and times:
                found[pair] = ({pair[0]: 1, pair[1]: -times}, together, "pair")
        distance += 1
    return [found[pair] for pair in sorted(found)]


def _whole(ratio: float) -> int:
    """The whole number that this is; 0 for any other, which no two groups of one system of 0s and 1s have."""
    return round(ratio) if abs(ratio - round(ratio)) < TOLERANCE else 0


def _sets(table: Exposed, worlds: Floats, moving: Ints, people: Ints, searched: Searched) -> list[Found]:
    """Sums and differences of three or four small groups of one unit that have the value 0 in all worlds."""
    unit = _units(table)
    small = moving[(people[moving] < table.minimum - 2) & (unit[moving] != OUTSIDE)]
    if (table.shown & ~searched.shown).any():
        searched.units[:] = 0
    searched.shown = table.shown
    mark = _marks(table, small, unit[small])
    fresh = (mark != searched.units)[unit[small]]
    searched.units = mark
    small = small[fresh]
    small = small[np.argsort(unit[small], kind="stable")]
    found: dict[tuple[tuple[int, int], ...], Found] = {}
    for met in _met(worlds, small, unit[small]):
        together = int(people[list(met)].sum())
        if together < table.minimum:
            sign = met[min(met)]  # the same set is met from both sides
            row = {one: sign * times for one, times in sorted(met.items())}
            found.setdefault(tuple(row.items()), (row, together, "set"))
    dirty = [int(unit[group]) for row, _, _ in found.values() for group in row]
    searched.units[dirty] = 0
    return list(found.values())


def _marks(table: Exposed, groups: Ints, unit: Ints) -> Ints:
    """Place -> a number that stands for the groups whose unit it is, each with its atoms, in any order. 0 for none."""
    _, group = table.groups
    each = np.random.default_rng(0).integers(1, 2**62, size=int(table.crowd.atom.max(initial=0)) + 1, dtype=np.int64)
    atoms = np.zeros(len(table.groups[0]), dtype=np.int64)
    np.add.at(atoms, group, each[table.atoms])  # wraps around, which does no harm
    result = np.zeros(len(table.shown), dtype=np.int64)
    # Squared, so that the same atoms in other groups give another number.
    np.add.at(result, unit, atoms[groups] * atoms[groups] | 1)
    return result


def _units(table: Exposed) -> Ints:
    """Group -> the smallest unit that holds all of it, as the place of its whole; OUTSIDE where there is none."""
    _, group = table.groups
    unit = np.full(len(table.groups[0]), OUTSIDE, dtype=np.int64)
    for whole in whole_places(table.levels[0], group, len(unit)):
        unit = np.where(whole >= 0, whole, unit)
    return unit


def _met(worlds: Floats, groups: Ints, unit: Ints) -> Iterator[Row]:
    """Meeting in the middle: sums and differences of two groups of a unit that agree with another, or with a group.

    `groups` are in the order of their units.
    """
    mine = worlds[groups]
    room = np.cumsum(np.diff(unit, prepend=unit[:1]) != 0)
    for first, second, times, where in agreeing(mine[:, 0], room):
        values = mine[first] + times[:, None] * mine[second]
        # By room and size; its rounding is far below TOLERANCE.
        size = np.abs(values[:, 0]) + (2 * np.abs(values[:, 0]).max(initial=0.0) + 1) * (where - where.min(initial=0))
        order = np.argsort(size, kind="stable")
        at, distance = np.arange(len(order)), 1
        while len(at := at[at + distance < len(order)]):
            at = at[size[order[at + distance]] - size[order[at]] < TOLERANCE]
            left, right = order[at], order[at + distance]
            for sign in (1, -1):
                same = np.flatnonzero(np.abs(values[left] + sign * values[right]).max(axis=1, initial=0.0) < TOLERANCE)
                for one, other in zip(left[same].tolist(), right[same].tolist(), strict=True):
                    row: Row = {}
                    for entry, factor in ((one, 1), (other, sign)):
                        for member, share in ((first[entry], 1), (second[entry], int(times[entry]))):
                            row[int(groups[member])] = row.get(int(groups[member]), 0) + factor * share
                    if row := {member: share for member, share in row.items() if share}:
                        yield row
            distance += 1


def _certificates(residuals: Residuals, found: list[Found]) -> list[Certificate]:
    """The published cells behind each finding, by exact elimination of the equations that take part most.

    Where those do not suffice, of all that take part.
    """
    # All at once: a random weight for each, so that none cancels what another needs.
    weight = 1 + np.random.default_rng(len(found)).random(len(found))
    wanted = np.zeros(len(residuals.table.groups[0]))
    for (row, _, _), heavy in zip(found, weight, strict=True):
        for group, times in row.items():
            wanted[group] += heavy * times
    share = residuals.system.taking_part(wanted)
    certificates: list[Certificate] = []
    for least in _SHARES:
        proven, found = _proven(residuals, found, _could_take_part(residuals, found, share > least))
        certificates += proven
        if not found:
            break
    return certificates + [_doubtful(residuals.table, one) for one in found]


def _could_take_part(residuals: Residuals, found: list[Found], chosen: Bools) -> Ints:
    """The chosen equations without those that hold a group which no finding is about and no other equation holds.

    Nothing could take that group away again. Without them others hold such groups, and so on. Of the rest, those that
    share a group with a finding, directly or through each other.
    """
    size = len(residuals.system.held)
    equation, group = residuals.system.entries(chosen)
    asked = np.zeros(size, dtype=np.bool_)
    asked[[group for row, _, _ in found for group in row]] = True
    left = chosen
    while True:
        inside = left[equation]
        equation, group = equation[inside], group[inside]
        held = np.bincount(group, minlength=size)
        alone = equation[(held[group] == 1) & ~asked[group]]
        if not len(alone):
            return _connected(equation, group, asked)
        left = left.copy()
        left[alone] = False


def _connected(equation: Ints, group: Ints, start: Bools) -> Ints:
    """The equations that hold one of these groups or are connected with one that does; entries are parallel."""
    reached = start.copy()
    mine = np.zeros(int(equation.max(initial=OUTSIDE)) + 1, dtype=np.bool_)
    while len(fresh := equation[reached[group] & ~mine[equation]]):
        mine[fresh] = True
        reached[group[mine[equation]]] = True
    return np.flatnonzero(mine)


def _proven(residuals: Residuals, found: list[Found], chosen: Ints) -> tuple[list[Certificate], list[Found]]:
    """Certificates from the chosen equations, and the findings of which they give none."""
    asked = np.unique([group for row, _, _ in found for group in row])
    number_of = np.full(len(residuals.places) + 1, OUTSIDE, dtype=np.int64)
    number_of[chosen] = np.arange(len(chosen))
    equation, group = residuals.system.entries(number_of[:-1] != OUTSIDE)
    equation = number_of[equation]
    # Of groups that stand in the same equations one stands for all, but for those that a finding is about.
    each = np.random.default_rng(len(chosen)).integers(1, 2**62, size=len(chosen), dtype=np.int64)
    same = np.zeros(len(residuals.system.held), dtype=np.int64)
    np.add.at(same, group, each[equation])  # wraps around, which does no harm
    _, others = np.unique(same, return_index=True)
    groups = np.union1d(asked, others)
    stands = np.full(len(same), OUTSIDE, dtype=np.int64)
    stands[groups] = np.arange(len(groups))
    kept = stands[group] != OUTSIDE
    equation, inside = equation[kept], stands[group[kept]].tolist()
    edges = np.searchsorted(equation, np.arange(len(chosen) + 1)).tolist()
    rows: list[Row] = [dict.fromkeys(inside[start:end], 1) for start, end in pairwise(edges)]
    number = dict(zip(groups.tolist(), range(len(groups)), strict=True))
    renamed = [({number[group]: times for group, times in row.items()}, size, by) for row, size, by in found]
    certificates, left = certified(
        residuals.table, residuals.places[chosen].tolist(), rows, len(groups), renamed, given_by
    )
    group = groups.tolist()
    return certificates, [({group[one]: times for one, times in row.items()}, size, by) for row, size, by in left]


def _doubtful(table: Exposed, found: Found) -> Certificate:
    """The published cells nearest to people of whom nothing was proven: one of them goes all the same."""
    row, size, by = found
    signature, _ = table.groups
    near = sorted({int(place) for group in row for place in signature[group] if place != OUTSIDE})
    return Certificate(table.layer, by, size, table.terms(dict.fromkeys(near, 1)))
