"""An auditor of a part of a wave: what it finds is so, and the whole has the last word."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from village import Record, Village
from villages import examples, villages

from pipeline.disclosure import Basis, Rules, audit, protect, readmit
from pipeline.disclosure.audit import Auditor
from pipeline.disclosure.cells import columns, grid
from pipeline.disclosure.primary import Shown, allowed
from pipeline.organisation import Unit, tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.disclosure.audit import Certificate
    from pipeline.disclosure.cells import Grid

RULES = Rules(3, 6)


@pytest.fixture(autouse=True)
def _of_any_size() -> Iterator[None]:
    """Parts are looked at in the smallest wave too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "WORTH_A_PART", 0)
        patch.setattr(audit, "LARGEST_PART", 1.0)
        yield


def laid(village: Village) -> tuple[Grid, Auditor]:
    segments, measures = columns(village.members)
    cells = grid(village.cells, measures, segments, village.tree)
    return cells, Auditor(cells, village.members, village.tree, RULES, village.families)


def people_of(village: Village, cells: Grid, one: Certificate) -> int:
    """How many people a combination of published figures is about, counted from the records themselves."""
    times: Counter[int] = Counter()
    for term in one.terms:
        place, measure = cells.places[term.place], cells.measures[term.measure]
        for number in village.places.get(tuple(place), []):
            if village.value(village.records[number], measure) is not None:
                times[number] += term.times
    return len({village.records[number].who for number, value in times.items() if value})


@examples(60, 2000)
@given(st.data())
def test_what_a_part_finds_is_so(data: st.DataObject) -> None:
    village = data.draw(villages(people=14))
    cells, auditor = laid(village)
    before = allowed(cells, RULES)
    means = before.means.copy()
    for place in data.draw(st.sets(st.integers(0, len(cells.places) - 1), min_size=1, max_size=3)):
        means[:, place] = False
    after = Shown(means, before.distributions & means)
    near = auditor.near(before, after)
    if near is not None:
        for one in near.audit(after):
            assert all(means[term.measure, term.place] for term in one.terms), "by what is published alone"
            if one.found_by in {"residual", "union", "atom", "pair", "set"}:
                minimum = RULES.minimum_mean if one.layer == "means" else RULES.minimum_distribution
                assert people_of(village, cells, one) == one.people
                assert one.people < minimum or one.found_by == "residual"


@examples(40, 2000)
@given(villages(people=14))
def test_who_repairs_part_by_part_publishes_what_the_whole_auditor_lets_through(village: Village) -> None:
    made = protect(village.cells, village.members, village.tree, RULES, village.families)
    again = readmit(made.table, Basis(village.cells, village.members, village.tree, RULES, village.families))
    assert again.table.equals(made.table)


TWO = tree([Unit("all-of-us", None, ""), *(Unit(name, "all-of-us", "") for name in ("north", "south"))])


def three_teams() -> Village:
    units = tree([*TWO.units, *(Unit(f"n{one}", "north", "") for one in (1, 2, 3)), Unit("s1", "south", "")])
    homes = ["n1"] * 4 + ["n2"] * 5 + ["n3"] * 2 + ["s1"] * 9
    return Village(
        units, tuple(Record(n, unit, {}, {"q": (1, 2, 4, 5)[n % 4]}) for n, unit in enumerate(homes)), ("q",)
    )


def test_a_part_is_the_unit_above_what_is_gone_and_everything_in_it() -> None:
    village = three_teams()
    cells, auditor = laid(village)
    before = Shown(cells.exists, np.zeros_like(cells.exists))
    means = cells.exists.copy()
    means[0, cells.at["n3", "all", "all"]] = False
    after = Shown(means, before.distributions)
    near = auditor.near(before, after)
    assert near is not None
    assert {cells.places[term.place].unit for one in near.audit(after) for term in one.terms} == {"north", "n1", "n2"}


def test_of_most_of_a_wave_or_of_a_small_one_there_is_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    cells, auditor = laid(three_teams())
    means = cells.exists.copy()
    means[0, cells.at["n3", "all", "all"]] = False
    before, after = Shown(cells.exists, cells.exists), Shown(means, means)
    monkeypatch.setattr(audit, "LARGEST_PART", 0.5)  # eleven of twenty are in the north
    assert auditor.near(before, after) is None
    monkeypatch.setattr(audit, "LARGEST_PART", 0.6)
    assert auditor.near(before, after) is not None
    monkeypatch.setattr(audit, "WORTH_A_PART", 21)
    assert auditor.near(before, after) is None
