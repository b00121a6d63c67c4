"""Who answered in two waves: small organisations in, kinds of people and usable places out."""

from __future__ import annotations

from fractions import Fraction

import pyarrow as pa
import pytest
from release_pictures import parsed

from pipeline import lineage, panel
from pipeline.disclosure import Rules
from pipeline.facts.cells import Place
from pipeline.organisation import Tree, Unit, tree

SURVEY = parsed()
RULES = Rules(5, 10)
People = dict[str, tuple[str, int | None]]  # pseudonym -> unit and answer


def drawn(*units: str) -> Tree:
    """`parent/unit` or `parent/unit<cell of successor_of`, under R."""
    made = []
    for one in units:
        name, _, cell = one.partition("<")
        parent, _, unit = name.rpartition("/")
        made.append(Unit(unit, parent or "R", unit, lineage.stated(cell)))
    return tree([Unit("R", None, "R"), *made])


def answers(people: People, where: Tree) -> panel.Answers:
    units, values = zip(*people.values(), strict=True) if people else ((), ())
    table = {"respondent": pa.array(list(people), pa.string()), "unit": pa.array(units, pa.string())}
    table |= {name: pa.array([one] * len(people), pa.string()) for name, one in (("gender", "w"), ("age", "u40"))}
    return panel.Answers(pa.table(table | {"safety": pa.array(values, pa.int64())}), ["safety"], where)


def kinds(now: People, then: People, after: Tree, before: Tree) -> list[tuple[str, str]]:
    made = panel.tables(SURVEY, answers(now, after), answers(then, before))["panel"]
    assert made.schema.names == ["kind", "unit", "gender", "age"]
    return [(row["kind"], row["unit"]) for row in made.to_pylist()]


@pytest.mark.parametrize(
    ("now", "then", "expected"),
    [
        (("A", 3), ("A", 1), [("both", "A")]),
        (("A", 3), ("A", None), [("again", "A"), ("came", "A")]),
        (("A", 3), None, [("came", "A")]),
        (("A", None), ("A", 1), [("again", "A"), ("left", "A")]),
        (None, ("A", 1), [("left", "A")]),
        (("A", None), ("A", None), [("again", "A"), ("never", "A")]),
        (("A", None), None, [("never", "A")]),
        (None, ("A", None), [("never", "A")]),
        (("B", 3), ("A", 1), [("came", "B"), ("left", "A")]),  # moved
        (("B", 3), ("A", None), [("came", "B"), ("never", "A")]),
        (("B", None), ("A", None), [("never", "A"), ("never", "B")]),
    ],
)
def test_everybody_is_of_one_kind_in_each_place_and_whoever_was_asked_again_is_told(
    now: tuple[str, int | None] | None, then: tuple[str, int | None] | None, expected: list[tuple[str, str]]
) -> None:
    same = drawn("A", "B")
    assert kinds({"p": now} if now else {}, {"p": then} if then else {}, same, same) == expected


def test_a_unit_with_another_id_has_its_people_and_a_dissolved_one_leaves_them_above() -> None:
    before, after = drawn("D", "D/A", "D/B"), drawn("D", "D/N<A")
    then: People = {"p": ("A", 1), "q": ("B", 1)}
    now: People = {"p": ("N", 2), "q": ("N", 2)}
    assert kinds(now, then, after, before) == [("both", "N"), ("came", "N"), ("left", "D")]


def many(unit: str, *numbers: int, start: int = 0) -> tuple[People, People]:
    """Now and then of so many of each kind; who answered both times differs by 0, 1 or 2."""
    now: People = {}
    then: People = {}
    names = iter(f"{unit}{number}" for number in range(start, 1000))
    for kind, number in zip(panel.KINDS, numbers, strict=True):
        for at in range(number):
            name = next(names)
            now[name] = (unit, 50 + at % 3 if kind in {"both", "came"} else None)
            then[name] = (unit, 50 if kind in {"both", "left"} else None)
    return now, then


def found(now: People, then: People, after: Tree, before: Tree) -> panel.Panel:
    made = panel.tables(SURVEY, answers(now, after), answers(then, before))
    return panel.protected(made, SURVEY, after, before, RULES)


def of(*units: tuple[str, tuple[int, ...]]) -> tuple[People, People]:
    now: People = {}
    then: People = {}
    for unit, numbers in units:
        one, other = many(unit, *numbers)
        now |= one
        then |= other
    return now, then


def test_a_place_is_used_where_all_four_kinds_are_enough() -> None:
    same = drawn("A", "B", "C")
    now, then = of(("A", (12, 5, 5, 5)), ("B", (12, 6, 6, 6)), ("C", (12, 5, 5, 4)))
    used = found(now, then, same, same)
    everybody = {place.unit: counts for place, counts in used.people.items() if place.segment == "all"}
    assert "C" not in everybody  # four who never answered
    assert everybody["R"] == (36, 36 + 16, 36 + 16)
    assert everybody.get("A", (12, 17, 17)) == (12, 17, 17)
    # 36 differences, 12 each of 0, 1 and 2: (n sum(d^2) - sum(d)^2) / (n (n - 1))
    assert used.spread == {"safety": Fraction(36 * 60 - 36 * 36, 36 * 35)}


@pytest.mark.parametrize("numbers", [(4, 9, 9, 9), (9, 4, 9, 9), (9, 9, 4, 9), (9, 9, 9, 4), (30, 0, 30, 30)])
def test_nothing_is_used_where_one_kind_is_too_few(numbers: tuple[int, ...]) -> None:
    same = drawn("A")
    now, then = of(("A", numbers))
    assert found(now, then, same, same) == panel.Panel({}, {})


def test_the_spread_of_differences_that_are_all_alike_is_not_used() -> None:
    same = drawn("A")
    now, then = of(("A", (12, 6, 6, 6)))
    for name in [name for name, (_, value) in then.items() if value is not None and now[name][1] is not None]:
        now[name] = ("A", 50)
    used = found(now, then, same, same)
    assert used.people[Place("A", "all", "all")] == (12, 18, 18)
    assert used.spread == {}


def test_the_spread_of_fewer_than_a_distribution_needs_is_not_used() -> None:
    same = drawn("A")
    for pairs, measures in ((RULES.minimum_distribution - 1, set()), (RULES.minimum_distribution, {"safety"})):
        used = found(*of(("A", (pairs, 6, 6, 6))), same, same)
        assert used.people[Place("A", "all", "all")] == (pairs, pairs + 6, pairs + 6)
        assert used.spread.keys() == measures


def test_a_unit_that_people_were_moved_into_with_their_team_is_not_used() -> None:
    before = drawn("D", "E", "D/A", "E/B", "D/C")
    after = drawn("D", "E", "E/A", "E/B", "D/C")
    now, then = of(*((unit, (20, 20, 20, 20)) for unit in "ABC"))
    used = found(now, then, after, before)
    assert {"R", "B", "C"} <= {place.unit for place in used.people if place.segment == "all"}
    assert not {"D", "E"} & {place.unit for place in used.people}


def test_no_units_own_differences_are_told() -> None:
    """Whether A's people changed and B's did not, or the other way round: the tables are the same."""
    same = drawn("A", "B")
    now, then = of(("A", (12, 6, 6, 6)), ("B", (12, 6, 6, 6)))
    made = []
    for changing in "AB":
        one = {name: (unit, value and (value if unit == changing else 50)) for name, (unit, value) in now.items()}
        made.append(panel.tables(SURVEY, answers(one, same), answers(then, same)))
    assert made[0] == made[1]
    assert panel.protected(made[0], SURVEY, same, same, RULES).spread.keys() == {"safety"}


def test_an_empty_panel_has_its_columns() -> None:
    made = panel.empty(SURVEY)
    assert [table.num_rows for table in made.values()] == [0, 0]
    assert made["panel"].schema == pa.schema([(name, pa.string()) for name in ("kind", "unit", "gender", "age")])
    same = drawn("A")
    assert panel.protected(made, SURVEY, same, same, RULES) == panel.Panel({}, {})
