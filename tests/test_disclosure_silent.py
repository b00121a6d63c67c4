"""Who did not answer, in pictures: each unit states how many answered and how many did not, and which rates stay."""

from __future__ import annotations

import numpy as np
import pytest
from village import RATE, Record, Village

from pipeline.disclosure import Rules, protect
from pipeline.disclosure.audit import Auditor
from pipeline.disclosure.cells import columns, grid
from pipeline.disclosure.primary import Shown, allowed
from pipeline.organisation import Unit, tree

RULES = Rules(5, 10)
TREE = tree([Unit("root", None, "root"), *(Unit(unit, "root", unit) for unit in "abc")])
Counts = dict[tuple[str, str], tuple[int, int]]


def village(counts: Counts) -> Village:
    """Of each unit and gender, how many answered and how many of those invited did not; no gender is not known."""
    people = [
        [Record(0, unit, {"gender": gender}, {}) for (unit, gender), both in counts.items() for _ in range(both[kind])]
        for kind in (0, 1)
    ]
    everybody = [Record(who, one.unit, one.categories, {}) for who, one in enumerate([*people[0], *people[1]])]
    answered = len(people[0])
    groupings = (("gender",),) if any(gender for _, gender in counts) else ()
    return Village(TREE, tuple(everybody[:answered]), (RATE,), groupings, silent=tuple(everybody[answered:]))


def stated(made: Village) -> set[str]:
    """Where the response rate stays: a unit, or unit/category."""
    table = protect(made.cells, made.members, made.tree, RULES, {}).table
    return {_name(row["unit"], row["category"]) for row in table.to_pylist() if row["status"] == "F"}


def found(made: Village, *hidden: str) -> set[tuple[str, int, frozenset[tuple[str, int]]]]:
    """What the auditor says when these rates are hidden besides those that the rules hide: how, people, cells."""
    segments, measures = columns(made.members)
    cells = grid(made.cells, measures, segments, made.tree)
    names = [_name(place.unit, place.category) for place in cells.places]
    means = allowed(cells, RULES).means & ~np.isin(names, hidden)
    certificates = Auditor(cells, made.members, made.tree, RULES, {}).audit(Shown(means, np.zeros_like(means)))
    return {
        (one.found_by, one.people, frozenset((names[term.place], term.times) for term in one.terms))
        for one in certificates
    }


def _name(unit: str, category: str) -> str:
    return unit if category == "all" else f"{unit}/{category}"


def test_where_enough_did_not_answer_every_rate_is_stated() -> None:
    assert stated(village({("a", ""): (10, 10), ("b", ""): (10, 10)})) == {"root", "a", "b"}


@pytest.mark.parametrize(
    ("own", "words"),
    [
        ((10, 2), "two did not answer"),
        ((0, 2), "two were invited besides, and neither answered"),
        ((12, 0), "all twelve answered"),
        ((0, 12), "none of the twelve answered"),
    ],
)
def test_a_whole_less_its_units_tells_of_those_in_none_of_them(own: tuple[int, int], words: str) -> None:
    kept = stated(village({("root", ""): own, ("a", ""): (10, 10), ("b", ""): (20, 20)}))
    assert kept == {"root", "b"}, words  # a goes, the smaller of the two


@pytest.mark.parametrize("own", [(10, 2), (12, 0), (2, 10), (0, 12)])
def test_so_does_a_whole_less_all_units_but_one(own: tuple[int, int]) -> None:
    kept = stated(village({("a", ""): (10, 10), ("b", ""): (20, 20), ("c", ""): own}))
    assert kept == {"root", "b"}  # c by itself, and a beside it


# root = 10 + 2 of its own, a = 10 + 10, b = 20 + 20; root - a - b is about two who did not answer.
def test_the_auditor_finds_the_few_who_did_not_answer() -> None:
    made = village({("root", ""): (10, 2), ("a", ""): (10, 10), ("b", ""): (20, 20)})
    assert found(made) == {("residual", 2, frozenset({("root", -1), ("a", 1), ("b", 1)}))}
    assert found(made, "a") == set()


def test_the_auditor_finds_that_all_who_are_left_answered_or_none_of_them() -> None:
    everybody = village({("root", ""): (12, 0), ("a", ""): (10, 10)})
    assert found(everybody) == {("residual", 12, frozenset({("root", 1), ("a", -1)}))}
    nobody = village({("root", ""): (0, 12), ("a", ""): (10, 10)})
    assert found(nobody) == {("residual", 12, frozenset({("root", -1), ("a", 1)}))}
    assert found(everybody, "a") == found(nobody, "a") == set()


#          f        m       all      All women of a answered, so their rate is withheld. a - a/m is that rate; no
#    a  12 +  0  10 + 10  22 + 10    line of units gives it, since b has none for women either.
#    b  12 + 12  10 + 10  22 + 22
def test_the_auditor_finds_a_withheld_rate_across_segments() -> None:
    made = village({("a", "f"): (12, 0), ("a", "m"): (10, 10), ("b", "f"): (12, 12), ("b", "m"): (10, 10)})
    hidden = ("b/f", "b/m", "root/m")
    assert found(made, *hidden) == {("withheld cell", 12, frozenset({("a", 1), ("a/m", -1)}))}
    assert found(made, *hidden, "a/m") == set()


#          f        m       all      Three women of a did not answer, and that is a - a/m.
#    a  12 +  3  10 + 10  22 + 13
#    b  12 + 12  10 + 10  22 + 22
def test_the_auditor_finds_the_few_across_segments() -> None:
    made = village({("a", "f"): (12, 3), ("a", "m"): (10, 10), ("b", "f"): (12, 12), ("b", "m"): (10, 10)})
    hidden = ("b/f", "b/m", "root/m")
    told = found(made, *hidden)
    assert {people for _, people, _ in told} == {3}
    assert found(made, *hidden, "a/m") == set()


def test_without_a_roster_there_is_nobody_who_did_not_answer() -> None:
    made = village({("root", ""): (12, 0), ("a", ""): (12, 0)})
    unknown = Village(made.tree, made.records, made.measures)
    assert stated(unknown) == {"root", "a"}


def test_the_same_is_chosen_by_the_chooser_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    # It need not be right, but where it is not each wrong line costs a round of auditing.
    rounds = []
    real = Auditor.audit
    monkeypatch.setattr(Auditor, "audit", lambda self, shown: rounds.append(1) or real(self, shown))
    stated(village({("root", ""): (12, 0), ("a", ""): (10, 10), ("b", ""): (20, 20), ("c", ""): (10, 2)}))
    assert len(rounds) == 1
