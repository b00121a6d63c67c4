"""Equations as arrays, held against plain elimination of all of them at once, and a family's against plain rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from attack.villages import examples, villages
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.disclosure import Rules, audit, protect
from pipeline.disclosure.audit.crowd import OUTSIDE
from pipeline.disclosure.audit.elimination import PRIME, Row, dependent, eliminate, worlds
from pipeline.disclosure.audit.equations import Equations, Known
from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from village import Village

    from pipeline.disclosure.audit.joint import Joint


def equations_of(rows: list[Row], unknowns: int) -> Equations:
    entries = [(number, unknown, times) for number, row in enumerate(rows) for unknown, times in sorted(row.items())]
    equation, unknown, times = np.array(entries, dtype=np.int64).reshape(-1, 3).T
    return Equations(equation, unknown, times, len(rows), unknowns)


def rank(values: np.ndarray) -> int:
    rows = [{column: value for column, value in enumerate(row) if value} for row in values.tolist()]
    return len(eliminate(rows, values.shape[1]).steps)


rows_of = st.lists(
    st.dictionaries(st.integers(0, 8), st.sampled_from([1, 1, 1, 2, PRIME - 1, pow(2, -1, PRIME)]), max_size=5),
    max_size=7,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(rows_of)
def test_the_worlds_are_those_of_plain_elimination(rows: list[Row]) -> None:
    found = equations_of(rows, 9).worlds(12, {})
    plain = worlds(eliminate([dict(row) for row in rows], 9), 9, 12)
    for row in rows:
        for world in found.T.tolist():
            assert sum(times * world[unknown] for unknown, times in row.items()) % PRIME == 0
    # Twelve random vectors of a space of at most nine dimensions span it; two such spaces are one if their sum is.
    assert rank(found) == rank(plain) == rank(np.concatenate([found, plain], axis=1))


def test_what_is_known_is_not_eliminated_again_and_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    apart: list[Row] = [{0: 1, 1: 1}, {1: 1, 2: 1}, {3: 1, 4: 1, 5: 1}, {4: 1, 5: 2}]
    known: Known = {}
    first = equations_of(apart, 6).worlds(3, known)
    assert len(known) == 2
    # The second component is another one now, and the first one stands in other places.
    changed = equations_of([{3: 1, 4: 1}, {0: 1, 1: 1}, {1: 1, 2: 1}], 6)
    assert changed.hold(changed.worlds(3, known))
    assert len(known) == 3
    monkeypatch.setattr("pipeline.disclosure.audit.equations.eliminate", None)
    assert (equations_of(apart, 6).worlds(3, known) == first).all()


def test_components_that_look_alike_do_not_move_alike() -> None:
    values = equations_of([{0: 1, 1: 1}, {2: 1, 3: 1}], 4).worlds(4, {})
    pairs = np.array([[0, 1], [0, 2], [1, 3], [2, 3]])
    assert dependent(pairs, values).tolist() == [0, 3]


def test_worlds_that_do_not_fulfil_the_equations_are_an_audit_that_is_not_finished() -> None:
    one = equations_of([{0: 1, 1: 1}, {1: 1, 2: 1}], 3)
    known: Known = {}
    one.worlds(3, known)
    wrong = {key: values + 1 for key, values in known.items()}
    with pytest.raises(DisclosureLeak, match="does not solve its equations"):
        one.worlds(3, wrong)


def plain_rows(family: Joint) -> dict[tuple[int, int], Row]:
    """The equations of a family, one entry after the other."""
    signature, _, _ = family.groups
    wide, rows = len(family.tables), {}
    for group, line in enumerate(signature.tolist()):
        each = (len(line) - wide) // wide
        mine = [(item, one) for item, one in enumerate(family.unknowns[group].tolist()) if one != OUTSIDE]
        for column, place in enumerate(line[wide:]):
            number = column // each
            if place != OUTSIDE and number == 0:
                rows.setdefault((0, place), {}).update((one, pow(len(mine), -1, PRIME)) for _, one in mine)
            elif place != OUTSIDE:
                rows.setdefault((number, place), {})[int(family.unknowns[group, number - 1])] = 1
    return dict(sorted(rows.items()))


def plainly_sparser(rows: dict[tuple[int, int], Row], items: int) -> list[Row]:
    result = []
    for (number, place), row in rows.items():
        rest = dict(row)
        if number == 0 and all((item, place) in rows for item in range(1, items + 1)):
            for item in range(1, items + 1):
                for unknown, times in rows[item, place].items():
                    rest[unknown] = (rest.get(unknown, 0) - pow(items, -1, PRIME) * times) % PRIME
            rest = {unknown: times for unknown, times in rest.items() if times}
        result.append(rest if len(rest) < len(row) else row)
    return result


def families_looked_at(village: Village) -> list[Joint]:
    seen: list[Joint] = []
    look = audit.determined_together

    def spy(family: Joint, known: Known) -> list[audit.Certificate]:
        seen.append(family)
        return look(family, known)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit, "determined_together", spy)
        protect(village.cells, village.members, village.tree, Rules(3, 6), village.families)
    return seen


@examples(60, 2000)
@given(villages(people=14, families=True))
def test_the_equations_of_a_family_are_those_of_its_groups(village: Village) -> None:
    for family in families_looked_at(village):
        plain = plain_rows(family)
        keys, equations = family.residuals
        assert keys == list(plain)
        assert equations.rows == list(plain.values())
        assert family.sparser.rows == plainly_sparser(plain, len(family.tables) - 1)
