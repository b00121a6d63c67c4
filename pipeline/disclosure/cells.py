"""The cells of a wave laid out as arrays: measures down, places across. The one thing chooser and auditor share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.errors import DisclosureLeak
from pipeline.survey import RESPONSE_RATE, TOTAL
from pipeline.tables import CELLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.organisation import Tree

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
NOWHERE = -1
COUNTS = tuple(CELLS.names[4:])


@dataclass(frozen=True, order=True)
class Place:
    """Where a cell lies: everything of its address but the measure."""

    unit: str
    segment: str
    category: str

    @property
    def grouping(self) -> tuple[str, ...]:
        """The segments that cut this cell; none for everybody."""
        return () if self.segment == TOTAL else tuple(self.segment.split("*"))

    @property
    def categories(self) -> tuple[str, ...]:
        """The category of each segment of `grouping`."""
        return () if self.segment == TOTAL else tuple(self.category.split("*"))


@dataclass(frozen=True)
class Grid:
    """Every count of every cell, measures x places; 0 where there is no cell. Rows of the table come from here alone.

    Places stand in the order of the tree, everybody before the segments, so a parent always comes first.
    """

    measures: tuple[str, ...]
    places: tuple[Place, ...]
    exists: Bools
    counts: dict[str, Ints]
    invited_known: Bools

    @cached_property
    def rate(self) -> Bools:
        """Which measures state who answered, rather than what; a column to set beside the places."""
        return np.array([[measure == RESPONSE_RATE.id] for measure in self.measures])

    @cached_property
    def silent(self) -> Ints:
        """People who were invited and did not answer, in the rows that state who did; 0 without a roster."""
        return np.where(self.rate & self.invited_known, self["invited"] - self["respondents"], 0)

    @cached_property
    def total_row(self) -> Bools:
        """Which places hold everybody of their unit."""
        return np.array([place.segment == TOTAL for place in self.places])

    def __getitem__(self, count: str) -> Ints:
        """One of the counts of CELLS, measures x places."""
        return self.counts[count]


def grid(cells: pa.Table, measures: Sequence[str], segments: Sequence[str], tree: Tree) -> Grid:
    """Lays the cells out. Raises DisclosureLeak for a cell without a place: what is not understood is not published."""
    if cells.schema.names != CELLS.names or cells.schema.types != CELLS.types:
        msg = "the cells do not have the columns that pipeline.tables.CELLS states; aggregate again"
        raise DisclosureLeak(msg)
    address = [cells.column(name).to_pylist() for name in CELLS.names[:4]]
    rank = {unit.id: number for number, unit in enumerate(tree.units)}
    order = {TOTAL: -1, **{segment: number for number, segment in enumerate(segments)}}
    number_of = {measure: number for number, measure in enumerate(measures)}
    found = {Place(*key) for key in set(zip(*address[:3], strict=True))}
    for place in found:
        if place.unit not in rank or not set(place.grouping) <= set(segments) or not _well_formed(place):
            msg = f"a cell of unit {place.unit!r}, segment {place.segment!r} belongs to no table of this wave"
            raise DisclosureLeak(msg)
    unknown = sorted(set(address[3]) - set(measures))
    if unknown:
        msg = f"cells state {unknown[0]!r}, which is no measure of the members; aggregate again"
        raise DisclosureLeak(msg)
    places = sorted(
        found,
        key=lambda one: (rank[one.unit], len(one.grouping), [order[part] for part in one.grouping], one.category),
    )
    at = {(place.unit, place.segment, place.category): number for number, place in enumerate(places)}
    across = np.array([at[key] for key in zip(*address[:3], strict=True)], dtype=np.int64)
    down = np.array([number_of[measure] for measure in address[3]], dtype=np.int64)
    exists = np.zeros((len(measures), len(places)), dtype=np.bool_)
    exists[down, across] = True
    if int(exists.sum()) != cells.num_rows:
        msg = "a cell stands twice among the cells; aggregate again"
        raise DisclosureLeak(msg)
    counts = {}
    for name in COUNTS:
        values = np.zeros(exists.shape, dtype=np.int64)
        values[down, across] = cells.column(name).combine_chunks().fill_null(0).to_numpy(zero_copy_only=False)
        counts[name] = values
    invited_known = np.zeros(exists.shape, dtype=np.bool_)
    invited_known[down, across] = cells.column("invited").combine_chunks().is_valid().to_numpy(zero_copy_only=False)
    return Grid(tuple(measures), tuple(places), exists, counts, invited_known)


def _well_formed(place: Place) -> bool:
    """Everybody is called `all` twice; a crossing names as many categories as segments, each of them known."""
    if place.segment == TOTAL:
        return place.category == TOTAL
    return (
        len(place.grouping) == len(set(place.grouping)) == len(place.categories)
        and TOTAL not in place.grouping
        and all(place.categories)
    )


def columns(members: pa.Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The segments and the measures of a members table, told apart by their types. Raises DisclosureLeak."""
    fields = list(members.schema)
    lead = [(field.name, field.type) for field in fields[:2]]
    segments = tuple(field.name for field in fields[2:] if field.type == pa.string())
    measures = tuple(field.name for field in fields[2:] if field.type == pa.bool_())
    if (
        lead != [("respondent", pa.int64()), ("unit", pa.string())]
        or tuple(members.schema.names[2:]) != segments + measures
        or any(column.null_count for column in members.columns)
    ):
        msg = "the members do not have the columns that pipeline.tables.members_schema states; aggregate again"
        raise DisclosureLeak(msg)
    return segments, measures
