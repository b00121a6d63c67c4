"""Who is where: the chooser and the auditor each look it up for themselves, and both say what a plain count says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from exposed_village import laid
from village import RATE, Record, Village

from pipeline.disclosure.audit.crowd import Crowd, crowd
from pipeline.disclosure.audit.silent import recount
from pipeline.disclosure.cells import Grid, Place, columns, grid
from pipeline.disclosure.membership import Membership, membership
from pipeline.errors import DisclosureLeak
from pipeline.organisation import Unit, tree

TREE = tree(
    [Unit("top", None, ""), Unit("b", "top", ""), Unit("a", "top", ""), Unit("a1", "a", ""), Unit("a2", "a", "")]
)
SILENT = (Record(50, "a2", {"gender": "x", "age": "old"}, {}), Record(51, "b", {"gender": "", "age": "young"}, {}))


def village() -> Village:
    """People at inner units, unknown categories, somebody who answers in two units, a unit that only b's see."""
    units = ["a1", "a1", "a2", "a", "a", "b", "b", "b", "top", "a2", "a1"]
    genders = ["f", "m", "", "f", "m", "m", "f", "f", "m", "f", "m"]
    ages = ["old", "young", "old", "", "old", "young", "old", "young", "", "young", "old"]
    people = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1]
    everybody = zip(people, units, genders, ages, strict=True)
    records = [
        Record(who, unit, {"gender": gender, "age": age}, {} if at == 4 else {"q": 1 + at % 5})
        for at, (who, unit, gender, age) in enumerate(everybody)
    ]
    return Village(
        TREE, tuple(records), ("q", RATE), (("gender",), ("age",), ("gender", "age"), ("age", "gender")), silent=SILENT
    )


def by_chooser(made: Village, cells: Grid) -> list[set[int]]:
    """The records in each place."""
    found: list[set[int]] = [set() for _ in cells.places]
    known = membership(cells, made.members, made.tree)
    for at in known.at:
        for level in at:
            for record in np.flatnonzero(level >= 0).tolist():
                found[level[record]].add(record)
    return found


def by_auditor(made: Village, cells: Grid) -> list[set[int]]:
    found: list[set[int]] = [set() for _ in cells.places]
    known = crowd(cells, made.members, made.tree)
    for inside in known.inside:
        for level in inside:
            for record, atom in enumerate(known.atom.tolist()):
                if level[atom] >= 0:
                    found[level[atom]].add(record)
    return found


@pytest.mark.parametrize("look", [by_chooser, by_auditor])
def test_every_place_holds_those_who_are_counted_there(look: object) -> None:
    made = village()
    cells, everybody = laid(made), len(made.records)
    counted = [
        {*made.places.get(place, ()), *(everybody + one for one in made.away.get(place, ()))} for place in cells.places
    ]
    assert look(made, cells) == counted  # type: ignore[operator]
    assert {len(place.grouping) for place in cells.places} == {0, 1, 2}


def test_the_depth_of_a_record_s_place_is_that_of_its_unit() -> None:
    made = village()
    cells = laid(made)
    known = membership(cells, made.members, made.tree)
    for at in known.at:
        for depth, level in enumerate(at):
            assert {len(made.tree.path[cells.places[one].unit]) - 1 for one in level[level >= 0].tolist()} <= {depth}
    assert known.depth.tolist() == [len(made.tree.path[place.unit]) - 1 for place in cells.places]


def test_above_a_place_is_the_same_category_one_unit_up() -> None:
    made = village()
    cells = laid(made)
    known = membership(cells, made.members, made.tree)
    parent = {unit.id: unit.parent or "nowhere" for unit in TREE.units}
    above = [cells.at.get((parent[place.unit], place.segment, place.category), -1) for place in cells.places]
    assert known.above.tolist() == above


def test_groupings_that_cut_further_are_paired_with_those_they_cut() -> None:
    made = village()
    known: Membership = membership(laid(made), made.members, made.tree)
    name = ["*".join(one) or "all" for one in known.groupings]
    assert {(name[one], name[other]) for one, other in known.coarser} == {
        *((one, one) for one in name),
        *(("all", one) for one in name[1:]),
        *((one, both) for one in ("gender", "age") for both in ("gender*age", "age*gender")),
        ("gender*age", "age*gender"),
        ("age*gender", "gender*age"),
    }


def test_a_cell_of_a_category_that_nobody_has_holds_nobody() -> None:
    made = village()
    rows = made.cells.to_pylist()
    empty = {**dict.fromkeys(made.cells.schema.names, 0), "unit": "a", "segment": "gender", "measure": "q"}
    more = [
        {**empty, "category": "nobody's"},
        {**empty, "category": "nor this one's"},
        {**empty, "unit": "a1", "category": "nobody's"},
    ]
    segments, measures = columns(made.members)
    cells = grid(pa.Table.from_pylist([*rows, *more], made.cells.schema), measures, segments, made.tree)
    for found in (by_chooser(made, cells), by_auditor(made, cells)):
        for place, inside in zip(cells.places, found, strict=True):
            assert len(inside) == len(made.places.get(place, ())) + len(made.away.get(place, ()))
    known = membership(cells, made.members, made.tree)
    assert known.above[cells.at["a1", "gender", "nobody's"]] == cells.at["a", "gender", "nobody's"]


def without_rows(made: Village, *segments: str) -> Grid:
    """The cells but for those of the top unit by these segments, and of one category everywhere."""
    rows = [
        row
        for row in made.cells.to_pylist()
        if row["category"] != "x" and not (row["unit"] == "top" and row["segment"] in segments)
    ]
    own, measures = columns(made.members)
    return grid(pa.Table.from_pylist(rows, made.cells.schema), measures, own, made.tree)


@pytest.mark.parametrize("segments", [("gender", "age", "gender*age", "age*gender"), ("age",), ()])
def test_where_there_is_no_cell_nobody_is(segments: tuple[str, ...]) -> None:
    made = village()
    cells = without_rows(made, *segments)
    counted = [
        {*made.places.get(place, ()), *(len(made.records) + one for one in made.away.get(place, ()))}
        for place in cells.places
    ]
    assert by_chooser(made, cells) == by_auditor(made, cells) == counted


def test_a_segment_of_which_there_is_one_category_and_a_unit_that_is_alone() -> None:
    records = [Record(n, "top", {"gender": "f", "age": "old" if n % 3 else ""}, {"q": n % 5}) for n in range(6)]
    made = Village(TREE, tuple(records), ("q",), (("gender",), ("age",), ("gender", "age")))
    everybody, some = {*range(6)}, {1, 2, 4, 5}
    expected = {"all": everybody, "gender": everybody, "age": some, "gender*age": some}
    for found in (by_chooser(made, laid(made)), by_auditor(made, laid(made))):
        assert {place.segment: inside for place, inside in zip(laid(made).places, found, strict=True)} == expected


def test_whoever_answered_in_a_unit_outside_the_tree_is_in_no_place_and_refused() -> None:
    made = village()
    elsewhere = Village(
        tree([*TREE.units, Unit("z", "top", "")]),
        (Record(99, "z", {"gender": "f", "age": "old"}, {"q": 1}),),
        ("q", RATE),
        made.groupings,
    )
    members = pa.concat_tables([made.members, elsewhere.members])
    known = crowd(laid(made), members, TREE)
    stranger = known.atom[-1]
    assert all((inside[:, stranger] == -1).all() for inside in known.inside)
    with pytest.raises(DisclosureLeak, match="a unit that is not in the tree of this wave"):
        membership(laid(made), members, TREE)


def test_nobody_is_told_apart_from_themselves() -> None:
    made = village()
    assert not crowd(laid(made), made.members, made.tree).once
    assert not membership(laid(made), made.members, made.tree).once
    alone = replace(made, records=made.records[:9])
    assert crowd(laid(alone), alone.members, alone.tree).once
    assert membership(laid(alone), alone.members, alone.tree).once


# --- counting people -------------------------------------------------------------------------------------------------

# Five records of person 0, two of 1, one each of 2 and 3; what they lie in are atoms of their own.
PERSON = np.array([0, 0, 0, 0, 0, 1, 1, 2, 3])


def people(key: list[int], enough: int | None = None) -> list[int]:
    made = Crowd(PERSON, np.arange(9), np.ones((9, 1), dtype=np.bool_), ())
    return made.people(np.array(key), np.arange(9), 4, enough).tolist()


def test_people_under_a_key_are_counted_once_and_those_outside_not_at_all() -> None:
    assert people([0, 0, 0, 1, -1, 1, 1, 0, 3]) == [2, 2, 0, 1]


@pytest.mark.parametrize("enough", [1, 2, 3, 4])
def test_where_there_are_enough_any_number_may_be_said_that_is(enough: int) -> None:
    for key in ([0] * 9, [0, 0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1, 1, 2], [2, 2, 2, 2, 2, 2, -1, 0, 0]):
        exactly = people(key)
        for said, true in zip(people(key, enough), exactly, strict=True):
            assert said == true if true < enough else said >= enough


def test_some_atoms_are_a_crowd_of_their_own_with_the_same_people_in_the_same_places() -> None:
    made = village()
    whole = crowd(laid(made), made.members, made.tree)
    chosen = np.arange(int(whole.atom.max()) + 1) % 2 == 0
    part, records = whole.of_atoms(chosen), np.flatnonzero(chosen[whole.atom])
    assert 0 < len(part.person) == len(records) < len(whole.person)
    assert part.person.tolist() == whole.person[records].tolist()
    assert part.answers.tolist() == whole.answers[records].tolist()
    assert sorted(set(part.atom.tolist())) == list(range(int(chosen.sum())))
    for mine, theirs in zip(part.inside, whole.inside, strict=True):
        assert mine[:, part.atom].tolist() == theirs[:, whole.atom[records]].tolist()


# --- what is refused --------------------------------------------------------------------------------------------------


def altered(made: Village, unit: str, measure: str, **counts: int) -> Grid:
    """The cells with other counts of one unit's everybody."""
    rows = [
        {**row, **counts} if (row["unit"], row["category"], row["measure"]) == (unit, "all", measure) else row
        for row in made.cells.to_pylist()
    ]
    segments, measures = columns(made.members)
    return grid(pa.Table.from_pylist(rows, made.cells.schema), measures, segments, made.tree)


@pytest.mark.parametrize("counts", [{"respondents": 9}, {"answered": 9}])
@pytest.mark.parametrize("unit", ["top", "a2"])
def test_cells_that_count_others_than_the_members_are_refused(counts: dict[str, int], unit: str) -> None:
    made = village()
    crowd(laid(made), made.members, made.tree)
    with pytest.raises(DisclosureLeak, match="cells of 'q' count other people than the members do; aggregate again"):
        crowd(altered(made, unit, "q", **counts), made.members, made.tree)


def test_cells_by_which_others_did_not_answer_are_refused() -> None:
    made = village()
    known = crowd(laid(made), made.members, made.tree)
    recount(laid(made), known)
    with pytest.raises(DisclosureLeak, match="who did not answer than the members do; aggregate again"):
        recount(altered(made, "b", RATE, invited=30), known)


def test_places_stand_in_the_order_of_the_tree_everybody_first_and_segments_as_they_are_named() -> None:
    made = village()
    shuffled = made.cells.take(pa.array(np.random.default_rng(1).permutation(made.cells.num_rows)))
    segments, measures = columns(made.members)
    cells = grid(shuffled, measures, segments, made.tree)
    assert cells.places == laid(made).places
    units = [unit.id for unit in TREE.units]
    of_a = [(place.segment, place.category) for place in cells.places if place.unit == "a"]
    assert [place.unit for place in cells.places] == sorted((p.unit for p in cells.places), key=units.index)
    assert of_a[0] == ("all", "all")
    assert list(dict.fromkeys(segment for segment, _ in of_a)) == ["all", "gender", "age", "gender*age", "age*gender"]
    assert [category for segment, category in of_a if segment == "gender"] == ["f", "m", "x"]
    assert cells.places[cells.at["a", "gender", "m"]] == Place("a", "gender", "m")
