"""Whoever has kept every release of three waves, with the roster of each in hand, attacks all of them together."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain, combinations, product
from types import SimpleNamespace

import pyarrow as pa
import pytest
from attacker import Equation, Knowledge, equations, exposed_groups, known_sums, worlds
from organisations import ENDS, Organisation
from releases import Known, Releases, Somebody
from test_attack_late import own
from test_attack_silent import rates, sums
from village import RATE

ONE_ANSWER = {"plain", "ends", "roster"}  # to one question
MOST = 12  # answers of which every set is written down


def published(organisation: Organisation) -> list[Releases]:
    """Every release of each wave."""
    waves = [Releases(organisation.rules) for _ in organisation.waves]
    for wave, village in organisation.story:
        waves[wave].publish(village)
    return waves


def beside_withheld(one: Releases) -> Releases:
    """A wave, and after it the cells that each release withholds for their own sake, as if they were published."""
    tables = []
    for village, made in zip(one.villages, one.tables, strict=True):
        shown = {tuple(row.values())[:4] for row in own(made).to_pylist() if row["status"] == "F"}
        rows = [
            row
            for row in village.cells.to_pylist()
            if tuple(row.values())[:4] not in shown
            and row["respondents"]
            and (row["respondents"] < one.rules.minimum_mean or row["modal"] >= row["answered"] - 1)
        ]
        tables.append(
            SimpleNamespace(table=pa.Table.from_pylist(rows, village.cells.schema), kept=made.kept.slice(0, 0))
        )
    return Releases(one.rules, [*one.villages, *one.villages], [*one.tables, *tables])


def attack(organisation: Organisation) -> None:
    """Fails when somebody is found."""
    asked, rules = (*organisation.families, *organisation.items), organisation.rules
    # What docs/disclosure.md certifies: no person; and where they answer once, no pair, and no sum of fewer than k.
    pairs = 2 if organisation.kind == "several" else 3
    below = rules.minimum_mean if organisation.kind in ONE_ANSWER else pairs
    everything: list[Equation] = []
    people: list[Somebody] = []
    limits: list[tuple[int, ...]] = []
    waves = published(organisation)
    for wave in waves:
        means, everybody = wave.known(asked)
        hidden, _ = beside_withheld(wave).known(asked)
        known = Knowledge(means)
        assert all(known.reduce(sought) for sought in hidden[len(means) :]), "a withheld cell can be calculated"
        if len(wave.tables) == 1:
            assert known_sums(everybody, known, below) == []
        for figure in ("total", "favourable") if rules.minimum_distribution == rules.minimum_mean else ("total",):
            said, everybody = wave.known(asked, figure)
            known = Knowledge(said)
            for found in exposed_groups(everybody, known, pairs):
                limits.append(found)
                answers = [one for one in known.unknowns if everybody.records[one[0]].who in found]
                assert organisation.kind in ONE_ANSWER
                assert len(found) < len(answers), "somebody is found"
                assert more_than_a_sum(known, answers)
            everything += [
                {(len(people) + number, item): times for (number, item), times in one.items()} for one in said
            ]
            people += everybody.records
    # An answer in another wave is another one of the same person: all waves together tell what each tells.
    assert {*exposed_groups(Known(tuple(people)), Knowledge(everything), pairs)} == {*limits}
    for wave in waves:
        try_every_change(*wave.known(asked), below)
        if organisation.kind == "ends":
            try_every_answer(wave)
        if organisation.kind == "roster":
            count_the_silent(wave)


def more_than_a_sum(known: Knowledge, answers: list[tuple[int, str]]) -> bool:
    """The limit of docs/disclosure.md: of people who changed an answer, something is known in which some count twice.

    No two of their answers are in it, however often they count, and no sum or difference of more of them is known.
    """
    signs = list(product((-1, 0, 1), repeat=len(answers)))
    sums = [{one: Fraction(x) for one, x in zip(answers, times, strict=True) if x} for times in signs if any(times)]
    two = combinations(answers, 2)
    return all(known.freedom(pair) == len(pair) for pair in two) and all(known.reduce(one) for one in sums)


def try_every_change(known: list[Equation], everybody: Known, below: int) -> None:
    """The oracle: among the small changes that leave all published sums as they are, one alters every small group's."""
    unknowns = sorted({unknown for equation in known for unknown in equation})
    if len(unknowns) > MOST:
        return
    who = [everybody.records[number].who for number, _ in unknowns]
    closed = [
        group
        for size in range(1, below)
        for group in combinations(range(len(who)), size)
        if len({who[one] for one in group}) == size
    ]
    for most in (1, 2):
        if closed:
            possible = worlds(known, dict.fromkeys(unknowns, 0), range(-most, most + 1))
            closed = [group for group in closed if not possible[:, group].sum(axis=1).any()]
    assert closed == []


def try_every_answer(wave: Releases) -> None:
    """The oracle of ranges: of a wave published once, everybody's answer differs in some set of answers that fits."""
    (village, *later), (made, *_) = wave.villages, wave.tables
    known = equations(village, made.table, ("q",))
    truth = {(number, "q"): village.records[number].answers["q"] for number, _ in sorted({*chain(*known)})}
    if not later and 0 < len(truth) <= MOST:
        possible = worlds(known, truth, range(ENDS[0], ENDS[1] + 1))
        assert (possible.min(axis=0) < possible.max(axis=0)).all()


def count_the_silent(wave: Releases) -> None:
    """Told who answered, nobody can count few of those who did not; a person is one unknown in all releases."""
    known: list[Equation] = []
    for village, made in zip(wave.villages, wave.tables, strict=True):
        away = village.silent or ()
        known += [
            {(away[number].who, RATE): times for (number, _), times in equation.items()}
            for equation in sums(village.away, rates(own(made)))
        ]
    names = {one.who: one for village in wave.villages for one in (village.silent or ())}
    everybody = SimpleNamespace(records=names)
    below = wave.rules.minimum_mean
    assert known_sums(everybody, Knowledge(known), below) == []
    assert exposed_groups(everybody, Knowledge(known), 3) == []


@pytest.mark.parametrize("first", range(0, 500, 50))
def test_nobody_is_found_in_everything_that_was_published_of_three_waves(first: int) -> None:
    for seed in range(first, first + 50):
        attack(Organisation(seed))


@pytest.mark.deep
@pytest.mark.parametrize("first", range(1000, 21000, 500))
def test_nor_of_twenty_thousand_organisations(first: int) -> None:
    for seed in range(first, first + 500):
        attack(Organisation(seed))
