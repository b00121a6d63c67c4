"""The auditor by itself: tables that somebody else chose, and the combination of cells that gives people away."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from village import RATE, Record, Village

from pipeline.disclosure import Rules
from pipeline.disclosure.audit import Auditor, Certificate, joint
from pipeline.disclosure.audit.elimination import PRIME, combinations, dependent, eliminate, inverses, signed, worlds
from pipeline.disclosure.audit.small_sets import meeting
from pipeline.disclosure.cells import columns, grid
from pipeline.disclosure.primary import Shown, allowed
from pipeline.organisation import Unit, tree

Cell = tuple[str, str, str]  # unit, category, measure


def audit(village: Village, hidden: set[Cell], k: int = 3, *, primary: bool = True) -> list[Certificate]:
    """What the auditor says when these means are hidden besides those that the primary rules hide."""
    segments, measures = columns(village.members)
    cells = grid(village.cells, measures, segments, village.tree)
    means = allowed(cells, Rules(k, 1000)).means if primary else cells.exists.copy()
    for measure, name in enumerate(cells.measures):
        for number, place in enumerate(cells.places):
            if (place.unit, place.category, name) in hidden:
                means[measure, number] = False
    auditor = Auditor(cells, village.members, village.tree, Rules(k, 1000), village.families)
    found = auditor.audit(Shown(means, np.zeros_like(means)))
    for one in found:
        assert holds(village, one, cells.measures, [(p.unit, p.segment, p.category) for p in cells.places])
    return found


def holds(village: Village, one: Certificate, measures: tuple[str, ...], places: list[Cell]) -> bool:
    """The certificate's terms, added up person by person and item by item over fractions, are about few people only."""
    sums: dict[tuple[int, str], Fraction] = {}
    for term in one.terms:
        measure = measures[term.measure]
        items = village.families.get(measure, (measure,))
        for number in village.places[places[term.place]]:
            record = village.records[number]
            if village.value(record, measure) is not None:
                given = [item for item in items if item in record.answers]
                for item in given:
                    key = (number, item)
                    sums[key] = sums.get(key, Fraction(0)) + Fraction(term.times, len(given))
    people = {village.records[number].who for (number, _), times in sums.items() if times}
    return 0 < len(people) <= one.people


def table(counts: list[list[int]]) -> Village:
    """Units r0.. under a root, categories c0.., as many people in each as stated; answers differ enough."""
    units = [Unit("root", None, "root"), *(Unit(f"r{row}", "root", "") for row in range(len(counts)))]
    records = [
        (f"r{row}", f"c{column}")
        for row, line in enumerate(counts)
        for column, count in enumerate(line)
        for _ in range(count)
    ]
    return Village(
        tree(units),
        tuple(Record(who, unit, {"s": one}, {"q": (1, 2, 4, 5)[who % 4]}) for who, (unit, one) in enumerate(records)),
        ("q",),
        (("s",),),
    )


NINE_HOLES = {(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (2, 2), (2, 3), (3, 2), (3, 3)}


def four_by_four() -> Village:
    """Four units by four categories; the cell (2, 1) has two people, every other one five."""
    return table([[2 if (row, column) == (2, 1) else 5 for column in range(4)] for row in range(4)])


def test_a_four_by_four_table_with_nine_holes_and_two_or_more_in_every_line_is_solved() -> None:
    hidden = {(f"r{row}", f"c{column}", "q") for row, column in NINE_HOLES}
    for line in range(4):
        assert sum((line, other) in NINE_HOLES for other in range(4)) >= 2
        assert sum((other, line) in NINE_HOLES for other in range(4)) >= 2
    found = audit(four_by_four(), hidden)
    assert {one.people for one in found} == {2}
    # Lines 0 and 1 of the table minus columns 0 and 1: the four corner holes cancel and (2, 1) is left.
    assert max(abs(term.times) for one in found for term in one.terms) == 1
    assert min(len(one.terms) for one in found) >= 8


def test_one_more_hole_and_it_is_not() -> None:
    hidden = {(f"r{row}", f"c{column}", "q") for row, column in NINE_HOLES | {(0, 2)}}
    assert audit(four_by_four(), hidden) == []


def test_two_holes_in_each_line_of_a_rectangle_are_enough() -> None:
    village = table([[5, 5, 5], [5, 2, 2], [5, 2, 5]])
    hidden = {(unit, category, "q") for unit in ("r1", "r2") for category in ("c1", "c2")}
    # Each line of the rectangle holds four or more people, and any three cells can be moved by the fourth.
    assert audit(village, hidden) == []


def test_a_residual_is_a_parent_minus_its_published_children() -> None:
    units = tree([Unit("root", None, ""), Unit("a", "root", ""), Unit("b", "root", "")])
    answers = [{"q": (1, 2, 4, 5)[one % 4]} for one in range(10)]
    records = [Record(one, "ab"[one % 2], {}, answers[one]) for one in range(8)]
    records += [Record(one, "root", {}, answers[one]) for one in (8, 9)]  # two work at the root itself
    (found,) = audit(Village(units, tuple(records), ("q",)), set())
    assert (found.found_by, found.people) == ("residual", 2)
    assert sorted(term.times for term in found.terms) == [-1, -1, 1]


def test_people_of_unknown_category_are_what_the_categories_leave_over() -> None:
    genders = ["f"] * 5 + ["m"] * 5 + [""] * 2
    records = [Record(one, "root", {"g": gender}, {"q": (1, 2, 4, 5)[one % 4]}) for one, gender in enumerate(genders)]
    found = audit(Village(tree([Unit("root", None, "")]), tuple(records), ("q",), (("g",),)), set())
    assert {one.people for one in found} == {2}


def test_that_all_who_are_left_think_alike_is_a_leak_of_any_size() -> None:
    units = tree([Unit("root", None, ""), *(Unit(name, "root", "") for name in "ab")])
    mixed = [Record(one, "a", {}, {"q": (1, 2, 4, 5)[one % 4]}) for one in range(8)]
    alike = [Record(20 + one, "b", {}, {"q": 5}) for one in range(9)]
    (found,) = audit(Village(units, (*mixed, *alike), ("q",)), set())
    assert (found.found_by, found.people) == ("residual", 9)


def test_that_across_segments_too() -> None:
    # b is withheld because it is of one mind; its two halves are not small, and the whole follows from the categories.
    units = tree([Unit("root", None, ""), *(Unit(name, "root", "") for name in "abc")])
    records = [Record(one, "ac"[one % 2], {"g": "fm"[one // 2 % 2]}, {"q": 1 + one % 5}) for one in range(40)]
    records += [Record(50 + one, "b", {"g": "fm"[one % 2]}, {"q": 5}) for one in range(12)]
    village = Village(units, tuple(records), ("q",), (("g",),))
    hidden = {("root", "all", "q"), ("b", "f", "q"), ("b", "m", "q"), ("c", "f", "q"), ("c", "m", "q")}
    assert audit(village, hidden | {("c", "all", "q")}) == []
    hidden = {("b", "f", "q"), ("b", "m", "q"), ("root", "all", "q")}
    assert {one.people for one in audit(village, hidden)} >= {6}


def test_the_difference_of_two_people_tells_both_when_they_answered_one_and_five() -> None:
    # a = {0, 1, 2, 3}, category x = {1, 2, 3, 4}: published are both, and nothing smaller. a - x = person 0 - person 4.
    units = tree([Unit("root", None, ""), Unit("a", "root", ""), Unit("b", "root", "")])
    records = [
        Record(one, "a" if one < 4 else "b", {"s": "x" if 0 < one < 5 else "y"}, {"q": (1, 2, 4, 5)[one % 4]})
        for one in range(10)
    ]
    village = Village(units, tuple(records), ("q",), (("s",),))
    hidden = {("a", "x", "q"), ("a", "y", "q"), ("b", "x", "q"), ("b", "y", "q"), ("b", "all", "q"), ("root", "y", "q")}
    found = audit(village, hidden)
    assert [(one.found_by, one.people, len(one.terms)) for one in found] == [("pair", 2, 2)]


def test_three_people_of_whom_a_sum_and_difference_is_known() -> None:
    # As above with a minimum of 4, and one person more in a: 0 + 5 - 4.
    units = tree([Unit("root", None, ""), Unit("a", "root", ""), Unit("b", "root", "")])
    inside = {0, 1, 2, 3, 5}
    records = [
        Record(one, "a" if one in inside else "b", {"s": "x" if 0 < one < 5 else "y"}, {"q": (1, 2, 4, 5)[one % 4]})
        for one in range(14)
    ]
    village = Village(units, tuple(records), ("q",), (("s",),))
    hidden = {("a", "x", "q"), ("a", "y", "q"), ("b", "x", "q"), ("b", "y", "q"), ("b", "all", "q"), ("root", "y", "q")}
    found = audit(village, hidden, k=4)
    # 0 and 5 lie in the same published cells and are one group of two; with 4 they make three people.
    assert [(one.found_by, one.people) for one in found] == [("pair", 3)]


def test_the_same_three_when_everything_else_tells_them_apart() -> None:
    units = tree([Unit("root", None, ""), Unit("a", "root", ""), Unit("b", "root", "")])
    inside = {*range(4, 22), 0, 1}  # a: eighteen of x, and persons 0 and 1 of y; person 2 is of x and in b
    records = [
        Record(
            one,
            "a" if one in inside else "b",
            {"s": "x" if 3 < one < 22 or one == 2 else "y", "t": f"t{one % 3}"},
            {"q": (1, 2, 4, 5)[one % 4]},
        )
        for one in range(40)
    ]
    village = Village(units, tuple(records), ("q",), (("s",), ("t",)))
    hidden = {(unit, category, "q") for unit in "ab" for category in ("x", "y", "t0", "t1", "t2")}
    found = audit(village, hidden | {("b", "all", "q"), ("root", "y", "q")}, k=4)
    assert {(one.found_by, one.people, len(one.terms)) for one in found} == {("set", 3, 2)}


def several(shared: int) -> Village:
    """Person 0 answers in a and in b; both units have `shared` others."""
    units = tree([Unit("root", None, ""), Unit("a", "root", ""), Unit("b", "root", "")])
    records = [Record(0, "a", {"s": "x"}, {"q": 2}), Record(0, "b", {"s": "x"}, {"q": 4})]
    records += [Record(1 + one, "ab"[one % 2], {"s": "y"}, {"q": (1, 2, 4, 5)[one % 4]}) for one in range(2 * shared)]
    return Village(units, tuple(records), ("q",), (("s",),))


def test_two_answers_of_one_person_are_one_person() -> None:
    # x is person 0 alone, twice; withheld, but everybody minus y gives the sum of both answers.
    found = audit(several(6), {("a", "y", "q"), ("b", "y", "q")})
    assert {one.people for one in found} == {1}


def test_and_stay_so_when_others_cover_for_them() -> None:
    assert audit(several(6), {("root", "y", "q"), ("a", "y", "q"), ("b", "y", "q")}) == []


def test_a_category_minus_a_unit_that_is_all_of_that_category() -> None:
    # Everybody in c is x, and so are two in a and three in b: x - c are these five, who differ in t.
    units = tree([Unit("root", None, ""), *(Unit(name, "root", "") for name in "abc")])
    where = [("c", "x")] * 12 + [("a", "x")] * 2 + [("b", "x")] * 3 + [("a", "y")] * 12 + [("b", "y")] * 12
    records = [
        Record(one, unit, {"s": category, "t": f"t{one % 5}"}, {"q": (1, 2, 4, 5)[one % 4]})
        for one, (unit, category) in enumerate(where)
    ]
    village = Village(units, tuple(records), ("q",), (("s",), ("t",)))
    hidden = {(unit, category, "q") for unit in "abc" for category in ("x", "y", *(f"t{one}" for one in range(5)))}
    found = audit(village, hidden | {("a", "all", "q"), ("b", "all", "q")}, k=6)
    assert {(one.found_by, one.people, len(one.terms)) for one in found} == {("union", 5, 2)}
    assert audit(village, hidden | {(unit, "all", "q") for unit in "abc"}, k=6) == []


def test_one_person_whose_five_answers_make_up_a_difference() -> None:
    # x is P and three answers of person 0; a is P and two more of theirs. x - a is about person 0 alone.
    units = tree([Unit("root", None, ""), Unit("a", "root", ""), Unit("b", "root", "")])
    mine = [Record(0, "b", {"s": "x", "t": f"t{one}"}, {"q": one + 1}) for one in range(3)]
    mine += [Record(0, "a", {"s": "y", "t": f"t{one}"}, {"q": one}) for one in (3, 4)]
    others = [
        Record(1 + one, "ab"[one % 2], {"s": "xy"[one % 2], "t": f"t{one % 5}"}, {"q": (1, 2, 4, 5)[one // 2 % 4]})
        for one in range(40)
    ]
    village = Village(units, (*mine, *others), ("q",), (("s",), ("t",)))
    hidden = {(unit, category, "q") for unit in "ab" for category in ("x", "y", *(f"t{one}" for one in range(5)))}
    found = audit(village, hidden | {("b", "all", "q"), ("root", "y", "q")})
    assert {(one.found_by, one.people, len(one.terms)) for one in found} == {("atom", 1, 2)}


def test_a_withheld_cell_is_found_however_finely_its_people_can_be_told_apart() -> None:
    # The table with nine holes again, and five people in (2, 1), each of another category of t.
    lines = [(row, column) for row in range(4) for column in range(4)]
    where = [one for one in lines for _ in range(5 if one == (2, 1) else 8)]
    records = [
        Record(one, f"r{row}", {"s": f"c{column}", "t": f"t{one % 5}"}, {"q": (1, 2, 4, 5)[one % 4]})
        for one, (row, column) in enumerate(where)
    ]
    units = tree([Unit("root", None, ""), *(Unit(f"r{row}", "root", "") for row in range(4))])
    village = Village(units, tuple(records), ("q",), (("s",), ("t",)))
    hidden = {(f"r{row}", f"c{column}", "q") for row, column in NINE_HOLES}
    hidden |= {(f"r{row}", f"t{one}", "q") for row in range(4) for one in range(5)}
    assert {(one.found_by, one.people) for one in audit(village, hidden, k=6)} == {("withheld cell", 5)}


FAMILY = {"s": ("i1", "i2", "i3")}


def family(skips: dict[int, set[str]], people: int = 12) -> Village:
    """One unit; person n skips the items of skips[n]."""
    return Village(
        tree([Unit("root", None, "")]),
        tuple(
            Record(
                one,
                "root",
                {},
                {item: 1 + (3 * one + 2 * number + one // 5) % 5 for number, item in enumerate(FAMILY["s"])
                 if item not in skips.get(one, set())},
            )
            for one in range(people)
        ),
        ("s", *FAMILY["s"]),
        families=FAMILY,
    )  # fmt: skip


def test_a_scale_beside_its_items_exposes_the_one_who_skipped_some() -> None:
    found = audit(family({4: {"i2"}}), set())
    assert {one.people for one in found} == {1}
    assert {term.measure for one in found for term in one.terms} == {0, 1, 2, 3}


def test_without_one_item_nothing_is_left_to_compare() -> None:
    assert audit(family({4: {"i2"}}), {("root", "all", "i1")}) == []


def test_enough_people_who_skipped_hide_each_other() -> None:
    assert audit(family({one: {"i2"} for one in range(4)}), set()) == []


def test_two_who_skipped_different_items_are_two_people() -> None:
    found = audit(family({4: {"i2"}, 7: {"i1"}}), set())
    assert {one.people for one in found} == {2}


def test_four_who_skipped_in_four_ways_are_four_people() -> None:
    found = audit(family({0: {"i1"}, 1: {"i2"}, 2: {"i3"}, 3: {"i1", "i2"}}), set(), k=5)
    assert {one.people for one in found} == {4}


def test_an_item_that_is_withheld_for_its_own_sake_follows_from_the_scale_and_the_others() -> None:
    village = family({})
    alike = tuple(Record(one.who, one.unit, one.categories, {**one.answers, "i3": 5}) for one in village.records)
    same = Village(village.tree, alike, village.measures, families=FAMILY)
    found = audit(same, set())  # i3 is of one mind, so the primary rule withholds it
    assert {one.found_by for one in found} == {"contrast"}
    assert audit(same, {("root", "all", "i1")}) == []


def test_an_item_that_nobody_answered_is_no_obstacle() -> None:
    everybody = {one: {"i3"} for one in range(12)}
    assert audit(family(everybody), set()) == []


def test_nor_is_a_family_that_nobody_answered() -> None:
    assert audit(family({0: set(FAMILY["s"])}, people=1), set()) == []


def test_in_a_large_family_the_pairs_that_are_tried_are_of_those_who_answered_in_part(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(joint, "MANY", 2)
    # The whole gives a combination of the two who skipped; t, published for i3 alone, tells them apart.
    village = family({4: {"i2"}, 7: {"i1"}})
    told = tuple(Record(r.who, r.unit, {"t": "xy"[r.who // 6]}, r.answers) for r in village.records)
    apart = Village(village.tree, told, village.measures, (("t",),), FAMILY)
    hidden = {("root", category, measure) for category in "xy" for measure in ("s", "i1", "i2")}
    assert {one.people for one in audit(apart, hidden)} == {2}


def test_scale_and_item_that_are_the_same_are_one_table() -> None:
    village = Village(
        tree([Unit("root", None, ""), Unit("a", "root", ""), Unit("b", "root", "")]),
        tuple(Record(one, "a" if one < 8 else "b", {}, {"i1": (1, 2, 4, 5)[one % 4]}) for one in range(10)),
        ("s", "i1"),
        families={"s": ("i1",)},
    )
    assert audit(village, {("a", "all", "s"), ("a", "all", "i1")}) == []
    # One hides a, the other the whole: together they give b.
    found = audit(village, {("a", "all", "s"), ("root", "all", "i1")})
    assert {one.people for one in found} == {2}


def test_a_response_rate_may_be_everybody() -> None:
    records = tuple(Record(one, "root", {}, {"q": 1 + one % 5}) for one in range(6))
    assert audit(Village(tree([Unit("root", None, "")]), records, ("q", RATE)), set()) == []


@pytest.mark.parametrize("seed", range(5))
def test_elimination_agrees_with_algebra_over_fractions(seed: int) -> None:
    random = np.random.default_rng(seed)
    matrix = (random.random((12, 10)) < 0.35).astype(int)
    rows = [dict.fromkeys(np.flatnonzero(line).tolist(), 1) for line in matrix]
    solved = eliminate([dict(row) for row in rows], 10)
    values = worlds(solved, 10, 3)
    assert not ((matrix @ values) % PRIME).any()
    rank = np.linalg.matrix_rank(matrix)
    assert len(solved.steps) == rank
    wanted = [{column: 1} for column in range(10)]
    how = combinations(rows, 10, wanted)
    for column, solution in enumerate(how.found):
        fixed = np.linalg.matrix_rank(np.vstack([matrix, np.eye(10, dtype=int)[column]])) == rank
        assert (solution is not None) == fixed == (not values[column].any())
        if solution is not None:
            total = sum(times * matrix[row].astype(object) for row, times in solution.items())
            assert [value % PRIME for value in total] == [int(one == column) for one in range(10)]
    for relation in how.relations:
        total = sum(times * matrix[row].astype(object) for row, times in relation.items())
        assert not any(value % PRIME for value in total)


def test_inverses_and_signs() -> None:
    values = np.array([1, 2, 12345, PRIME - 1, 0])
    assert (inverses(values) * values % PRIME).tolist() == [1, 1, 1, 1, 0]
    assert [signed(1), signed(PRIME - 3), signed(-2), signed(PRIME)] == [1, -3, -2, 0]


def test_dependent_finds_the_set_and_no_other() -> None:
    values = np.array([[1, 0, 0, 5], [0, 1, 0, 7], [2, 3, 0, 31], [0, 0, 1, 9]])
    assert dependent(np.array([[0, 1, 2], [0, 1, 3], [3, -1, -1]]), values).tolist() == [0]


@pytest.mark.parametrize(
    ("times", "found"), [((1, 1, -1, -1), True), ((1, 1, 1, 1), True), ((1, -1, 1), True), ((1, 3, 1), False)]
)
def test_sums_and_differences_meet_in_the_middle(times: tuple[int, ...], *, found: bool) -> None:
    random = np.random.default_rng(3)
    values = random.integers(1, PRIME, size=(40, 3))
    first = sum(factor * values[place] for place, factor in enumerate(times[:-1])) % PRIME
    values[len(times) - 1] = (-times[-1] * first) % PRIME  # the last factor is its own inverse
    rows = meeting(values)
    assert bool(rows) is found
    for row in rows:
        assert set(row) == set(range(len(times)))


def test_shares_are_held_to_their_own_minimum() -> None:
    # a has 14 people and b seven, enough for a mean each; the shares of b would follow from those of the whole and a.
    units = tree([Unit("root", None, ""), Unit("a", "root", ""), Unit("b", "root", "")])
    records = tuple(Record(one, "a" if one < 14 else "b", {}, {"q": (1, 2, 4, 5)[one % 4]}) for one in range(21))
    village = Village(units, records, ("q",))
    segments, measures = columns(village.members)
    cells = grid(village.cells, measures, segments, village.tree)
    rules = Rules(3, 10)
    auditor = Auditor(cells, village.members, village.tree, rules, {})
    shown = allowed(cells, rules)
    assert shown.distributions.tolist() == [[True, True, False]]
    (found,) = auditor.audit(shown)
    assert (found.layer, found.found_by, found.people) == ("distributions", "residual", 7)
    assert auditor.audit(Shown(shown.means, np.array([[True, False, False]]))) == []
