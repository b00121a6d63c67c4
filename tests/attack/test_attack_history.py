"""A wave that is published again: somebody who kept every release, and knows who came, left or answered anew."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations

import pytest
from attacker import Knowledge, exposed_groups, known_sums, worlds
from hypothesis import given
from hypothesis import strategies as st
from releases import Releases
from village import RATE, Record, Village
from villages import examples, villages

from pipeline.disclosure import Rules, found_in_history
from pipeline.organisation import Unit, tree

K = 3


@st.composite
def again(draw: st.DrawFn, village: Village, *, reorganised: bool) -> Village:
    """The village some days later: people left, came late, changed an answer; perhaps another tree, another table."""
    units = [unit.id for unit in village.tree.units]
    changed = draw(st.sets(st.integers(0, max(len(village.records) - 1, 0)), max_size=4))
    records = []
    for number, before in enumerate(village.records):
        what = draw(st.sampled_from(["left", "answer", "skip", "unit"])) if number in changed else ""
        if what == "answer":
            answers = {item: draw(st.integers(1, 5)) for item in before.answers}
        elif what == "skip":
            stay = draw(st.sets(st.sampled_from(sorted(before.answers)))) if before.answers else set()
            answers = {item: before.answers[item] for item in sorted(stay)}
        else:
            answers = before.answers
        unit = draw(st.sampled_from(units)) if what == "unit" and reorganised else before.unit
        if what != "left":
            records.append(replace(before, unit=unit, answers=answers))
    items = [measure for measure in village.measures if measure != RATE and measure not in village.families]
    for one in range(draw(st.integers(0, 3))):
        categories = {name: draw(st.sampled_from(["f", "m", "old", "young"])) for name in village.segments}
        given = {item: draw(st.integers(1, 5)) for item in items}
        records.append(Record(900 + one, draw(st.sampled_from(units)), categories, given))
    changes: dict[str, object] = {"records": tuple(records)}
    if reorganised:
        others = [Unit(units[0], None, "")]
        others += [Unit(name, units[draw(st.integers(0, at))], "") for at, name in enumerate(units[1:])]
        changes["tree"] = tree(others)
        names = village.segments
        changes["groupings"] = tuple((name,) for name in names) + (((names[0], names[-1]),) if len(names) > 1 else ())
    return replace(village, **changes)


def asked(village: Village) -> list[str]:
    return [measure for measure in village.measures if measure != RATE]


def attack(village: Village, later: tuple[Village, ...], k: int, *, together: int = 3) -> None:
    releases = Releases(Rules(k, 2 * k))
    for one in (village, *later):
        releases.publish(one)
    equations, everybody = releases.known(asked(village))
    known = Knowledge(equations)
    assert exposed_groups(everybody, known, below=together) == []


@examples(40, 4000)
@given(st.data(), st.integers(3, 5))
def test_nobody_is_found_in_two_releases(data: st.DataObject, k: int) -> None:
    village = data.draw(villages(people=14))
    attack(village, (data.draw(again(village, reorganised=False)),), k)


@examples(20, 3000)
@given(st.data(), st.integers(3, 4))
def test_nor_after_two_reorganisations(data: st.DataObject, k: int) -> None:
    village = data.draw(villages(people=14))
    second = data.draw(again(village, reorganised=True))
    attack(village, (second, data.draw(again(second, reorganised=True))), k)


@examples(20, 2000)
@given(st.data())
def test_nor_from_a_scale_beside_its_items(data: st.DataObject) -> None:
    village = data.draw(villages(people=12, families=True))
    attack(village, (data.draw(again(village, reorganised=True)),), K)


@examples(20, 2000)
@given(st.data(), st.integers(3, 4))
def test_nor_a_person_who_answers_in_several_units(data: st.DataObject, k: int) -> None:
    village = data.draw(villages(people=12, several=True))
    attack(village, (data.draw(again(village, reorganised=True)),), k, together=2)


@examples(20, 2000)
@given(st.data(), st.integers(3, 5))
def test_nor_from_what_is_finer_than_means(data: st.DataObject, k: int) -> None:
    village = data.draw(villages(people=14))
    releases = Releases(Rules(k, k))
    for one in (village, data.draw(again(village, reorganised=True))):
        releases.publish(one)
    shares, everybody = releases.known(asked(village), "favourable")
    assert exposed_groups(everybody, Knowledge(shares), below=3) == []


@examples(15, 1000)
@given(st.data(), st.integers(3, 4))
def test_trying_every_change_of_answers_leaves_every_small_group_open(data: st.DataObject, k: int) -> None:
    """Of at most nine answers of both releases together: each change of -1..1 that all published sums allow."""
    village = data.draw(villages(people=8))
    releases = Releases(Rules(k, 2 * k))
    later = data.draw(again(village, reorganised=True))
    for one in (village, later):
        releases.publish(one)
    equations, everybody = releases.known(asked(village))
    truth = {unknown: 0 for equation in equations for unknown in equation}
    if 0 < len(truth) <= 9:
        possible = worlds(equations, truth, range(-1, 2))
        who = [everybody.records[number].who for number, _ in sorted(truth)]
        for size in range(1, k):
            for group in combinations(range(len(who)), size):
                if len({who[one] for one in group}) == size:
                    sums = possible[:, group].sum(axis=1)
                    assert sums.min() < sums.max()


@pytest.mark.deep
@examples(300, 3000)
@given(st.data(), st.integers(3, 5))
def test_nor_after_four_releases(data: st.DataObject, k: int) -> None:
    village = data.draw(villages(people=14))
    later = [village]
    for _ in range(3):
        later.append(data.draw(again(later[-1], reorganised=True)))
    attack(village, tuple(later[1:]), k)


def changed_items(seed: int) -> list[Village]:
    """Two or three releases of a scale; many people answer one of its items anew, or leave it out, and some go."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible organisation
    items = ("i1", "i2") if chance.random() < 0.6 else ("i1", "i2", "i3")
    units = tree([Unit("u0", None, ""), *(Unit(f"u{one}", "u0", "") for one in range(1, 4))])
    records = []
    for one in range(chance.randint(8, 14)):
        answers = {item: chance.randint(1, 5) for item in items}
        if chance.random() < 0.2:
            answers.pop(chance.choice(items))
        records.append(Record(one, chance.choice(["u0", "u1", "u1", "u2"]), {"g": chance.choice("fm")}, answers))
    groupings = (("g",),) if chance.random() < 0.5 else ()
    found = [Village(units, tuple(records), ("s", *items), groupings, {"s": items})]
    for _ in range(chance.choice([1, 1, 2])):
        later = []
        for record in found[-1].records:
            what = chance.random()
            if what < 0.1:
                continue
            answers, item = dict(record.answers), chance.choice(items)
            if what < 0.18:
                answers.pop(item, None)
            elif what < 0.45:
                answers[item] = chance.randint(1, 5)
            later.append(replace(record, answers=answers))
        found.append(replace(found[-1], records=tuple(later)))
    return found


@pytest.mark.parametrize("seed", [1, 18, 24, 25, 31, 38, 44, 47, 52, 54])
def test_items_that_people_did_not_change_are_the_same_beside_those_they_did(seed: int) -> None:
    """In each of these somebody is found when the unchanged items of two releases are not one unknown."""
    first, *later = changed_items(seed)
    attack(first, tuple(later), K)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1000, 3000))
def test_nor_in_two_thousand_more(seed: int) -> None:
    first, *later = changed_items(seed)
    attack(first, tuple(later), K)


# --- pictures -------------------------------------------------------------------------------------------------------

TREE = tree([Unit("all-of-us", None, ""), Unit("north", "all-of-us", ""), Unit("south", "all-of-us", "")])


def people(unit: str, who: range, first: int = 0) -> tuple[Record, ...]:
    """Answers go 1 2 4 5 1 2 4 5 ..., so that nobody is of one mind."""
    return tuple(Record(one, unit, {}, {"q": (1, 2, 4, 5)[(first + one) % 4]}) for one in who)


def village(*records: Record) -> Village:
    return Village(TREE, records, ("q", RATE))


def q(releases: Releases, number: int, unit: str) -> tuple[str, int | None, int | None]:
    (found,) = (
        row for row in releases.tables[number].table.to_pylist() if (row["unit"], row["measure"]) == (unit, "q")
    )
    return found["status"], found["answered"], found["total"]


FIRST = village(*people("north", range(9)), *people("south", range(20, 30)))
ONE_MORE = village(*people("north", range(10)), *people("south", range(20, 30)))
ONE_FOR_ANOTHER = village(*people("north", range(1, 10)), *people("south", range(20, 30)))
ANOTHER_ANSWER = village(Record(0, "north", {}, {"q": 5}), *FIRST.records[1:])
FIVE_MORE = village(*people("north", range(14)), *people("south", range(20, 30)))


def published(second: Village, *, blind: bool = False) -> Releases:
    releases = Releases(Rules(5, 10))
    releases.publish(FIRST)
    releases.publish(second, blind=blind)
    return releases


@pytest.mark.parametrize(
    ("second", "would_be"),
    [
        pytest.param(ONE_MORE, ("F", 10, 25 + 2), id="nine, then ten"),
        pytest.param(ONE_FOR_ANOTHER, ("F", 9, 25 - 1 + 2), id="nine, and another nine"),
        pytest.param(ANOTHER_ANSWER, ("F", 9, 25 + 4), id="the same nine, of whom one changed an answer"),
    ],
)
def test_what_differs_by_fewer_than_five_people_stays_as_it_was(
    second: Village, would_be: tuple[str, int, int]
) -> None:
    kept, blind = published(second), published(second, blind=True)
    assert q(kept, 0, "north") == q(kept, 1, "north") == ("F", 9, 25)  # 1 2 4 5 1 2 4 5 1
    assert q(kept, 1, "all-of-us") == q(kept, 0, "all-of-us")
    assert q(kept, 1, "south") == q(kept, 0, "south")
    # Without the past the row is new, and an attacker who has both subtracts them.
    assert q(blind, 1, "north") == would_be
    assert exposed(blind) != []
    assert exposed(kept) == []


def exposed(releases: Releases) -> list[tuple[int, ...]]:
    equations, everybody = releases.known(["q"])
    return exposed_groups(everybody, Knowledge(equations), below=3) or known_sums(
        everybody, Knowledge(equations), below=5
    )


def test_five_more_are_counted_at_once() -> None:
    releases = published(FIVE_MORE)
    assert q(releases, 1, "north") == ("F", 14, 25 + 2 + 4 + 5 + 1 + 2)
    assert q(releases, 1, "all-of-us")[1] == 24
    assert releases.tables[1].kept.num_rows == 0


def test_the_audit_of_all_releases_together_names_the_cells() -> None:
    rules = Rules(5, 10)
    assert not found_in_history(published(ONE_MORE).past, rules, {}).certificates
    found = found_in_history(published(ONE_MORE, blind=True).past, rules, {})
    changes = [one for one in found.certificates if one.found_by == "change"]
    named = [
        {(found.release[term.place], found.cells.places[term.place].unit, term.times) for term in one.terms}
        for one in changes
    ]
    assert {one.people for one in changes} == {1}
    assert {(1, "north", 1), (0, "north", -1)} in named
