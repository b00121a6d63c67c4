"""The people of a wave counted once more, by other means than those that made the cells.

Each is counted where they are, and then the count of every unit is added to that of the unit above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from pipeline.counting.arrays import coded, valid
from pipeline.gates.places import Asked, Names
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from pipeline.counting.arrays import Bools, Ints
    from pipeline.organisation import Tree
    from pipeline.parquet import Columns
    from pipeline.survey import Survey


def asked(survey: Survey, tree: Tree, members: Columns) -> Asked:
    """What these members make the specification ask for. Raises KeyError for a segment that they have no column of."""
    named = [one.id for one in survey.measures if one.id in members.schema.names]
    has = {name: there for name in named if (there := _has(members[name])).any()}
    groupings = {"*".join(one) or TOTAL: _Grouping.of_members(members, one) for one in survey.groupings}
    words = dict.fromkeys(word for one in groupings.values() for word in one.words)
    texts = {"unit": tree.unit, "segment": groupings, "category": words, "measure": has}
    names = Names({name: tuple(one) for name, one in texts.items()})
    unit, levels = names.number("unit", members["unit"]), tuple(_levels(tree))
    found = []
    for segment, grouping in enumerate(groupings.values()):
        own, category, answered = grouping.counted(unit, len(tree.units), levels, has.values())
        cell = names.cell(own, segment, names.number("category", pa.array(grouping.words, pa.string()))[category])
        found.append((cell, np.full(len(cell), segment), answered))
    cells, segments, counts = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(cells)
    return Asked(names, cells[order], segments[order], counts[order])


@dataclass(frozen=True)
class _Level:
    """Units that are as deep as each other, by the one above; of the n-th `above` they begin at `first[n]`."""

    units: Ints
    first: Ints
    above: Ints


def _levels(tree: Tree) -> Iterator[_Level]:
    """All units but the root by their place in the tree, the deepest first."""
    number = {unit.id: at for at, unit in enumerate(tree.units)}
    above = np.array([number[unit.parent] if unit.parent is not None else 0 for unit in tree.units])
    depth = np.array([len(tree.path[unit.id]) for unit in tree.units])
    for level in range(depth.max(), 1, -1):
        units = np.flatnonzero(depth == level)
        units = units[np.argsort(above[units], kind="stable")]
        first = np.flatnonzero(np.diff(above[units], prepend=-1))
        yield _Level(units, first, above[units][first])


@dataclass(frozen=True)
class _Grouping:
    """The categories of a segment, or of several that are crossed, and which each member is in.

    `of` numbers `words`, and is as many as they are for whoever is unknown in a segment.
    """

    words: list[str]
    of: Ints

    @staticmethod
    def of_members(members: Columns, grouping: tuple[str, ...]) -> _Grouping:
        """Of one segment after another, each category is divided by those of the next."""
        words, code, known = [TOTAL], np.zeros(members.num_rows, np.int64), np.ones(members.num_rows, np.bool_)
        for place, segment in enumerate(grouping):
            own, further = coded(members[segment])
            known &= np.array([*(word != "" for word in further), False])[own]
            code = code * len(further) + own
            words = [f"{one}*{other}" if place else other for one in words for other in further]
        number = {word: at for at, word in enumerate(dict.fromkeys(words))}
        numbered = np.array([number[word] for word in words], np.int64)
        return _Grouping(list(number), np.where(known, numbered[np.where(known, code, 0)], len(number)))

    def counted(
        self, unit: Ints, units: int, levels: Collection[_Level], has: Collection[Bools]
    ) -> tuple[Ints, Ints, Ints]:
        """Unit and category of each cell that somebody is in, and how many have each value, cells x measures."""
        shape = (units, len(self.words))
        there = (unit < units) & (self.of < shape[1])
        own = np.where(there, unit * shape[1] + self.of, units * shape[1])

        def count(who: Ints) -> Ints:
            counts: Ints = np.bincount(who, minlength=units * shape[1] + 1)[:-1].reshape(shape)
            for level in levels:
                counts[level.above] += np.add.reduceat(counts[level.units], level.first, axis=0)
            return counts

        cells = np.flatnonzero(count(own))
        answered = [count(own[one]).ravel()[cells] for one in has]
        return *np.divmod(cells, shape[1]), np.stack(answered or [cells[:0]], axis=1)


def _has(column: pa.ChunkedArray) -> Bools:
    """Whether each has a value, be it that members hold versions of answers or only whether there is one."""
    if pt.is_boolean(column.type):
        return np.asarray(column.fill_null(fill_value=False))
    return valid(column)
