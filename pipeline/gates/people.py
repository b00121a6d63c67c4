"""The people of a wave counted once more, by other means than those that made the cells: sorted, and added up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from pipeline.gates.places import Integers, Numbers
    from pipeline.organisation import Tree
    from pipeline.survey import Survey


@dataclass(frozen=True)
class People:
    """Those of a candidate's `members`, as they are counted in the tables of the specification.

    `categories` is, by segment, what each is counted under, "" for whoever is unknown there. `values` has a row a
    person and a column a measure that anybody has a value for (`measures`): 1 for whoever has one.
    """

    tree: Tree
    unit: pa.ChunkedArray
    categories: Mapping[str, pa.ChunkedArray]
    measures: tuple[str, ...]
    values: Integers

    @staticmethod
    def of(survey: Survey, tree: Tree, members: pa.Table) -> People:
        """From a table of members. Raises KeyError for a segment that is not in it."""
        named = [one.id for one in survey.measures if one.id in members.schema.names]
        has = {name: column for name in named if pc.any(column := _has(members[name])).as_py()}
        values = np.column_stack(
            [np.empty((members.num_rows, 0), np.int8), *(one.cast(pa.int8()) for one in has.values())]
        )
        categories = {"*".join(one) or TOTAL: _category(members, one) for one in survey.groupings}
        return People(tree, members["unit"], categories, tuple(has), values)

    @property
    def names(self) -> dict[str, pa.Array]:
        """The names that the addresses of the specification are made of, by the column of an address."""
        return {
            "unit": pa.array(list(self.tree.path), pa.string()),
            "segment": pa.array(list(self.categories), pa.string()),
            "category": pa.concat_arrays([pc.unique(one) for one in self.categories.values()]),
            "measure": pa.array(self.measures, pa.string()),
        }

    def counted(self, numbers: Numbers) -> dict[str, Integers]:
        """The place and the segment of each address that the specification asks for, and how many `answered` there."""
        unit, above = numbers.number("unit", self.unit), _Above.of(self.tree, numbers)
        measure = numbers.number("measure", self.names["measure"])
        found = []
        for name, names in self.categories.items():
            (segment,) = numbers.number("segment", pa.array([name]))
            known = np.asarray(pc.not_equal(names, ""))
            category = numbers.number("category", names)
            own, values = _summed((unit * numbers["category"] + category)[known], self.values[known])
            row, ancestor = above.each(own // numbers["category"])
            key, answered = _summed(ancestor * numbers["category"] + own[row] % numbers["category"], values[row])
            higher, category = np.divmod(key[:, None], numbers["category"])
            place = numbers.place(higher, segment, category, measure[None, :]).ravel()
            found.append({"place": place, "segment": np.full(len(place), segment), "answered": answered.ravel()})
        return {name: np.concatenate([one[name] for one in found]) for name in ("place", "segment", "answered")}


@dataclass(frozen=True)
class _Above:
    """Each unit of a tree and those above it, by number; of unit u these are `size[u]` of `flat` from `start[u]`."""

    flat: Integers
    start: Integers
    size: Integers

    @staticmethod
    def of(tree: Tree, numbers: Numbers) -> _Above:
        units = numbers.number("unit", pa.array(list(tree.path), pa.string()))
        sizes = np.array([len(path) for path in tree.path.values()])
        start, size = np.zeros((2, numbers["unit"]), np.int64)
        start[units], size[units] = np.cumsum(sizes) - sizes, sizes
        flat = numbers.number("unit", pa.array([one for path in tree.path.values() for one in path], pa.string()))
        return _Above(flat, start, size)

    def each(self, units: Integers) -> tuple[Integers, Integers]:
        """For every one of these and every unit above it: the row of the one, and the number of the other."""
        sizes = self.size[units]
        row = np.repeat(np.arange(len(units)), sizes)
        within = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return row, self.flat[self.start[units][row] + within]


def _summed(keys: Integers, rows: Integers) -> tuple[Integers, Integers]:
    """The different keys, none below 0, and the rows of each added up."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    return ordered[first], np.add.reduceat(rows[order], first, axis=0, dtype=np.int64)


def _has(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whether each has a value, be it that members hold versions of answers or only whether there is one."""
    return pc.fill_null(column, fill_value=False) if pa.types.is_boolean(column.type) else pc.is_valid(column)


def _category(members: pa.Table, grouping: tuple[str, ...]) -> pa.ChunkedArray:
    if not grouping:
        return pa.repeat(pa.scalar(TOTAL), members.num_rows)
    joined = pc.binary_join_element_wise(*(members[one] for one in grouping), "*")
    known = members[grouping[0]]
    unknown = pc.equal(known, "")
    for one in grouping[1:]:
        unknown = pc.or_(unknown, pc.equal(members[one], ""))
    return pc.if_else(unknown, "", joined)
