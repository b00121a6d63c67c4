"""The equations a reader can write down at once: a published cell minus the published cells that lie inside it.

Two kinds, and one form. Within a grouping: a cell minus the same cells of the units below. Between groupings: a cell
minus its categories, there or further down where they are withheld there. What is left over is a set of people; it
must be empty or large, and not of one mind.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.cells import NOWHERE, Bools, Grid, Ints, grouping_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.disclosure.membership import Membership

# A kind of line, by its two groupings: the whole is of the first, its parts are of the second.
Kind = tuple[int, int]


@dataclass(frozen=True)
class Tables:
    """Tables to protect alike, one a row: who answered, what the cells cost, and the sums that could be subtracted."""

    members: Membership
    answers: Bools  # records x tables
    weight: Ints  # tables x places: what withholding a cell costs
    sums: tuple[Ints, ...]  # each tables x places, the number of answers first
    unsafe: Callable[[tuple[Ints, ...], Ints], Bools]  # of the sums of sets, tables x sets, each in one of these places

    @cached_property
    def counted(self) -> Ints:
        """How many records with an answer lie in each place, tables x places."""
        return self.members.counted(self.answers)


@dataclass(frozen=True)
class Parts:
    """Which places make up which: `part` in the order of their wholes, `start` says where those of each whole begin."""

    part: Ints
    start: Ints

    @classmethod
    def of(cls, whole: Ints) -> Parts:
        """From place -> the place that it is a part of, or NOWHERE."""
        part = np.flatnonzero(whole != NOWHERE)
        part = part[np.argsort(whole[part], kind="stable")]
        return cls(part, np.searchsorted(whole[part], np.arange(len(whole) + 1)))

    def __getitem__(self, place: int) -> list[int]:
        """The parts of a place."""
        parts: list[int] = self.part[self.start[place] : self.start[place + 1]].tolist()
        return parts


class Lines:
    """The lines of a wave: which places make up which."""

    def __init__(self, cells: Grid, members: Membership) -> None:
        self.cells = cells
        self.members = members
        # Place -> everybody of the same unit, or NOWHERE: an index that then means the last place, which is no total.
        self.total = self._same_unit(np.where(cells.total_row, 0, NOWHERE), np.zeros(len(cells.places), dtype=np.int64))
        # Place -> the place of another grouping it is a part of: one unit up, or fewer segments. Else NOWHERE.
        self.inside = {kind: self._inside(*kind) for kind in members.coarser}

    def _inside(self, coarse: int, fine: int) -> Ints:
        members = self.members
        if coarse == fine:
            return np.where(members.grouping == fine, members.above, NOWHERE)
        keep = members.groupings[coarse]
        code, words = self.cells.cuts
        number = {word: index for index, word in enumerate(words)}
        wider = np.full(len(words), NOWHERE, dtype=np.int64)
        for index, (segment, category) in enumerate(words):
            if grouping_of(segment) == members.groupings[fine]:
                kept = dict(zip(members.groupings[fine], category.split("*"), strict=True))
                wider[index] = number.get(
                    ("*".join(keep) or "all", "*".join(kept[name] for name in keep) or "all"), NOWHERE
                )
        return self._same_unit(np.where(members.grouping == coarse, code, NOWHERE), wider[code])

    def _same_unit(self, have: Ints, want: Ints) -> Ints:
        """Place -> the place of its unit that has what it wants; NOWHERE for who wants NOWHERE, or where none has."""
        unit, names = self.cells.units
        at = np.full((len(names), int(have.max(initial=0)) + 2), NOWHERE, dtype=np.int64)
        holders = np.flatnonzero(have != NOWHERE)
        at[unit[holders], have[holders]] = holders
        return at[unit, np.where(want < at.shape[1] - 1, want, NOWHERE)]

    @cached_property
    def below(self) -> Parts:
        """Place -> the same segment and category in the units directly under it."""
        return Parts.of(self.members.above)

    @cached_property
    def parts(self) -> dict[Kind, Parts]:
        """For each kind: place -> the places it is made of on that line."""
        return {kind: Parts.of(whole) for kind, whole in self.inside.items()}


class Count:
    """Counts different people on every line, from the members themselves."""

    def __init__(self, lines: Lines, tables: Tables, minimum: int) -> None:
        self.lines = lines
        self.minimum = minimum
        self.shape = tables.weight.shape
        self.record, self.table = (part.astype(np.int64) for part in np.nonzero(tables.answers))
        self.person = lines.members.people[self.record]
        self.slots = tuple(
            np.where(level == NOWHERE, NOWHERE, self.table * self.shape[1] + level)
            for level in (at[:, self.record] for at in lines.members.at)
        )

    def people(self, shown: Bools) -> dict[Kind, Ints]:
        """For each kind of line: how many people it leaves over, tables x places; exact up to the minimum."""
        flat = shown.ravel()
        deepest = []
        for slots in self.slots:
            below = np.full(slots.shape[1], NOWHERE, dtype=np.int8)
            for level, places in enumerate(slots):
                below[(places != NOWHERE) & flat[places]] = level
            deepest.append(below)
        found = {}
        for coarse, fine in self.lines.members.coarser:
            keys, who = [], []
            for level, slots in enumerate(self.slots[coarse]):
                open_here = (slots != NOWHERE) & flat[slots]
                uncovered = deepest[fine] == level if coarse == fine else deepest[fine] < level
                chosen = np.flatnonzero(open_here & uncovered)
                keys.append(slots[chosen])
                who.append(self.person[chosen])
            found[coarse, fine] = self._different(np.concatenate(keys), np.concatenate(who)).reshape(self.shape)
        return found

    def _different(self, key: Ints, person: Ints) -> Ints:
        """Different people under each key; where they are clearly enough, their records."""
        size = self.shape[0] * self.shape[1]
        records = np.bincount(key, minlength=size).astype(np.int64)
        # A set with more answers than (minimum - 1) people can have given is large; only the others are looked at.
        doubtful = (records <= (self.minimum - 1) * self._most[np.arange(size) % self.shape[1]])[key]
        pairs = np.unique(key[doubtful] * (int(self.person.max(initial=0)) + 1) + person[doubtful])
        people = np.bincount(pairs // (int(self.person.max(initial=0)) + 1), minlength=size).astype(np.int64)
        return np.where(people > 0, people, records)

    @cached_property
    def _most(self) -> Ints:
        """The most records that one person has in a place."""
        most = np.ones(self.shape[1], dtype=np.int64)
        people = self.lines.members.people
        span = int(people.max(initial=0)) + 1
        for at in self.lines.members.at:
            for level in at:
                here = np.flatnonzero(level != NOWHERE)
                pairs, count = np.unique(level[here].astype(np.int64) * span + people[here], return_counts=True)
                np.maximum.at(most, pairs // span, count)
        return most
