"""What must be there before a wave can be published again, and what is refused where it is not."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from releases import Releases
from test_attack_history import FIRST, FIVE_MORE, ONE_MORE

from pipeline.disclosure import KEPT, Basis, Past, Rules, found_in_history, protect, readmit
from pipeline.errors import DisclosureLeak

RULES = Rules(5, 10)


def first() -> tuple[Releases, Past]:
    releases = Releases(RULES)
    releases.publish(FIRST)
    return releases, releases.past[0]


def again(releases: Releases, past: Past, members: pa.Table | None = None, rules: Rules = RULES) -> pa.Table:
    given = releases.members(ONE_MORE) if members is None else members
    return protect(ONE_MORE.cells, given, ONE_MORE.tree, rules, {}, (past,)).table


def test_members_without_numbers_cannot_be_told_apart_from_those_before() -> None:
    releases, past = first()
    with pytest.raises(DisclosureLeak, match="have no numbers; aggregate again"):
        again(releases, past, ONE_MORE.members)
    with pytest.raises(DisclosureLeak, match="have no numbers; aggregate again"):
        again(releases, replace(past, members=FIRST.members))


def test_two_records_with_one_number_are_refused() -> None:
    releases, past = first()
    members = releases.members(ONE_MORE)
    twice = members.set_column(1, members.schema.field(1), [pa.array([0] * len(members))])
    with pytest.raises(DisclosureLeak, match="stands twice among the members"):
        again(releases, past, twice)


def test_members_with_columns_in_another_order_are_refused() -> None:
    releases, past = first()
    members = releases.members(ONE_MORE)
    with pytest.raises(DisclosureLeak, match="numbered_schema"):
        again(releases, past, members.select(["respondent", "record", "q", "unit", "response_rate"]))


def test_a_table_that_is_not_one_of_the_cells_kept_beside_it_is_refused() -> None:
    releases, past = first()
    elsewhere = pa.Table.from_pylist(
        [{**row, "unit": "elsewhere"} for row in past.table.to_pylist()], schema=past.table.schema
    )
    with pytest.raises(DisclosureLeak, match="restore them"):
        again(releases, replace(past, table=elsewhere))


def test_cells_that_count_others_than_the_members_kept_beside_them_are_refused() -> None:
    releases, past = first()
    with pytest.raises(DisclosureLeak, match="count other people"):
        again(releases, replace(past, members=past.members.slice(1)))


def test_what_the_releases_before_tell_by_themselves_is_found_and_stops_nothing_new() -> None:
    releases, _ = first()
    releases.publish(ONE_MORE, blind=True)
    made = releases.publish(FIVE_MORE)
    assert ("north", "q", "F") in {(row["unit"], row["measure"], row["status"]) for row in made.table.to_pylist()}
    found = found_in_history(releases.past, RULES, {})
    assert found.certificates
    assert {found.release[term.place] for one in found.certificates for term in one.terms} == {0, 1}


def test_a_row_under_a_minimum_that_was_raised_does_not_stay() -> None:
    releases, past = first()
    table = again(releases, past, rules=Rules(10, 10))
    told = {(row["unit"], row["measure"]): row["status"] for row in table.to_pylist()}
    assert told["north", "q"] == "C"  # nine were published, and ten differ from them by one


def test_a_row_stays_only_as_the_last_release_has_it() -> None:
    releases, past = first()
    made = releases.publish(ONE_MORE)
    members = releases.past[1].members

    def read(table: pa.Table, kept: pa.Table | None) -> pa.Table:
        return readmit(table, Basis(ONE_MORE.cells, members, ONE_MORE.tree, RULES, {}, (past,)), kept).table

    assert made.kept.num_rows == 2 * len(["all-of-us", "north"])
    assert read(made.table, made.kept).equals(made.table)
    for kept in (made.kept.slice(1), None):  # a row with figures of its own, which are not these
        with pytest.raises(DisclosureLeak, match="does not say what its cells say"):
            read(made.table, kept)
    changed = [{**row, "total": 26} if row["answered"] == 9 else row for row in made.table.to_pylist()]
    with pytest.raises(DisclosureLeak, match="does not say what its cells say"):
        read(pa.Table.from_pylist(changed, schema=made.table.schema), made.kept)
    stranger = pa.Table.from_pylist([dict.fromkeys(KEPT.names, "elsewhere")], schema=KEPT)
    with pytest.raises(DisclosureLeak, match="does not say what its cells say"):
        read(made.table, pa.concat_tables([made.kept, stranger]))


def test_a_measure_and_a_table_that_are_new_have_no_past() -> None:
    releases, past = first()
    more = replace(
        ONE_MORE,
        measures=("q", "p", "response_rate"),
        records=tuple(replace(one, answers={**one.answers, "p": 1 + one.who % 5}) for one in ONE_MORE.records),
    )
    made = protect(more.cells, releases.members(more), more.tree, RULES, {}, (past,))
    free = {(row["unit"], row["measure"], row["answered"]) for row in made.table.to_pylist() if row["status"] == "F"}
    assert ("north", "q", 9) in free
    assert ("north", "p", 10) in free
