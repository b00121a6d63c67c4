"""Organisations of some dozens of people, by exact algebra: every withheld cell and every person is tried."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from attacker import Knowledge, equations, exposed_groups
from village import RATE, Record, Village

from pipeline.disclosure import Rules, protect
from pipeline.organisation import Unit, tree

K = 4


def organisation(seed: int, *, people: int, families: bool = False, several: bool = False) -> Village:
    """Three levels of uneven units, two segments crossed, unknown categories, people at inner units, skipped items."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible organisation
    units = [Unit("u0", None, ""), *(Unit(f"u{one}", f"u{(one - 1) // 3}", "") for one in range(1, 13))]
    items = ("i1", "i2", "i3") if families else ("q",)
    records = []
    for one in range(people):
        skipped = {item for item in items if chance.random() < 0.1}
        records.append(
            Record(
                chance.randrange(people // 2) if several else one,
                f"u{min(int(chance.expovariate(0.15)), 12)}",
                {"g": chance.choice("ffffmmmm?").replace("?", ""), "a": chance.choice("xyz")},
                {item: chance.randint(1, 5) for item in items if item not in skipped},
            )
        )
    measures = ("s", *items) if families else (*items, RATE)
    groupings = (("g",), ("a",), ("g", "a"))
    return Village(tree(units), tuple(records), measures, groupings, {"s": items} if families else {})


def shapes(seeds: range) -> list[object]:
    return [
        pytest.param(organisation(seed, people=people, families=families, several=several), id=f"{name}-{seed}")
        for seed in seeds
        for name, people, families, several in (
            ("plain", 70, False, False),
            ("scale", 40, True, False),
            ("several", 70, False, True),
        )
    ]


def attack(village: Village) -> None:
    table = protect(village.cells, village.members, village.tree, Rules(K, 2 * K), village.families).table
    rows = table.to_pylist()
    assert any(row["status"] == "F" for row in rows)
    known = Knowledge(equations(village, table, [measure for measure in village.measures if measure != RATE]))
    assert exposed_groups(village, known, below=2) == []
    for row in rows:
        items = village.families.get(row["measure"], (row["measure"],))
        wanted: dict[tuple[int, str], Fraction] = {}
        for number in village.places[row["unit"], row["segment"], row["category"]]:
            given = [item for item in items if item in village.records[number].answers]
            if village.value(village.records[number], row["measure"]) is not None:
                wanted |= {(number, item): Fraction(1, len(given)) for item in given}
        people = {village.records[number].who for number, _ in wanted}
        if 0 < len(people) < K:
            assert row["status"] == "C"
            assert known.reduce(wanted), "a withheld cell can be calculated"


@pytest.mark.parametrize("village", shapes(range(2)))
def test_no_withheld_small_cell_and_no_person_can_be_calculated(village: Village) -> None:
    attack(village)


@pytest.mark.deep
@pytest.mark.parametrize("village", shapes(range(100, 160)))
def test_nor_in_sixty_more(village: Village) -> None:
    attack(village)
