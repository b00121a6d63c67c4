"""Some of those who had not answered do, and the wave is published again: who still has not is nobody's to know."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pyarrow as pa
from attacker import Equation, Knowledge, exposed_groups, known_sums
from hypothesis import given
from hypothesis import strategies as st
from releases import Releases
from test_attack_history import asked, examples
from test_attack_silent import rates, sums
from village import RATE, Village
from villages import villages

from pipeline.disclosure import Rules

if TYPE_CHECKING:
    from pipeline.disclosure import ProtectedTable


@st.composite
def later(draw: st.DrawFn, village: Village) -> Village:
    """The village when some of the silent have answered."""
    silent = village.silent or ()
    came = draw(st.sets(st.integers(0, max(len(silent) - 1, 0)), max_size=6)) if silent else set()
    answered = tuple(replace(silent[one], answers={"q": draw(st.integers(1, 5))}) for one in sorted(came))
    left = tuple(one for number, one in enumerate(silent) if number not in came)
    return replace(village, records=(*village.records, *answered), silent=left)


def own(made: ProtectedTable) -> pa.Table:
    """The rows that are about the people of this release."""
    stays = {tuple(row.values()) for row in made.kept.to_pylist()}
    rows = [row for row in made.table.to_pylist() if tuple(row.values())[:4] not in stays]
    return pa.Table.from_pylist(rows, schema=made.table.schema)


@examples(60, 3000)
@given(st.data(), st.integers(3, 5))
def test_no_few_of_the_silent_can_be_counted_in_two_releases(data: st.DataObject, k: int) -> None:
    village = data.draw(villages(people=12, roster=True))
    releases = Releases(Rules(k, 2 * k))
    equations: list[Equation] = []
    for one in (village, data.draw(later(village))):
        made = releases.publish(one)
        silent = one.silent or ()
        equations += [
            {(silent[number].who, RATE): times for (number, _), times in equation.items()}
            for equation in sums(one.away, rates(own(made)))
        ]
    # Told who answered: a person who was silent in both is one unknown.
    everybody = SimpleNamespace(records={record.who: record for record in (*village.records, *(village.silent or ()))})
    known = Knowledge(equations)
    assert known_sums(everybody, known, below=k) == []
    assert exposed_groups(everybody, known, below=3) == []
    answers, people = releases.known(asked(village))
    assert exposed_groups(people, Knowledge(answers), below=3) == []
