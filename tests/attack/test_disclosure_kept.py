"""What is kept of an earlier release and laid beside a new one: tables that fit, and some that do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from releases import Releases
from test_attack_history import FIRST, ONE_MORE, people, village
from village import Record, Village

from pipeline.disclosure import Rules, protect
from pipeline.disclosure.audit.crowd import crowd
from pipeline.disclosure.audit.crowds import Crowds, Part
from pipeline.disclosure.cells import columns, grid
from pipeline.disclosure.past import Past, answers, plain
from pipeline.errors import DisclosureLeak

RULES = Rules(5, 10)


def again(past: Past, releases: Releases) -> pa.Table:
    return protect(ONE_MORE.cells, releases.members(ONE_MORE), ONE_MORE.tree, RULES, {}, (past,)).table


@pytest.mark.parametrize("column", ["unit", "segment", "category", "measure"])
def test_a_table_that_names_something_else_is_refused(column: str) -> None:
    releases = Releases(RULES)
    releases.publish(FIRST)
    (past,) = releases.past
    rows = past.table.to_pylist()
    other = pa.Table.from_pylist([*rows[:-1], {**rows[-1], column: "elsewhere"}], schema=past.table.schema)
    with pytest.raises(DisclosureLeak, match="restore them"):
        again(replace(past, table=other), releases)


def test_a_row_of_a_cell_that_there_was_not_is_refused() -> None:
    releases = Releases(RULES)
    releases.publish(FIRST)
    (past,) = releases.past
    south = [row for row in past.cells.to_pylist() if (row["unit"], row["measure"]) != ("south", "q")]
    with pytest.raises(DisclosureLeak, match="restore them"):
        again(replace(past, cells=pa.Table.from_pylist(south, schema=past.cells.schema)), releases)


def by_gender(made: Village) -> Village:
    records = tuple(replace(one, categories={"g": "fm"[one.who // 2 % 2]}) for one in made.records)
    return replace(made, records=records, groupings=(("g",),))


def told(table: pa.Table, measure: str = "q") -> dict[str, int | None]:
    rows = [row for row in table.to_pylist() if row["measure"] == measure]
    return {row["unit"] + ("" if row["category"] == "all" else "/" + row["category"]): row["answered"] for row in rows}


def test_a_segment_that_is_new_has_no_rows_that_could_stay() -> None:
    releases = Releases(RULES)
    releases.publish(replace(FIRST, records=by_gender(FIRST).records))
    made = releases.publish(by_gender(ONE_MORE))
    # Nine of the north stay nine; of the ten now there, five or six are women. With the men they would be ten.
    assert told(made.table)["north"] == 9
    assert {row["segment"] for row in made.kept.to_pylist()} == {"all"}


def test_a_segment_that_is_gone_leaves_its_rows_behind() -> None:
    releases = Releases(RULES)
    releases.publish(by_gender(FIRST))
    made = releases.publish(replace(ONE_MORE, records=by_gender(ONE_MORE).records))
    assert told(made.table) == {"all-of-us": 19, "north": 9, "south": 10}


# --- one crowd for all releases ---------------------------------------------------------------------------------------


def crowds(*villages: Village) -> Crowds:
    releases, parts, offset = Releases(RULES), [], 0
    for one in villages:
        members = releases.members(one)
        segments, own = columns(plain(members))
        cells = grid(one.cells, own, segments, one.tree)
        measures = villages[-1].measures
        parts.append(Part(crowd(cells, plain(members), one.tree), offset, answers(members, measures)))
        offset += len(cells.places)
    return Crowds(parts)


def two_items(*given: dict[str, int]) -> Village:
    """One record a person in the north, with these answers to p and q."""
    records = tuple(Record(who, "north", {}, answered) for who, answered in enumerate(given))
    return replace(village(*records), measures=("p", "q"))


P, Q = (0,), (1,)


def test_an_answer_is_one_record_as_long_as_it_is_the_same() -> None:
    before = two_items({"p": 1, "q": 1}, {"p": 2, "q": 2}, {"p": 3}, {"p": 4, "q": 4})
    after = two_items({"p": 5, "q": 1}, {"p": 2, "q": 3}, {"p": 3, "q": 3}, {"p": 4, "q": 4})
    made = crowds(before, after)
    # Of p the first person's answer is another one; of q the second's, and the third has one where there was none.
    assert len(made.of(P).person) == 4 + 1
    assert len(made.of(Q).person) == 4 + 2
    assert len(made.of((0, 1)).person) == 4 + 3
    assert np.bincount(made.of(P).person).tolist() == [2, 1, 1, 1]
    assert np.bincount(made.of(Q).person).tolist() == [1, 2, 2, 1]
    assert made.of(P) is made.of(P)
    links = made.links((0, 1))
    assert links is not None
    assert np.bincount(links.base).tolist() == [2, 2, 2, 1]
    # Of each record, which of the answers to p and q that its person ever gave it holds: the first, the second or none.
    held = {(int(base), tuple(version)) for base, version in zip(links.base, links.version.tolist(), strict=True)}
    assert held == {(0, (0, 0)), (0, (1, 0)), (1, (0, 0)), (1, (0, 1)), (2, (0, -1)), (2, (0, 0)), (3, (0, 0))}


def test_where_nobody_changed_an_answer_there_is_nothing_to_link() -> None:
    same = two_items({"p": 1, "q": 1}, {"p": 2}, {})
    assert crowds(same, same).links((0, 1)) is None
    assert crowds(same).links((0, 1)) is None
    assert len(crowds(same, same).of((0, 1)).person) == 3


def test_a_measure_that_is_new_makes_nobody_another() -> None:
    before = replace(two_items({"p": 1, "q": 1}, {"p": 2, "q": 2}, {"q": 3}), measures=("q",))
    after = two_items({"p": 1, "q": 1}, {"p": 2, "q": 5}, {"q": 3})
    made = crowds(before, after)
    assert len(made.of(P).person) == 3
    assert len(made.of(Q).person) == 3 + 1
    # The third left p out, of whom nobody had asked it before: the same person with the same answers.
    assert np.bincount(made.of((0, 1)).person).tolist() == [2, 2, 1]


def test_the_places_of_both_releases_lie_beside_each_other() -> None:
    before, after = village(*people("north", range(3))), village(*people("north", range(1, 4)))
    made = crowds(before, after).of((0,))
    places = {person: set() for person in range(4)}
    for inside in made.inside:
        for level in inside:
            for record, atom in enumerate(made.atom.tolist()):
                places[int(made.person[record])].add(int(level[atom]))
    # Each release has two places: the whole and the north. Person 0 left, 3 came.
    assert [found - {-1} for _, found in sorted(places.items())] == [{0, 1}, {0, 1, 2, 3}, {0, 1, 2, 3}, {2, 3}]
