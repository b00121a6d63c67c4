"""Trees, and the people who belong to them."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import OrganisationInvalid
from pipeline.organisation import Unit, check_units, from_table, to_table, tree

FJORD = [Unit("U2", "U1", "Drift"), Unit("U1", None, "Fjord"), Unit("U3", "U2", "Natt"), Unit("U4", "U1", "Salg")]


def people(*units: str) -> pa.Table:
    return pa.table(
        {"respondent": pa.array([f"r{at}" for at in range(len(units))]), "unit": pa.array(units, pa.string())}
    )


def test_a_tree_stands_top_down_and_knows_its_ways() -> None:
    fjord = tree(FJORD)
    assert [unit.id for unit in fjord.units] == ["U1", "U2", "U4", "U3"]
    assert fjord.root == "U1"
    assert fjord.children == {"U1": ("U2", "U4"), "U2": ("U3",), "U3": (), "U4": ()}
    assert fjord.path["U3"] == ("U1", "U2", "U3")
    assert fjord.unit["U4"].name == "Salg"


@pytest.mark.parametrize(
    ("units", "says"),
    [
        ([], "the units file has no units"),
        ([Unit("U1", None, "a"), Unit("U1", None, "b")], "unit 'U1' stands twice"),
        ([Unit("U1", None, "a"), Unit("U2", "U9", "b")], "'U2' lies under 'U9', which is missing"),
        ([Unit("U1", None, "a"), Unit("U2", None, "b")], "more than one unit has no parent: 'U1', 'U2'"),
        ([Unit("U1", "U1", "a")], "in a circle: 'U1'"),
        ([Unit("U0", None, "r"), Unit("U1", "U2", "a"), Unit("U2", "U1", "b")], "in a circle: 'U1' > 'U2'"),
        ([Unit("U0", None, "r"), Unit("U1", "U2", "a"), Unit("U2", "U2", "b")], "in a circle: 'U1' > 'U2'"),
    ],
)
def test_units_that_are_no_tree(units: list[Unit], says: str) -> None:
    with pytest.raises(OrganisationInvalid, match=says):
        tree(units)


def test_a_tree_survives_its_table() -> None:
    assert from_table(to_table(tree(FJORD))) == tree(reversed(FJORD))


def test_a_table_that_is_no_tree_any_more_is_refused() -> None:
    with pytest.raises(OrganisationInvalid, match="'U2' lies under 'U1', which is missing"):
        from_table(to_table(tree(FJORD)).slice(1))


def test_people_of_units_that_are_there() -> None:
    check_units(tree(FJORD), people("U3", "U1", "U3")["unit"], "people belong to")


def test_people_of_a_missing_unit_are_counted_and_not_named() -> None:
    with pytest.raises(OrganisationInvalid) as caught:
        check_units(tree(FJORD), people("U3", "X2", "X1", "X2")["unit"], "people belong to")
    assert "missing from the units file: 'X1' (1), 'X2' (2); whoever keeps" in str(caught.value)
    assert "r1" not in str(caught.value)


def test_of_many_missing_units_five_are_named() -> None:
    with pytest.raises(OrganisationInvalid, match=r"'X4' \(1\) and 2 more; "):
        check_units(tree(FJORD), people(*(f"X{at}" for at in range(7)))["unit"], "people belong to")


@given(st.lists(st.integers(0, 30), max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_a_units_file_decides_nothing(parents: list[int], chance: object) -> None:
    units = [Unit("U000", None, "r")]
    units += [Unit(f"U{at:03}", f"U{parent % at:03}", "x") for at, parent in enumerate(parents, start=1)]
    mixed = list(units)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # a Random
    found = tree(mixed)
    assert found == tree(units)
    seen: set[str | None] = {None}
    for unit in found.units:
        assert unit.parent in seen
        seen.add(unit.id)
