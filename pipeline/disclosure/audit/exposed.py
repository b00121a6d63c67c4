"""A table as a reader has it, and its people in the coarsest groups that a reader can tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.certificate import Finer, Term
from pipeline.disclosure.audit.crowd import OUTSIDE, Crowd, Places
from pipeline.disclosure.audit.elimination import Row, signed
from pipeline.disclosure.audit.equations import Equations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.disclosure.cells import Bools, Ints

_LARGEST = 2**62


@dataclass(frozen=True)
class Exposed:
    """Places that are published about those who answered.

    The figure is the sum of those of the measures in `rows`, each as many times as `times` says.
    """

    crowd: Crowd
    layer: Finer
    rows: tuple[int, ...]
    answering: Bools  # records
    shown: Bools  # places
    minimum: int
    guarded: Bools  # places withheld for their own sake: their figure must not be determined
    times: tuple[int, ...] = (1,)

    @cached_property
    def records(self) -> Ints:
        """Who is in this table at all."""
        return np.flatnonzero(self.answering)

    @cached_property
    def who(self) -> bytes:
        """The same for tables of the same people."""
        return self.answering.tobytes()

    @cached_property
    def atoms(self) -> Ints:
        """The atoms with at least one record in this table."""
        held = np.zeros(int(self.crowd.atom.max(initial=-1)) + 1, dtype=np.bool_)
        held[self.crowd.atom[self.records]] = True
        return np.flatnonzero(held)

    @cached_property
    def levels(self) -> tuple[Places, ...]:
        """For each grouping, the place of each atom at each depth, published or not."""
        if all(len(self.atoms) == inside.shape[1] for inside in self.crowd.inside):
            return self.crowd.inside  # everybody; a copy would be as large as all the rest
        return tuple(inside[:, self.atoms] for inside in self.crowd.inside)

    @cached_property
    def nearest(self) -> Ints:
        """Groupings x atoms: the deepest published place of the grouping that holds the atom, or OUTSIDE."""
        result = np.full((len(self.levels), len(self.atoms)), OUTSIDE, dtype=np.int64)
        for grouping, levels in enumerate(self.levels):
            for level in levels:
                here = (level != OUTSIDE) & self.shown[level]
                result[grouping, here] = level[here]
        return result

    @cached_property
    def groups(self) -> tuple[Ints, Ints]:
        """Signatures (groups x groupings) and each atom's group: atoms in exactly the same published cells are one."""
        # As numpy.unique with axis=0 would say, and many times faster: rows are brought to one number, which is sorted.
        values = len(self.shown) + 1
        code, several = np.zeros(len(self.atoms), dtype=np.int64), 1
        for places in self.nearest:
            if several * values > _LARGEST:
                known, code = np.unique(code, return_inverse=True)
                several = len(known)
            code = code * values + places - OUTSIDE
            several *= values
        _, first, group = np.unique(code, return_index=True, return_inverse=True)
        return self.nearest.T[first], group

    @cached_property
    def position(self) -> Ints:
        """Each record's index among `atoms`."""
        index = np.zeros(int(self.crowd.atom.max(initial=-1)) + 1, dtype=np.int64)
        index[self.atoms] = np.arange(len(self.atoms))
        return index[self.crowd.atom[self.records]]

    def people(self, key: Ints, size: int) -> Ints:
        """Different people under each key of the atoms; where they are enough, no more than that they are."""
        return self.crowd.people(key[self.position], self.records, size, self.minimum)

    @cached_property
    def _by_group(self) -> tuple[Ints, Ints]:
        """The people of each record in the order of the groups, and where each group starts."""
        signature, group = self.groups
        mine = group[self.position]
        order = np.argsort(mine, kind="stable")
        return self.crowd.person[self.records][order], np.searchsorted(mine[order], np.arange(len(signature) + 1))

    def people_in(self, groups: Iterable[int]) -> int:
        """Different people in these groups together."""
        person, start = self._by_group
        return len({one for group in groups for one in person[start[group] : start[group + 1]].tolist()})

    @cached_property
    def residuals(self) -> tuple[list[int], Equations]:
        """Places of published figures, and each figure as an equation over groups, less those published under it."""
        signature, _ = self.groups
        group, grouping = np.nonzero(signature != OUTSIDE)
        places, equation = np.unique(signature[group, grouping], return_inverse=True)
        order = np.lexsort((group, equation.ravel()))
        equation, group = equation.ravel()[order].astype(np.int64), group[order]
        return places.tolist(), Equations(equation, group, np.ones_like(group), len(places), len(signature))

    @property
    def equations(self) -> tuple[list[int], list[Row]]:
        """The same with the equations one by one."""
        places, equations = self.residuals
        return places, equations.rows

    @cached_property
    def published_above(self) -> Ints:
        """Published place -> the published place of the same segment and category that holds it next, or OUTSIDE."""
        result = np.full(len(self.shown), OUTSIDE, dtype=np.int64)
        for levels in self.levels:
            current = np.full(levels.shape[1], OUTSIDE, dtype=np.int64)
            for level in levels:
                here = (level != OUTSIDE) & self.shown[level]
                result[level[here]] = current[here]
                current[here] = level[here]
        return result

    @cached_property
    def just_under(self) -> dict[int, list[int]]:
        """Published place -> the published places of which it is `published_above`."""
        found: dict[int, list[int]] = {}
        for place in np.flatnonzero(self.shown & (self.published_above != OUTSIDE)).tolist():
            found.setdefault(int(self.published_above[place]), []).append(place)
        return found

    def terms(self, combination: Row) -> tuple[Term, ...]:
        """Coefficients of residuals, by place, as coefficients of the published cells themselves."""
        times = dict(combination)
        for above, value in combination.items():
            for place in self.just_under.get(above, ()):
                times[place] = times.get(place, 0) - value
        cells = [(place, signed(value)) for place, value in sorted(times.items()) if signed(value)]
        rows = tuple(zip(self.rows, self.times, strict=True))
        return tuple(Term(row, place, value * times) for place, value in cells for row, times in rows)
