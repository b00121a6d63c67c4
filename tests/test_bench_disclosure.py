"""The contest of disclosure control is only worth something if its instance and its judge can be trusted."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from bench.disclosure.bound import bounds
from bench.disclosure.instance import MEASURE, RULES, Instance, make, read, write
from bench.disclosure.judge import Judgement, audited, judge
from pipeline.disclosure import protect
from pipeline.organisation import Unit, tree
from pipeline.tables import CELLS, members_schema

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = ["unit", "segment", "category"]


@pytest.fixture(scope="module")
def village() -> Instance:
    return make(200, 25, ("gender", "age"))


def pattern(instance: Instance, *withheld: tuple[str, str, str]) -> pa.Table:
    """Everything is shown but these cells and those of fewer than the minimum."""
    keys = zip(*(instance.cells[name].to_pylist() for name in ADDRESS), strict=True)
    enough = pc.greater_equal(instance.cells["respondents"], RULES.minimum_mean).to_pylist()
    shown = [int(large and key not in withheld) for key, large in zip(keys, enough, strict=True)]
    return instance.cells.select(ADDRESS).append_column("shown", pa.array(shown))


def test_cells_count_the_members_one_by_one(village: Instance) -> None:
    people: Counter[tuple[str, str, str]] = Counter()
    for member in village.members.to_pylist():
        for unit in village.tree.path[member["unit"]]:
            people.update([(unit, "all", "all"), *((unit, name, member[name]) for name in village.segments)])
    cells = village.cells.to_pylist()
    assert {
        tuple(cell[name] for name in ADDRESS): cell["respondents"] for cell in cells if cell["respondents"]
    } == people
    assert people[village.tree.root, "all", "all"] == 200


def test_sums_add_up_over_the_tree_and_fit_each_other(village: Instance) -> None:
    inside: defaultdict[tuple[str | None, str, str], Counter[str]] = defaultdict(Counter)
    cells = {tuple(cell[name] for name in ADDRESS): cell for cell in village.cells.to_pylist()}
    figures = [name for name in CELLS.names[4:] if name != "modal"]
    for (unit, segment, category), cell in cells.items():
        inside[village.tree.unit[unit].parent, segment, category].update({name: cell[name] for name in figures})
        assert cell["answered"] == cell["favourable"] + cell["neutral"] + cell["unfavourable"]
        assert cell["answered"] <= cell["total"] <= cell["squares"] <= 25 * cell["answered"]
        assert cell["modal"] <= cell["answered"] <= cell["invited"]
    for key, sums in inside.items():
        if key[0] is not None:
            assert dict(sums) == {name: cells[key][name] for name in figures}


def test_what_was_written_is_read(village: Instance, tmp_path: Path) -> None:
    write(village, tmp_path)
    assert read(tmp_path) == village


def test_the_judge_and_the_auditor_find_nothing_in_what_is_protected(village: Instance) -> None:
    table = protect(village.cells, village.members, village.tree, RULES, {}).table
    shown = pc.equal(table["status"], "F").cast("int8")
    safe = table.select(ADDRESS).append_column("shown", shown)
    found = judge(village, safe)
    assert found == replace(found, recovered=0, remainders=0, groups=0)
    assert audited(village, safe) == 0


# Twelve people: five in A, seven in B, of whom three are men.
#          f  m
#      A   5  .
#      B   4  3        U = A + B
SEATS = [("A", "f")] * 5 + [("B", "f")] * 4 + [("B", "m")] * 3
WHERE = {"A": {"A"}, "B": {"B"}, "U": {"A", "B"}}


def planted() -> Instance:
    cells = []
    for unit, inside in WHERE.items():
        for segment, category in (("all", "all"), ("gender", "f"), ("gender", "m")):
            n = sum(where in inside and category in {"all", gender} for where, gender in SEATS)
            if n:
                counts = dict.fromkeys(CELLS.names[4:], n)
                cells.append({"unit": unit, "segment": segment, "category": category, "measure": MEASURE} | counts)
    members = [
        {"respondent": number, "unit": unit, "gender": gender, MEASURE: True}
        for number, (unit, gender) in enumerate(SEATS)
    ]
    return Instance(
        tree([Unit("U", None, "U"), Unit("A", "U", "A"), Unit("B", "U", "B")]),
        pa.Table.from_pylist(cells, schema=CELLS),
        pa.Table.from_pylist(members, schema=members_schema(("gender",), (MEASURE,))),
    )


def test_the_judge_finds_a_planted_leak() -> None:
    # U f - A f = 9 - 5 = 4 women of B; U - U f = B - 4 = 3 men. Withheld: 4 + 3 in B, 3 in U.
    leaky = pattern(planted())
    assert judge(planted(), leaky) == Judgement(
        lost=(4 + 3 + 3) / (2 * (5 + 12) + 7 + 4 + 3),
        recovered=3,  # women of B, men of B, men of U
        remainders=2,  # women of U less those of A; U less its women
        groups=2,  # the women and the men of B
    )
    assert audited(planted(), leaky) > 0


def test_the_judge_finds_nothing_once_it_is_closed() -> None:
    closed = pattern(planted(), ("U", "gender", "f"))
    assert judge(planted(), closed) == Judgement(lost=19 / 48, recovered=0, remainders=0, groups=0)
    assert audited(planted(), closed) == 0


def test_a_pattern_that_leaves_a_cell_out_is_not_judged() -> None:
    with pytest.raises(ValueError, match="does not name every cell"):
        judge(planted(), pattern(planted()).slice(1))


def without_remainders(counts: Instance) -> int:
    """The most people that a pattern can publish which leaves over nobody or enough: by trying every pattern."""
    people = {(cell["unit"], cell["segment"], cell["category"]): cell["answered"] for cell in counts.cells.to_pylist()}
    large = [place for place, size in people.items() if size >= RULES.minimum_mean]
    assert len(large) <= 17
    shown = dict(zip(large, (np.arange(2 ** len(large)) >> np.arange(len(large))[:, None]) & 1 == 1, strict=True))
    none = np.zeros(2 ** len(large), dtype=np.int64)
    covered: dict[tuple[str, str, str], np.ndarray] = {}
    fine = none == 0

    def hold(place: tuple[str, str, str], inside: np.ndarray) -> None:
        left = people[place] - inside
        fine[shown.get(place, none == 1) & (left > 0) & (left < RULES.minimum_mean)] = False

    for unit in reversed(counts.tree.units):
        for place in [place for place in people if place[0] == unit.id]:
            inside = sum((covered.get((one, *place[1:]), none) for one in counts.tree.children.get(unit.id, ())), none)
            hold(place, inside)
            covered[place] = np.where(shown.get(place, none == 1), people[place], inside)
        parts = [place for place in people if place[0] == unit.id and place[1] == "gender"]
        if parts:
            hold((unit.id, "all", "all"), sum((shown[one] * people[one] for one in parts if one in shown), none))

    return int(sum((shown[place] * people[place] for place in large), none)[fine].max())


@pytest.mark.parametrize(("seed", "people", "units"), [(0, 26, 8), (3, 26, 8), (0, 26, 12), (3, 30, 24)])
def test_no_pattern_loses_less_than_the_bound(seed: int, people: int, units: int) -> None:
    made = make(people, units, ("gender",), seed)
    best = without_remainders(made.of_counts())
    whole = pc.sum(made.cells["answered"]).as_py()
    first, *more = bounds(made, rounds=20)
    assert first.least == pytest.approx(1 - best / whole, abs=1e-6)
    assert first.found == pytest.approx(first.least, abs=1e-6)
    lost = [first.least, *(one.least for one in more)]
    assert lost == pytest.approx(sorted(lost))
    assert (first, *more)[-1].certificates == 0  # nobody is found in what loses least of all


def test_what_is_protected_loses_as_much_as_the_bound_or_more(village: Instance) -> None:
    counts = village.of_counts()
    table = protect(counts.cells, counts.members, counts.tree, RULES, {}).table
    shown = pc.equal(table["status"], "F").cast("int8")
    lost = judge(counts, table.select(ADDRESS).append_column("shown", shown)).lost
    (least,) = bounds(village)
    assert 0 < least.least <= lost
