"""A wave that lives on: people come, leave, change their minds and are erased, units move, tables are added.

After each release somebody who kept all of them does exact algebra over everything that was ever published.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from attacker import Knowledge, exposed_groups
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from releases import Releases
from village import RATE, Record, Village
from villages import DEEP, examples

from pipeline.disclosure import KEPT, Basis, Rules, found_in_history, readmit
from pipeline.organisation import Unit, tree

if TYPE_CHECKING:
    import pyarrow as pa

UNITS = ("u0", "u1", "u2", "u3", "u4")
CATEGORIES = {"gender": ("f", "m", ""), "age": ("old", "young")}
FAMILY = {"s": ("i1", "i2")}


class Wave(RuleBasedStateMachine):
    """One wave, from its first release on."""

    items: tuple[str, ...] = ("q",)
    families: dict[str, tuple[str, ...]] = {}  # noqa: RUF012 - replaced by a subclass, never changed

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Record] = []
        self.next = 0

    @initialize(
        k=st.sampled_from([3, 3, 4]), data=st.data(), parents=st.lists(st.integers(0, 3), min_size=4, max_size=4)
    )
    def opened(self, k: int, data: st.DataObject, parents: list[int]) -> None:
        """Twelve people have answered, and the first release is out."""
        self.releases = Releases(Rules(k, 2 * k))
        self.groupings: tuple[tuple[str, ...], ...] = (("gender",),)
        self.reorganised(parents)
        for _ in range(12):
            self.came(data)
        self.published()

    def answers(self, data: st.DataObject) -> dict[str, int]:
        """Somebody's answers, one of them now and then left out."""
        given = {item: data.draw(st.integers(1, 5)) for item in self.items}
        if data.draw(st.integers(0, 5)) == 0:
            given.pop(data.draw(st.sampled_from(self.items)))
        return given

    @rule(data=st.data())
    def came(self, data: st.DataObject) -> None:
        """A late answer."""
        categories = {name: data.draw(st.sampled_from(words)) for name, words in CATEGORIES.items()}
        self.records.append(Record(self.next, data.draw(st.sampled_from(UNITS)), categories, self.answers(data)))
        self.next += 1

    @precondition(lambda self: len(self.records) > 6)
    @rule(data=st.data())
    def left(self, data: st.DataObject) -> None:
        """Somebody withdraws, or is erased."""
        self.records.pop(data.draw(st.integers(0, len(self.records) - 1)))

    @rule(data=st.data())
    def changed(self, data: st.DataObject) -> None:
        """Somebody answers again."""
        at = data.draw(st.integers(0, len(self.records) - 1))
        self.records[at] = replace(self.records[at], answers=self.answers(data))

    @rule(data=st.data())
    def moved(self, data: st.DataObject) -> None:
        """Somebody belonged to another unit after all."""
        at = data.draw(st.integers(0, len(self.records) - 1))
        self.records[at] = replace(self.records[at], unit=data.draw(st.sampled_from(UNITS)))

    @rule(parents=st.lists(st.integers(0, 3), min_size=4, max_size=4))
    def reorganised(self, parents: list[int]) -> None:
        """The same units hang together in another way."""
        under = [Unit(UNITS[at], UNITS[min(above, at - 1)], "") for at, above in enumerate(parents, start=1)]
        self.tree = tree([Unit(UNITS[0], None, ""), *under])

    @rule()
    def another_table(self) -> None:
        """A second segment, and both crossed."""
        self.groupings = (("gender",), ("age",), ("gender", "age"))

    @precondition(lambda self: len(self.releases.tables) < 4)
    @rule()
    def published(self) -> None:
        """The next release. Nobody can be found in all of them, and each can be read again."""
        measures = (*self.families, *self.items, RATE)
        village = Village(self.tree, tuple(self.records), measures, self.groupings, self.families)
        before = tuple(self.releases.past)
        made = self.releases.publish(village)
        members = self.releases.past[-1].members
        basis = Basis(village.cells, members, village.tree, self.releases.rules, self.families, before)
        again = readmit(made.table, basis, made.kept)
        assert again.table.equals(made.table)
        equations, everybody = self.releases.known((*self.families, *self.items))
        assert exposed_groups(everybody, Knowledge(equations), below=3) == []
        assert not found_in_history(self.releases.past, self.releases.rules, self.families).certificates
        self.stay()

    def stay(self) -> None:
        """What was stated before is stated still, or is stated anew; what stays is as it was."""
        if len(self.releases.tables) > 1:
            last, now = (by_address(one.table) for one in self.releases.tables[-2:])
            for address in by_address(self.releases.tables[-1].kept):
                assert now[address] == last[address]
                assert now[address]["status"] == "F"
            gone = [key for key, row in last.items() if row["status"] == "F" and now.get(key, row)["status"] == "C"]
            assert not gone


class WaveOfScales(Wave):
    """The same with a scale beside its items."""

    items = ("i1", "i2")
    families = FAMILY


def by_address(table: pa.Table) -> dict[tuple[str, ...], dict[str, object]]:
    return {tuple(row[name] for name in KEPT.names): row for row in table.to_pylist()}


@pytest.mark.parametrize("machine", [Wave, WaveOfScales])
def test_nobody_is_found_in_all_that_was_ever_published_of_a_wave(machine: type[Wave]) -> None:
    limits = settings(examples(12, 1500), stateful_step_count=30 if DEEP else 14)
    run_state_machine_as_test(machine, settings=limits)
