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

from pipeline.disclosure.cells import NOWHERE, Bools, Grid, Ints, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline.disclosure.membership import Membership


@dataclass(frozen=True)
class Tables:
    """Tables to protect alike, one a row: the cells there are, who answered, and the sums that could be subtracted."""

    answers: Bools  # records x tables
    respondents: Ints  # tables x places
    sums: tuple[Ints, ...]  # each tables x places, the number of answers first
    unsafe: Callable[[tuple[Ints, ...]], Bools]  # of the sums of a set, tables x places


class Lines:
    """The lines of a wave: which places make up which, and how many people each line leaves over."""

    def __init__(self, cells: Grid, members: Membership) -> None:
        self.members = members
        self.places = cells.places
        totals = {place.unit: index for index, place in enumerate(cells.places) if cells.total_row[index]}
        # Place -> everybody of the same unit, or NOWHERE: an index that then means the last place, which is no total.
        self.total = np.array([totals.get(place.unit, NOWHERE) for place in cells.places], dtype=np.int64)
        self.inside = {pair: self._inside(*pair) for pair in members.coarser}

    def _inside(self, coarse: int, fine: int) -> Ints:
        """Place -> the place of grouping `coarse` it is a part of: one unit up, or fewer segments. Else NOWHERE."""
        members = self.members
        if coarse == fine:
            return np.where(members.grouping == fine, members.above, NOWHERE)
        position = {place: index for index, place in enumerate(self.places)}
        keep = members.groupings[coarse]
        result = np.full(len(self.places), NOWHERE, dtype=np.int64)
        for index in np.flatnonzero(members.grouping == fine):
            place = self.places[index]
            kept = dict(zip(place.grouping, place.categories, strict=True))
            category = "*".join(kept[name] for name in keep) or "all"
            result[index] = position.get(Place(place.unit, "*".join(keep) or "all", category), NOWHERE)
        return result

    @cached_property
    def below(self) -> tuple[tuple[int, ...], ...]:
        """Place -> the same segment and category in the units directly under it."""
        found: list[list[int]] = [[] for _ in self.places]
        for place, above in enumerate(self.members.above):
            if above != NOWHERE:
                found[above].append(place)
        return tuple(tuple(one) for one in found)

    @cached_property
    def parts(self) -> dict[tuple[int, int], dict[int, tuple[int, ...]]]:
        """For each pair of groupings: place -> the places it is made of on that line."""
        found: dict[tuple[int, int], dict[int, tuple[int, ...]]] = {}
        for pair, whole in self.inside.items():
            of: dict[int, list[int]] = {}
            for part in np.flatnonzero(whole != NOWHERE):
                of.setdefault(int(whole[part]), []).append(int(part))
            found[pair] = {place: tuple(parts) for place, parts in of.items()}
        return found

    @cached_property
    def _levels(self) -> list[Ints]:
        """Places by depth, deepest first."""
        depth = self.members.depth
        return [np.flatnonzero(depth == level) for level in range(int(depth.max(initial=0)), 0, -1)]

    def left_over(self, shown: Bools, sums: tuple[Ints, ...]) -> Iterator[tuple[tuple[int, int], tuple[Ints, ...]]]:
        """For each kind of line, the sums minus those of the largest published cells inside, tables x places."""
        covers = []
        for amount in sums:
            cover = np.where(shown, amount, 0).T.copy()
            hidden = ~shown.T
            for level in self._levels:
                part = level[self.members.above[level] != NOWHERE]
                whole = self.members.above[part]
                np.add.at(cover, whole, np.where(hidden[whole], cover[part], 0))
            covers.append(cover)
        for pair, whole in self.inside.items():
            part = np.flatnonzero(whole != NOWHERE)
            rest = []
            for amount, cover in zip(sums, covers, strict=True):
                gone = np.zeros_like(cover)
                np.add.at(gone, whole[part], cover[part])
                rest.append(amount - gone.T)
            yield pair, tuple(rest)


class Count:
    """Counts different people on every line, from the members themselves."""

    def __init__(self, lines: Lines, tables: Tables, minimum: int) -> None:
        self.lines = lines
        self.minimum = minimum
        self.shape = tables.respondents.shape
        self.record, self.table = (part.astype(np.int64) for part in np.nonzero(tables.answers))
        self.person = lines.members.people[self.record]
        self.once = len(np.unique(lines.members.people)) == len(lines.members.people)
        self.slots = tuple(
            np.where(level == NOWHERE, NOWHERE, self.table * self.shape[1] + level)
            for level in (at[:, self.record] for at in lines.members.at)
        )

    def people(self, shown: Bools) -> dict[tuple[int, int], Ints]:
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
        if self.once:
            return records
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
                pairs, count = np.unique(level[here] * span + people[here], return_counts=True)
                np.maximum.at(most, pairs // span, count)
        return most
