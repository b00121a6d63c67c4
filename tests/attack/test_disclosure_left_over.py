"""What every line leaves over, held against counting it person by person; and which line is said to be broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from exposed_village import laid
from hypothesis import given, settings
from hypothesis import strategies as st
from villages import villages

from pipeline.disclosure.left_over import LeftOver
from pipeline.disclosure.lines import Kind, Lines, Tables
from pipeline.disclosure.membership import membership
from pipeline.disclosure.unanimity import could_be_of_one_mind

if TYPE_CHECKING:
    from village import Village

EXAMPLES = settings(max_examples=30, deadline=None, derandomize=True)
SUMS = ("answered", "total", "squares")
MINIMUM = 3


class Counted:
    """A village's lines, and the same by counting."""

    def __init__(self, made: Village) -> None:
        self.made, self.cells = made, laid(made)
        members = membership(self.cells, made.members, made.tree)
        self.lines, self.members = Lines(self.cells, members), members
        self.inside = [
            {one for one in made.places.get(place, ()) if "q" in made.records[one].answers}
            for place in self.cells.places
        ]
        sums = tuple(self.cells[name][:1] for name in SUMS)
        self.tables = Tables(
            members,
            members.answers[:, :1],
            self.cells["respondents"][:1],
            sums,
            lambda sums, _: could_be_of_one_mind(*sums),
        )

    def left(self, kind: Kind, place: int, shown: np.ndarray) -> set[int]:
        """The records of a place that are in no published cell inside it of the line's second grouping."""
        coarse, fine = kind
        left = set(self.inside[place])
        for number, other in enumerate(self.cells.places):
            under = self.cells.places[place].unit in self.made.tree.path[other.unit]
            if shown[0, number] and under and self.members.grouping[number] == fine and number != place:
                deeper = other.unit != self.cells.places[place].unit
                left -= self.inside[number] if coarse != fine or deeper else set()
        return left

    def people(self, records: set[int]) -> int:
        """Different people."""
        return len({self.made.records[one].who for one in records})

    def broken(self, shown: np.ndarray) -> set[tuple[int, int, int]]:
        """Place and kind of each line that gives somebody away."""
        found = set()
        for place, kind in ((one, kind) for one in np.flatnonzero(shown[0]).tolist() for kind in self.lines.inside):
            left = self.left(kind, place, shown)
            if self.members.grouping[place] == kind[0] and left:
                values = [self.made.records[one].answers["q"] for one in left]
                sums = (np.array([x]) for x in (len(values), sum(values), sum(x * x for x in values)))
                alike = bool(could_be_of_one_mind(*sums)[0]) and len(left) < len(self.inside[place])
                if self.people(left) < MINIMUM or alike:
                    found.add((place, *kind))
        return found

    def agrees(self, found: LeftOver, shown: np.ndarray) -> None:
        """Fails where the lines say something else, under what is shown."""
        for place in np.flatnonzero(shown[0]).tolist():
            for kind in self.lines.inside:
                if self.members.grouping[place] == kind[0]:
                    exactly = self.people(self.left(kind, place, shown))
                    said = found.people(kind, 0, place)
                    assert said == exactly if exactly < MINIMUM else said >= MINIMUM
        rows = found.broken().tolist()
        assert {(place, coarse, fine) for _, _, place, coarse, fine in rows} == self.broken(shown)
        assert rows == sorted(rows)
        assert {(-depth, table) for depth, table, *_ in rows} == {
            (int(self.members.depth[place]), 0) for _, _, place, _, _ in rows
        }


@EXAMPLES
@given(st.data(), st.booleans())
def test_what_a_line_leaves_over_is_counted_from_the_start_and_after_every_change(
    data: st.DataObject,
    several: bool,  # noqa: FBT001 - drawn
) -> None:
    counted = Counted(data.draw(villages(people=12, several=several)))
    places = len(counted.cells.places)
    shown = counted.cells.exists[:1] & (counted.cells["respondents"][:1] > 0)
    everything = shown
    found = LeftOver(counted.lines, counted.tables, MINIMUM)
    found.show(shown)
    counted.agrees(found, shown)
    for _ in range(3):
        out = data.draw(st.sets(st.integers(0, places - 1), max_size=3))
        again = data.draw(st.sets(st.integers(0, places - 1), max_size=1))  # a repair may start from more than was left
        shown = (shown & ~np.isin(np.arange(places), sorted(out))) | everything & np.isin(
            np.arange(places), sorted(again)
        )
        found.show(shown)
        counted.agrees(found, shown)


@EXAMPLES
@given(villages(people=12))
def test_lines_connect_a_cell_with_the_unit_above_and_with_the_segments_it_refines(made: Village) -> None:
    counted = Counted(made)
    places, at = counted.cells.places, counted.cells.at
    parent = {unit.id: unit.parent or "nowhere" for unit in made.tree.units}
    for (coarse, fine), whole in counted.lines.inside.items():
        wider, finer = (counted.members.groupings[one] for one in (coarse, fine))
        assert set(wider) <= set(finer)
        for number, place in enumerate(places):
            expected = -1
            if place.grouping == finer:
                kept = dict(zip(place.grouping, place.categories, strict=True))
                segment, category = ("*".join(wider) or "all", "*".join(kept[name] for name in wider) or "all")
                expected = at.get((parent[place.unit] if coarse == fine else place.unit, segment, category), -1)
            assert whole[number] == expected
    total = [at.get((place.unit, "all", "all"), -1) for place in places]
    assert [one if one >= 0 else -1 for one in counted.lines.total.tolist()] == total
    for number, place in enumerate(places):
        below = [
            at.get((unit.id, place.segment, place.category), -1)
            for unit in made.tree.units
            if unit.parent == place.unit
        ]
        assert sorted(counted.lines.below[number]) == sorted(one for one in below if one >= 0)
