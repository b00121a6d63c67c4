"""The cells of a wave laid out as arrays: measures down, places across. The one thing chooser and auditor share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

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
Address = tuple[str, str, str, str]
Word = TypeVar("Word")
COUNTS = tuple(CELLS.names[4:])


class Place(NamedTuple):
    """Where a cell lies: everything of its address but the measure."""

    unit: str
    segment: str
    category: str

    @property
    def grouping(self) -> tuple[str, ...]:
        """The segments that cut this cell; none for everybody."""
        return grouping_of(self.segment)

    @property
    def categories(self) -> tuple[str, ...]:
        """The category of each segment of `grouping`."""
        return () if self.segment == TOTAL else tuple(self.category.split("*"))

    def __str__(self) -> str:
        """As messages name it."""
        return f"{self.unit} {self.segment}={self.category}"


@cache
def grouping_of(segment: str) -> tuple[str, ...]:
    """The segments that a cell's segment is made of; none for everybody."""
    return () if segment == TOTAL else tuple(segment.split("*"))


class Coded(NamedTuple, Generic[Word]):
    """A column of words as numbers of `words`, each of which stands there once."""

    code: Ints
    words: list[Word]


def coded(column: pa.ChunkedArray) -> Coded[str]:
    """The words of a column of text, numbered as they come."""
    encoded = column.combine_chunks().dictionary_encode()
    return Coded(encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), encoded.dictionary.to_pylist())


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
    def units(self) -> Coded[str]:
        """Each place's unit."""
        return coded(pa.chunked_array([[place.unit for place in self.places]], pa.string()))

    @cached_property
    def cuts(self) -> Coded[tuple[str, str]]:
        """Each place's segment and category, which are few."""
        segment, category = (
            coded(pa.chunked_array([[place[part] for place in self.places]], pa.string())) for part in (1, 2)
        )
        both, code = np.unique(segment.code * max(len(category.words), 1) + category.code, return_inverse=True)
        words = [divmod(one, len(category.words)) for one in both.tolist()]
        return Coded(code.ravel().astype(np.int64), [(segment.words[s], category.words[c]) for s, c in words])

    @cached_property
    def total_row(self) -> Bools:
        """Which places hold everybody of their unit."""
        code, words = self.cuts
        return np.array([segment == TOTAL for segment, _ in words] or [False], dtype=np.bool_)[code]

    @cached_property
    def at(self) -> dict[tuple[str, str, str], int]:
        """Where each place stands; a Place is found by itself, and by its unit, segment and category."""
        return {place: number for number, place in enumerate(self.places)}

    def __getitem__(self, count: str) -> Ints:
        """One of the counts of CELLS, measures x places."""
        return self.counts[count]


def grid(cells: pa.Table, measures: Sequence[str], segments: Sequence[str], tree: Tree) -> Grid:
    """Lays the cells out. Raises DisclosureLeak for a cell without a place: what is not understood is not published."""
    if cells.schema.names != CELLS.names or cells.schema.types != CELLS.types:
        msg = "the cells do not have the columns that pipeline.tables.CELLS states; aggregate again"
        raise DisclosureLeak(msg)
    unit, segment, category, measure = (coded(cells.column(name)) for name in CELLS.names[:4])
    rank = {one.id: number for number, one in enumerate(tree.units)}
    order = {TOTAL: -1, **{name: number for number, name in enumerate(segments)}}
    number_of = {name: number for number, name in enumerate(measures)}
    key = (unit.code * len(segment.words) + segment.code) * len(category.words) + category.code
    _, first, across = np.unique(key, return_index=True, return_inverse=True)
    _check_places(unit, segment, category, segments, tree)
    unknown = sorted(set(measure.words) - set(measures))
    if unknown:
        msg = f"cells state {unknown[0]!r}, which is no measure of the members; aggregate again"
        raise DisclosureLeak(msg)
    cut = {one: (len(grouping_of(one)), [order[part] for part in grouping_of(one)]) for one in segment.words}
    ranks = [
        np.array([rank[word] for word in unit.words], dtype=np.int64)[unit.code[first]],
        _ranked([cut[word] for word in segment.words])[segment.code[first]],
        _ranked(category.words)[category.code[first]],
    ]
    sorted_places = np.lexsort(ranks[::-1])
    named = [[one.words[code] for code in one.code[first[sorted_places]].tolist()] for one in (unit, segment, category)]
    places = tuple(map(Place, *named))
    position = np.empty(len(places), dtype=np.int64)
    position[sorted_places] = np.arange(len(places))
    across = position[across.ravel()]
    down = np.array([number_of[word] for word in measure.words], dtype=np.int64)[measure.code]
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
    return Grid(tuple(measures), places, exists, counts, invited_known)


def _check_places(
    unit: Coded[str], segment: Coded[str], category: Coded[str], segments: Sequence[str], tree: Tree
) -> None:
    """Raises DisclosureLeak for a cell of a unit, a segment or a category that this wave does not have."""
    unknown = np.array([one not in tree.path for one in unit.words], dtype=np.bool_)[unit.code]
    kinds = segment.code * max(len(category.words), 1) + category.code
    for kind in np.unique(kinds).tolist():
        s, c = divmod(kind, len(category.words))
        place = Place("", segment.words[s], category.words[c])
        if not set(place.grouping) <= set(segments) or not _well_formed(place):
            unknown |= kinds == kind
    if unknown.any():
        row = int(np.flatnonzero(unknown)[0])
        where = f"unit {unit.words[unit.code[row]]!r}, segment {segment.words[segment.code[row]]!r}"
        msg = f"a cell of {where} belongs to no table of this wave"
        raise DisclosureLeak(msg)


def _ranked(values: Sequence[Any]) -> Ints:
    """Each value's place in the order of them all."""
    result = np.empty(len(values), dtype=np.int64)
    result[sorted(range(len(values)), key=lambda one: values[one])] = np.arange(len(values))
    return result


def _well_formed(place: Place) -> bool:
    """Everybody is called `all` twice; a crossing names as many categories as segments, each of them known."""
    if place.segment == TOTAL:
        return place.category == TOTAL
    return (
        len(place.grouping) == len(set(place.grouping)) == len(place.categories)
        and TOTAL not in place.grouping
        and all(place.categories)
    )


def addresses(table: pa.Table) -> list[Address]:
    """Unit, segment, category and measure of each row."""
    return list(zip(*(table.column(name).to_pylist() for name in CELLS.names[:4]), strict=True))


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
