"""What a unit was in the wave before, when the organisation was drawn anew."""

from __future__ import annotations

import pytest

from pipeline import lineage
from pipeline.errors import OrganisationInvalid
from pipeline.organisation import Tree, Unit, from_table, to_table, tree

BEFORE = ["R", "A", "B", "C"]


def drawn(**successors: str) -> Tree:
    """A root and the units named, each with its cell of successor_of."""
    under = [Unit(unit, "R", unit, lineage.stated(cell)) for unit, cell in successors.items()]
    return tree([Unit("R", None, "R"), *under])


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({"A": "", "B": ""}, {"A": "A", "B": "B"}),  # an id says enough
        ({"N": ""}, {"N": None}),  # a new one
        ({"N": "A"}, {"N": "A"}),  # renamed
        ({"N": "A; B"}, {"N": None}),  # two became one: other people than any of them
        ({"N": "part:A", "M": "part:A"}, {"N": None, "M": None}),  # one became two
        ({"A": "", "N": "part: A"}, {"A": None, "N": None}),  # A gave some away, and is not who it was
        ({"A": "B", "B": "C"}, {"A": "B", "B": "C"}),  # ids were moved along
    ],
)
def test_who_continues_one_whole_unit_is_compared_with_it(
    units: dict[str, str], expected: dict[str, str | None]
) -> None:
    assert lineage.predecessors(drawn(**units), BEFORE) == {"R": "R", **expected}


@pytest.mark.parametrize(
    ("units", "says"),
    [
        ({"N": "A;A"}, "unit 'N' names a unit twice"),
        ({"N": "part:"}, "or none after 'part:'; whoever keeps the organisation names each once"),
        ({"N": "A", "M": "A"}, "units 'M' and 'N' both continue 'A'; .* writes part:A where"),
        ({"N": "A", "M": "part:A"}, "units 'M' and 'N' both continue 'A'"),
        ({"A": "", "N": "A"}, "units 'A' and 'N' both continue 'A'"),
        ({"A": "B", "B": "A"}, "continue each other in a circle: 'A' > 'B'|in a circle: 'B' > 'A'"),
    ],
)
def test_what_cannot_be_is_refused(units: dict[str, str], says: str) -> None:
    with pytest.raises(OrganisationInvalid, match=says):
        drawn(**units)


def test_a_unit_cannot_continue_one_that_was_not_there() -> None:
    with pytest.raises(OrganisationInvalid, match="'N' is the successor of 'Z', which the wave before does not have"):
        lineage.predecessors(drawn(N="Z"), BEFORE)


def test_a_tree_is_the_same_tree_after_it_was_written_down() -> None:
    one = drawn(N="A", M="part:B;C")
    assert from_table(to_table(one)) == one
    assert from_table(to_table(one).drop_columns(["successor_of"])) == drawn(N="", M="")
