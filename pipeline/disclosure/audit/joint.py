"""A scale and its items as one system of equations, whose unknowns are the items of people.

An item's cell states the sum of that item over who answered it; a scale's cell states, over who has a score, the sum of
the answered items divided by how many they are. Directions and offsets of items are known, so they change nothing.
Whatever a family of measures determines exactly about a person's answers, this system determines.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.certificate import Certificate, Term
from pipeline.disclosure.audit.crowd import OUTSIDE, Crowd
from pipeline.disclosure.audit.elimination import (
    PRIME,
    Row,
    combinations,
    dependent,
    relation,
    vanishing,
)
from pipeline.disclosure.audit.equations import Equations
from pipeline.disclosure.audit.guarded import determined_places

if TYPE_CHECKING:
    from pipeline.disclosure.audit.equations import Known
    from pipeline.disclosure.audit.exposed import Exposed
    from pipeline.disclosure.cells import Bools, Ints

# Blocks of which every pair is tried.
MANY = 150


@dataclass(frozen=True)
class Joint:
    """One family: the scale's table first, then those of its items."""

    crowd: Crowd
    tables: tuple[Exposed, ...]

    @cached_property
    def kinds(self) -> tuple[Ints, Ints, Ints]:
        """Records of the family, each one's kind, and the kinds: atom, what was answered (scale first), links."""
        answered = np.column_stack([table.answering for table in self.tables])
        records = np.flatnonzero(answered.any(axis=1))
        linked = self.linked_with(records)
        rows = np.column_stack([self.crowd.atom[records], answered[records].astype(np.int64), linked])
        kinds, kind = np.unique(rows, axis=0, return_inverse=True)
        return records, kind.ravel(), kinds

    def linked_with(self, records: Ints) -> Ints:
        """What sets records apart besides where they are and what they answered: in one release, nothing."""
        return np.zeros((len(records), 0), dtype=np.int64)

    @cached_property
    def groups(self) -> tuple[Ints, Ints, Ints]:
        """Signatures (answered what, then the nearest published place in each table and grouping), kinds -> group."""
        _, _, kinds = self.kinds
        apart = 1 + len(self.tables)
        parts = [kinds[:, 1:apart]]
        for number, table in enumerate(self.tables):
            at = np.searchsorted(table.atoms, kinds[:, 0]).clip(max=max(len(table.atoms) - 1, 0))
            nearest = table.nearest[:, at].T if len(table.atoms) else np.full((len(kinds), len(table.levels)), OUTSIDE)
            parts.append(np.where(kinds[:, 1 + number, None] == 1, nearest, OUTSIDE))
        wide = sum(part.shape[1] for part in parts)
        parts.append(kinds[:, apart:])
        signature, group = np.unique(np.concatenate(parts, axis=1), axis=0, return_inverse=True)
        people = self._people(group.ravel(), len(signature))
        return signature[:, :wide], group.ravel(), people

    def _people(self, group: Ints, size: int) -> Ints:
        """Different people in each group of kinds."""
        records, kind, _ = self.kinds
        return self.crowd.people(group[kind], records, size)

    @cached_property
    def unknowns(self) -> Ints:
        """Groups x items: number of the unknown, or OUTSIDE where the group did not answer the item."""
        answered = self.groups[0][:, 1 : len(self.tables)] == 1
        return np.where(answered, np.cumsum(answered.ravel()).reshape(answered.shape) - 1, OUTSIDE)

    @cached_property
    def count(self) -> int:
        """How many unknowns there are."""
        return int(self.unknowns.max(initial=OUTSIDE)) + 1

    @cached_property
    def blocks(self) -> Ints:
        """Unknowns of each small group, or of each person's own groups where people have several: OUTSIDE beyond."""
        _, _, people = self.groups
        small = people < self.tables[0].minimum
        if self.crowd.once:
            return self.unknowns[small]
        records, kind, _ = self.kinds
        mine = self.groups[1][kind]
        owned = np.unique(np.column_stack([self.crowd.person[records], mine])[people[mine] == 1], axis=0)
        sets = [self.unknowns[group].tolist() for group in np.flatnonzero(small & (people > 1))]
        own = np.split(owned[:, 1], np.flatnonzero(np.diff(owned[:, 0])) + 1) if len(owned) else []
        sets += [self.unknowns[groups].ravel().tolist() for groups in own]
        tidy = [[one for one in unknowns if one != OUTSIDE] for unknowns in sets]
        width = max(map(len, tidy), default=0)
        result = np.full((len(tidy), width), OUTSIDE, dtype=np.int64)
        for row, unknowns in zip(result, tidy, strict=True):
            row[: len(unknowns)] = unknowns
        return result

    def people_of(self, unknowns: Ints) -> int:
        """Different people behind these unknowns."""
        records, kind, _ = self.kinds
        held: Bools = np.isin(self.unknowns, unknowns[unknowns != OUTSIDE]).sum(axis=1) > 0
        return int(self.crowd.people(np.where(held[self.groups[1][kind]], 0, OUTSIDE), records, 1)[0])

    @cached_property
    def share(self) -> list[int]:
        """Each group's 1 / (items answered), modulo PRIME."""
        return [pow(int(answered), -1, PRIME) if answered else 0 for answered in (self.unknowns != OUTSIDE).sum(axis=1)]

    @cached_property
    def residuals(self) -> tuple[list[tuple[int, int]], Equations]:
        """(table, place) of each published residual, and its equation."""
        signature, _, _ = self.groups
        wide = len(self.tables)
        nearest = signature[:, wide:].reshape(len(signature), wide, signature.shape[1] // wide - 1)
        share, parts = np.array(self.share, dtype=np.int64), []
        for item, unknown in enumerate(self.unknowns.T):
            for number, times in ((0, share), (1 + item, np.ones_like(share))):
                places = nearest[:, number]
                group, grouping = np.nonzero((places != OUTSIDE) & (unknown != OUTSIDE)[:, None])
                rows = np.full(len(group), number), places[group, grouping], unknown[group], times[group]
                parts.append(np.stack(rows).astype(np.int64))
        table, place, unknown, times = np.concatenate(parts, axis=1)
        size = len(self.tables[0].shown)
        keys, equation = np.unique(table * size + place, return_inverse=True)
        order = np.lexsort((unknown, equation.ravel()))
        equations = Equations(
            equation.ravel().astype(np.int64)[order], unknown[order], times[order], len(keys), self.count
        )
        return [divmod(key, size) for key in keys.tolist()], equations

    @cached_property
    def sparser(self) -> Equations:
        """The same equations with the items' taken from the scale's, where that leaves fewer people in them."""
        keys, whole = self.residuals
        size, items = len(self.tables[0].shown), len(self.tables) - 1
        table, place = np.array(keys, dtype=np.int64).reshape(len(keys), 2).T
        both = np.bincount(place, minlength=size) == 1 + items
        scale = np.full(size, OUTSIDE, dtype=np.int64)
        scale[place[table == 0]] = np.flatnonzero(table == 0)
        # An item's equations are counted once more, in that of the scale at the same place.
        again = both[place[whole.equation]]
        less = np.where(table[whole.equation] == 0, whole.times, PRIME - pow(items, -1, PRIME))[again]
        key = scale[place[whole.equation[again]]] * max(self.count, 1) + whole.unknown[again]
        kinds, kind = np.unique(key, return_inverse=True)
        rest = np.zeros(len(kinds), dtype=np.int64)
        np.add.at(rest, kind.ravel(), less)
        rest %= PRIME
        kinds, rest = kinds[rest != 0], rest[rest != 0]
        equation = kinds // max(self.count, 1)
        fewer = np.bincount(equation, minlength=len(keys)) < np.bincount(whole.equation, minlength=len(keys))
        fewer &= (table == 0) & both[place]
        stays, comes = ~fewer[whole.equation], fewer[equation]
        equation = np.concatenate([whole.equation[stays], equation[comes]])
        unknown = np.concatenate([whole.unknown[stays], (kinds % max(self.count, 1))[comes]])
        order = np.lexsort((unknown, equation))
        times = np.concatenate([whole.times[stays], rest[comes]])[order]
        return Equations(equation[order], unknown[order], times, len(keys), self.count)


def determined_together(family: Joint, known: Known | None = None) -> list[Certificate]:
    """Certificates for all that the family determines about a small group, two of them, or a guarded cell.

    Two groups are tried among those who answered in part, and among all where there are few.
    """
    minimum = family.tables[0].minimum
    blocks = family.blocks
    pairs = _pairs(family, blocks)
    values = family.sparser.worlds(2 * blocks.shape[1] + 2, {} if known is None else known)
    found: list[tuple[Row, int]] = []
    for sets in (blocks, pairs):
        for unknowns in sets[dependent(sets, values)]:
            people = family.people_of(unknowns)
            if people < minimum:
                found.append((relation(unknowns, values), people))
        if found:
            break
    for number, table in enumerate(family.tables):
        found += _guarded(family, number, table, values)
    if not found:
        return []
    how = combinations(family.residuals[1].rows, family.count, [wanted for wanted, _ in found])
    follow = {(term.measure, term.place) for relation in how.relations for term in _terms(family, relation)}
    certificates = []
    for (_, size), solution in zip(found, how.found, strict=True):
        if solution is not None:
            terms = _terms(family, solution)
            mine = frozenset(follow & {(term.measure, term.place) for term in terms})
            certificates.append(Certificate("means", "contrast", size, terms, mine))
    return certificates


def _pairs(family: Joint, blocks: Ints) -> Ints:
    """The unknowns of two blocks at a time, of those in which somebody answered in part when all would be too many."""
    if len(blocks) > MANY:
        signature, _, _ = family.groups
        partly = (signature[:, : len(family.tables)] == 0).any(axis=1)
        blocks = blocks[np.isin(blocks, family.unknowns[partly][family.unknowns[partly] != OUTSIDE]).any(axis=1)]
    left, right = np.triu_indices(min(len(blocks), MANY), 1)
    return np.concatenate([blocks[left], blocks[right]], axis=1)


def _guarded(family: Joint, number: int, table: Exposed, values: Ints) -> list[tuple[Row, int]]:
    """Withheld cells of one measure that the family determines."""
    _, group, _ = family.groups
    records, kind, kinds = family.kinds
    answered = kinds[:, 1 + number] == 1
    if not answered.any():
        return []
    groups, compact = np.unique(group[answered], return_inverse=True)
    unknowns = family.unknowns[groups]
    unknowns = unknowns[:, [number - 1]] if number else unknowns
    factor = np.ones(len(groups), dtype=np.int64) if number else np.array(family.share, dtype=np.int64)[groups]
    there = unknowns != OUTSIDE
    weights = np.where(there[:, :, None], values[unknowns], 0).sum(axis=1) % PRIME * factor[:, None] % PRIME
    at = np.searchsorted(table.atoms, kinds[answered, 0])
    levels = [one[:, at] for one in table.levels]
    found: list[tuple[Row, int]] = []
    for inside in determined_places(levels, compact, table.guarded, weights, vanishing):
        wanted = {int(one): int(factor[index]) for index in inside for one in unknowns[index][there[index]]}
        key = np.where(np.isin(group[kind], groups[inside]), 0, OUTSIDE)
        found.append((wanted, int(family.crowd.people(key, records, 1)[0])))
    return found


def _terms(family: Joint, solution: Row) -> tuple[Term, ...]:
    """A combination of equations as published cells of the scale and the items."""
    keys, _ = family.residuals
    terms: list[Term] = []
    for number, table in enumerate(family.tables):
        mine = {keys[row][1]: times for row, times in solution.items() if keys[row][0] == number}
        terms += table.terms(mine) if mine else ()
    return tuple(terms)
