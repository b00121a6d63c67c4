"""Two waves of random organisations, attacked by somebody who is told more than any verdict can tell.

A verdict is one bit that depends on how many answered both times. The attacker is given that number itself for every
place where verdicts use it, and besides it how many answered then, and now, and how many were asked, of every place.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import combinations

from attacker import Equation, Knowledge
from hypothesis import given, settings
from hypothesis import strategies as st
from release_pictures import parsed

from pipeline import panel
from pipeline.disclosure import Rules
from pipeline.facts.cells import Place
from pipeline.organisation import Unit, tree

SURVEY = parsed()
K = 3
TREE = tree([Unit("R", None, "R"), *(Unit(one, "R", one) for one in "ABC"), Unit("A1", "A", "a"), Unit("A2", "A", "b")])
PERSON = st.tuples(
    st.sampled_from(panel.KINDS), st.sampled_from(["A", "B", "C", "A1", "A2"]), st.sampled_from("wm"), st.just("u40")
)


def waves(people: list[tuple[str, str, str, str]]) -> dict[str, panel.Answers]:
    """Everybody stays where they are; the kind says when they answered."""
    home = {f"p{number}": person[1:] for number, person in enumerate(people)}
    answered = {"now": {"both", "came"}, "then": {"both", "left"}}
    return {
        when: panel.Answers(
            home,
            {f"p{number}": {"safety": 5} if one[0] in kinds else {} for number, one in enumerate(people)},
            TREE,
        )
        for when, kinds in answered.items()
    }


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


def test_the_attacker_finds_somebody_where_nothing_is_withheld() -> None:
    people = [("both", "A", "w", "u40"), *[("came", "A", "w", "u40")] * 6, *[("left", "B", "w", "u40")] * 6]
    where = places(people)
    known = Knowledge([one(where[Place("A", "all", "all")], "both")])
    assert determined(known, (0,), "both", people)
