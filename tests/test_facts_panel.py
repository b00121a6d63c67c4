"""Verdicts that use who answered both times: the arithmetic in doubles, and a release in which they say more."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
import tiny_wave
from hypothesis import given
from hypothesis import strategies as st
from judged_waves import CODE, judged
from release_pictures import admitted
from test_facts import ROOT, SURVEY, TEAM, figure, has, made
from tiny_survey import KEY

from pipeline import build, facts, ingest, ledger, parquet, publish, register
from pipeline.disclosure.protected import PROTECTED
from pipeline.facts import changes
from pipeline.facts.cells import Estimates, Place
from pipeline.judged import judged as candidate_of
from pipeline.statistics import error_of_change
from pipeline.store import FolderStore

if TYPE_CHECKING:
    from pathlib import Path

U = Place("U", "all", "all")


@st.composite
def sides(draw: st.DrawFn, spread: Fraction, answered: int) -> tuple[Estimates, int]:
    """One wave's estimates of one row; it is known how many were asked, or which share answered, or neither."""
    asked = draw(st.integers(answered, 3 * answered))
    known = draw(st.sampled_from(["asked", "share", "neither"]))
    share = None if known == "neither" else Fraction(answered, asked)
    invited = asked if known == "asked" else -1
    one = np.zeros(1, dtype=np.int64)
    return Estimates(one, one + answered, one + invited, [spread], [share]), answered


@given(st.data(), st.fractions(1, 50), st.fractions(1, 50), st.fractions(0, 150))
def test_the_error_of_a_change_in_doubles_is_that_in_fractions(
    data: st.DataObject, one: Fraction, other: Fraction, differences: Fraction
) -> None:
    now, n = data.draw(sides(one, data.draw(st.integers(2, 60))))
    before, m = data.draw(sides(other, data.draw(st.integers(2, 60))))
    pairs = data.draw(st.integers(0, min(n, m)))
    found, size = changes._errors(now, before, np.array([pairs]), np.array([float(differences)]))  # noqa: SLF001 - the doubles themselves
    exact = error_of_change(now.exact(0), before.exact(0), pairs, differences)
    assert found[0] == pytest.approx(float(exact), rel=1e-9, abs=1e-9 * size[0])


def two(panel: facts.Panel, more: int = 130) -> list[dict[str, Any]]:
    """The organisation and a team, each `more` hundredths of a step better than before."""
    root, team = ROOT | {"invited": 400}, TEAM | {"answered": 100, "invited": 400, "total": 1200}
    squares = 3600 + (1200 + more) ** 2 // 100  # for the same spread
    better = [root | {"total": 1200 + more, "squares": squares}, team | {"total": 1200 + more}]
    table = admitted(pa.Table.from_pylist(better, PROTECTED))
    return facts.facts(table, SURVEY, "w2", made(root, team), panel=panel).to_pylist()


def test_the_same_people_twice_make_a_verdict_where_they_may_be_used_and_nowhere_else() -> None:
    # S^2 = 36.36 steps^2, 1/n - 1/N = 1/100 - 1/400: the squared error of two independent means is 2 * 0.2727 = 0.545
    # steps^2, and two changes of 1.3 steps have to exceed 1.96 * 0.739 = 1.45 steps.
    alone = two(facts.NOBODY)
    has(figure(alone, "U"), change=5.4, verdict="unsure")
    # c = 80 / 100^2 - 1/400 = 0.0055: 0.545 - 0.0055 * (2 * 36.36 - 10) = 0.200, and 1.96 * 0.448 = 0.88 steps,
    # or with one of two judged at 97.5 %, 2.24 * 0.448 = 1.0.
    told = facts.Panel({U: (80, 100, 100)}, {"safety": Fraction(10)})
    paired = two(told)
    assert figure(paired, "U") == figure(alone, "U") | {"verdict": "up"}
    assert figure(paired, "A1") == figure(alone, "A1")  # no place of theirs passed the gate
    # 14 left the question out, each of whom may be one of the 80, so that there are 66 pairs at least; of 60, none.
    assert figure(two(facts.Panel({U: (80, 107, 107)}, told.spread)), "U")["verdict"] == "up"
    for none in (facts.Panel({U: (80, 130, 130)}, told.spread), facts.Panel(told.people, {})):
        assert two(none) == alone


KINDS = {"both": 22, "came": 6, "left": 6, "never": 10}


def people() -> list[tuple[str, str, str, str]]:
    """Of each unit so many of each kind, half of them women: id, unit, gender, kind."""
    kinds = [kind for kind, number in KINDS.items() for _ in range(number)]
    return [
        (f"{unit}{n}@fjord.no", unit, "Kvinne" if n % 2 else "Mann", kind)
        for unit in "AB"
        for n, kind in enumerate(kinds)
    ]


def store_of(root: Path) -> FolderStore:
    """Two waves; who answers both times answers safe_1 a step better, but for every other."""
    folder, store = tiny_wave.prepare(root / "prepared"), FolderStore(root / "work")
    register.register(store, register.beside(folder / "survey.toml"))
    chance = random.Random(5)  # noqa: S311 - pictures, no secrets
    first = {who: (chance.choice((1, 2, 3, 4)), chance.choice((1, 2, 3, 4, 5))) for who, *_ in people()}
    for number, (wave, kinds) in enumerate((("w1", {"both", "left"}), ("w2", {"both", "came"}))):
        lines = [
            f"{who},{first[who][0] + (0 if at % 2 else number)},{first[who][1]},7\n"
            for at, (who, _, _, kind) in enumerate(people())
            if kind in kinds
        ]
        roster = "person_id,unit_id,kjonn\n" + "".join(f"{','.join(one[:3])}\n" for one in people())
        texts = {"units": tiny_wave.UNITS, "people": roster, "responses": tiny_wave.HEADER + "".join(lines)}
        for kind, text in texts.items():
            key = f"landing/tiny/{wave}/{kind}/{kind}.csv"
            store.create(key, text.encode())
            assert ingest.receive(store, KEY, ingest.Landed(key)).state == "accepted"
    return store


def test_in_a_release_the_panel_makes_an_unsure_change_an_up_and_moves_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of(tmp_path)
    publish.publish(store, "tiny", "w1", judged(store, "w1"), code_version=CODE)
    run = judged(store, "w2")
    survey, found = ledger.survey(store, "tiny"), candidate_of(store, "tiny", "w2", run)
    assert found is not None
    with_it = parquet.from_bytes(build.build(store, survey, found, CODE).files["tables/facts.parquet"])
    monkeypatch.setattr(build, "_panel", lambda *_: facts.NOBODY)
    without = parquet.from_bytes(build.build(store, survey, found, CODE).files["tables/facts.parquet"])
    assert with_it.drop_columns(["verdict"]) == without.drop_columns(["verdict"])
    pairs = zip(without["verdict"].to_pylist(), with_it["verdict"].to_pylist(), strict=True)
    moved = {one for one in pairs if one[0] != one[1]}
    assert ("unsure", "up") in moved
    assert not [one for one in moved if one[0] in {"up", "down"}]
