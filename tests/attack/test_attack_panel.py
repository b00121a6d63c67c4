"""Two waves of random organisations, attacked by somebody who is told more than any verdict can tell.

A verdict is one bit that depends on how many answered both times. The attacker is given that number itself for every
place where verdicts use it, and besides it how many answered then, and now, and how many were asked, of every place.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING

import pyarrow as pa
from attacker import Equation, Knowledge
from hypothesis import given, settings
from hypothesis import strategies as st
from release_pictures import parsed

from pipeline import panel
from pipeline.disclosure import Rules
from pipeline.facts.cells import Place
from pipeline.organisation import Unit, tree

if TYPE_CHECKING:
    from collections.abc import Sequence

SURVEY = parsed()
K = 3
TREE = tree([Unit("R", None, "R"), *(Unit(one, "R", one) for one in "ABC"), Unit("A1", "A", "a"), Unit("A2", "A", "b")])
PERSON = st.tuples(
    st.sampled_from(panel.KINDS), st.sampled_from(["A", "B", "C", "A1", "A2"]), st.sampled_from("wm"), st.just("u40")
)


ROSTERS = ("staying", "new", "gone")
ANYBODY = st.tuples(PERSON, st.sampled_from(ROSTERS)).filter(
    lambda one: (one[0][0], one[1]) not in {("both", "new"), ("left", "new"), ("both", "gone"), ("came", "gone")}
)


def waves(people: list[tuple[str, str, str, str]], rosters: Sequence[str] = ()) -> dict[str, panel.Answers]:
    """Everybody stays where they are, or is new or gone; the kind says when they answered."""
    answered = {"now": {"both", "came"}, "then": {"both", "left"}}
    made = {}
    for when, kinds in answered.items():
        there = [
            (f"p{number}", *one[1:], 5 if one[0] in kinds else None)
            for number, one in enumerate(people)
            if not rosters or rosters[number] != {"now": "gone", "then": "new"}[when]
        ]
        columns = zip(*there, strict=True) if there else [()] * 5
        types = {**dict.fromkeys(("respondent", "unit", "gender", "age"), pa.string()), "safety": pa.int64()}
        table = pa.table({name: pa.array(one, of) for (name, of), one in zip(types.items(), columns, strict=True)})
        made[when] = panel.Answers(table, ["safety"], TREE)
    return made


def places(people: list[tuple[str, str, str, str]]) -> dict[Place, list[int]]:
    """Who is where, cut as the survey cuts."""
    found = defaultdict(list)
    for number, (_, unit, gender, age) in enumerate(people):
        for above in TREE.path[unit]:
            for cut in (("all", "all"), ("gender", gender), ("age", age), ("gender*age", f"{gender}*{age}")):
                found[Place(above, *cut)].append(number)
    return dict(found)


def one(people: list[int], *kinds: str) -> Equation:
    return {(number, kind): Fraction(1) for number in people for kind in kinds}


@settings(max_examples=40, deadline=None)
@given(st.lists(PERSON, min_size=15, max_size=40))
def test_whoever_knows_all_counts_that_verdicts_rest_on_counts_no_few_people(
    people: list[tuple[str, str, str, str]],
) -> None:
    both = waves(people)
    made = panel.tables(SURVEY, both["now"], both["then"])
    used = panel.protected(made, SURVEY, TREE, TREE, Rules(K, 2 * K)).people
    where = places(people)
    known = [one(where[place], "both") for place in used]
    for there in where.values():
        known += [one(there, "both", "came"), one(there, "both", "left"), one(there, *panel.KINDS)]
    knowledge = Knowledge(known)
    for kind in panel.KINDS:
        of_kind = [number for number, person in enumerate(people) if person[0] == kind]
        for size in range(1, K):
            for some in combinations(of_kind, size):
                assert not determined(knowledge, some, kind, people)


def determined(knowledge: Knowledge, some: tuple[int, ...], kind: str, people: list[tuple[str, str, str, str]]) -> bool:
    """Whether it follows that among those who are where these are there are just these of the kind."""
    alike = {people[number][1:] for number in some}
    atom = [number for number, person in enumerate(people) if person[1:] in alike]
    others = [number for number in atom if people[number][0] == kind]
    return len(others) == len(some) and not knowledge.reduce(one(atom, kind))


@settings(max_examples=40, deadline=None)
@given(st.lists(PERSON, min_size=15, max_size=40))
def test_each_count_that_a_verdict_rests_on_leaves_enough_people_on_either_side(
    people: list[tuple[str, str, str, str]],
) -> None:
    both = waves(people)
    made = panel.tables(SURVEY, both["now"], both["then"])
    used = panel.protected(made, SURVEY, TREE, TREE, Rules(K, 2 * K)).people
    for place, (pairs, now, then) in used.items():
        there = places(people)[place]
        count = {kind: sum(people[number][0] == kind for number in there) for kind in panel.KINDS}
        assert (pairs, now, then) == (count["both"], count["both"] + count["came"], count["both"] + count["left"])
        assert min(count.values()) >= K


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(ANYBODY, st.integers(1, 8)), min_size=8, max_size=16))
def test_whoever_holds_both_rosters_does_not_learn_that_all_but_a_few_of_those_asked_twice_answered_twice(
    found: list[tuple[tuple[tuple[str, str, str, str], str], int]],
) -> None:
    people, rosters = ([one[part] for one, number in found for _ in range(number)] for part in (0, 1))
    both = waves(people, rosters)
    made = panel.tables(SURVEY, both["now"], both["then"])
    used = panel.protected(made, SURVEY, TREE, TREE, Rules(K, 2 * K)).people
    where = {place: [one for one in there if rosters[one] == "staying"] for place, there in places(people).items()}
    knowledge = Knowledge([one(where[place], "both") for place in used])
    homes = {people[number][1:] for number in range(len(people))}
    for home in homes:
        asked = [n for n, one in enumerate(people) if one[1:] == home and rosters[n] == "staying"]
        others = [number for number in asked if people[number][0] != "both"]
        if asked and not knowledge.reduce(one(asked, "both")):
            assert len(others) >= K
    for place, (pairs, *_) in used.items():
        assert len(where[place]) - pairs >= K


def test_twenty_who_stayed_and_all_answered_twice_are_not_told_to_have() -> None:
    kinds = [*["both"] * 20, *["came"] * 6, *["left"] * 6, *["never"] * 12]
    rosters = [*["staying"] * 20, *["new"] * 6, *["gone"] * 6, *["new", "gone"] * 6]
    people = [(kind, "A", "w", "u40") for kind in kinds]
    for spared, told in ((0, False), (K - 1, False), (K, True)):
        more = [("never", "A", "w", "u40")] * spared
        both = waves(people + more, rosters + ["staying"] * spared)
        made = panel.tables(SURVEY, both["now"], both["then"])
        used = panel.protected(made, SURVEY, TREE, TREE, Rules(K, 2 * K)).people
        assert (Place("R", "all", "all") in used) == told


def test_the_attacker_finds_somebody_where_nothing_is_withheld() -> None:
    people = [("both", "A", "w", "u40"), *[("came", "A", "w", "u40")] * 6, *[("left", "B", "w", "u40")] * 6]
    where = places(people)
    known = Knowledge([one(where[Place("A", "all", "all")], "both")])
    assert determined(known, (0,), "both", people)
