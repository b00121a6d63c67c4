"""The kernel counts what plain SQL counts, however a wave is cut into branches, and wherever these are counted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import by_plain_sql
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waves import CARRIED, INSTRUMENT, PER_UNIT, ROSTER, Collected, collections, parsed, people, responses, trees

from pipeline import parquet, survey, tables
from pipeline.counting import arrays, branches, engines, kernel, runs
from pipeline.counting.nested import NOWHERE, Nested
from pipeline.counting.records import Records
from pipeline.counting.wave import Wave
from pipeline.errors import RunRefused, SurveyInvalid
from pipeline.organisation import Unit, tree

if TYPE_CHECKING:
    from random import Random

    from pipeline.organisation import Tree

WAVES = st.tuples(st.sampled_from([ROSTER, CARRIED, PER_UNIT]), trees()).flatmap(lambda of: collections(*of))
EXAMPLES = settings(max_examples=40, deadline=None)
FIGURES = tables.CELLS.names[7:]


def as_bytes(*found: pa.Table) -> list[bytes]:
    return [parquet.to_bytes(table.combine_chunks()) for table in found]


def counted(wave: Collected, **how: int | str) -> list[bytes]:
    found = wave.counted(**how)
    return as_bytes(found.cells, found.members, found.answers)


# --- against plain SQL ----------------------------------------------------------------------------------------------


@EXAMPLES
@given(WAVES, st.integers(1, 15), st.data())
def test_plain_sql_counts_the_same_bytes(wave: Collected, branch: int, data: st.DataObject) -> None:
    """Whatever the tree, the branches, the order of rows and the batches they come in."""
    order = data.draw(st.permutations(range(wave.responses.num_rows)))
    of_people = data.draw(st.permutations(range(wave.people.num_rows))) if wave.people is not None else ()
    mixed = wave.shuffled(order, of_people)
    size = data.draw(st.integers(1, 5))
    batches = pa.Table.from_batches(mixed.responses.to_batches(max_chunksize=size), mixed.responses.schema)
    mixed = Collected(wave.survey, mixed.people, batches, wave.tree)
    cells, members, answers = by_plain_sql.count(wave)
    found = mixed.counted(branch=branch)
    assert found.cells.to_pylist() == cells.to_pylist()
    assert found.members.to_pylist() == members.to_pylist()
    assert found.answers.to_pylist() == answers.to_pylist()
    assert as_bytes(found.cells, found.members) == as_bytes(cells, members)


@EXAMPLES
@given(collections(ROSTER))
def test_the_end_that_is_good_changes_the_side_of_an_answer_and_nothing_else(wave: Collected) -> None:
    bad = survey.parse(
        ROSTER, {"every.toml": INSTRUMENT.replace("low = 1\nhigh = 4", 'low = 1\nhigh = 4\ndirection = "high_is_bad"')}
    )
    as_it_is, turned = wave.counted().cells.to_pylist(), replace(wave, survey=bad).counted().cells.to_pylist()
    assert len(as_it_is) == len(turned)
    for one, other in zip(as_it_is, turned, strict=True):
        if one["measure"] in {"clarity", "c1", "c2"}:
            one["favourable"], one["unfavourable"] = one["unfavourable"], one["favourable"]
        assert one == other
    assert turned == by_plain_sql.count(replace(wave, survey=bad))[0].to_pylist()


def test_who_answers_twice_inside_a_branch_is_one_person_in_the_units_above_it_too() -> None:
    of = tree([Unit("u0", None, "x"), Unit("u1", "u0", "x"), Unit("u2", "u1", "x")])
    rows = [("p", "u1"), ("p", "u2"), ("q", "u0"), ("r", "u0"), ("s", "u0")]
    answers = [{"respondent": who, "unit": unit, "gender": "f", "age": "", "s1": 4} for who, unit in rows]
    wave = Collected(parsed(PER_UNIT), None, responses(*answers), of)
    found = wave.counted(branch=2).cells  # u0 by itself, and u1 with u2
    everybody = [row for row in found.to_pylist() if (row["segment"], row["measure"]) == ("all", "s1")]
    assert [(row["unit"], row["respondents"], row["answered"]) for row in everybody] == [
        ("u0", 4, 5),
        ("u1", 1, 2),
        ("u2", 1, 1),
    ]


@pytest.mark.deep
@settings(max_examples=3000, deadline=None)
@given(WAVES, st.integers(1, 15))
def test_plain_sql_counts_the_same_over_very_many_waves(wave: Collected, branch: int) -> None:
    cells, members, _ = by_plain_sql.count(wave)
    found = wave.counted(branch=branch)
    assert as_bytes(found.cells, found.members) == as_bytes(cells, members)


@EXAMPLES
@given(WAVES, st.integers(1, 15), st.integers(2, 6))
def test_below_the_least_number_of_people_cells_are_counted_and_have_no_figures(
    wave: Collected, branch: int, least: int
) -> None:
    """In every cell with enough people each figure is as it was; below it is 0, whatever was answered."""
    everything = wave.counted().cells
    few = pc.less(everything["respondents"], least)
    wanted = everything
    for name in FIGURES:
        at = everything.schema.get_field_index(name)
        wanted = wanted.set_column(at, everything.schema.field(at), pc.if_else(few, 0, everything[name]))
    assert wave.counted(branch=branch, least=least).cells.to_pylist() == wanted.to_pylist()


@EXAMPLES
@given(WAVES, st.integers(1, 15), st.integers(1, 4), st.integers(1, 3))
def test_places_with_more_rows_than_are_counted_at_once_are_counted_the_same(
    wave: Collected, branch: int, short: int, least: int
) -> None:
    wanted = counted(wave, least=least)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "SHORT", short)
        assert counted(wave, branch=branch, least=least) == wanted


@EXAMPLES
@given(WAVES, st.integers(1, 15), st.randoms())
def test_a_branch_is_counted_the_same_from_rows_in_whatever_order(wave: Collected, branch: int, chance: Random) -> None:
    records = Records.of(wave.survey, wave.people, wave.responses, 1)
    laid = Wave.of(wave.survey, wave.tree, wave.responses, records, 1, branch)
    number = arrays.numbers(laid.rows["branch"])
    for one in set(number.tolist()):
        rows = laid.rows.filter(pa.array((number == one).tolist()))
        order = chance.sample(range(rows.num_rows), rows.num_rows)
        assert kernel.tally(rows.take(pa.array(order)), laid.plan).equals(kernel.tally(rows, laid.plan))


# --- branches -------------------------------------------------------------------------------------------------------


@EXAMPLES
@given(trees(), st.integers(1, 12), st.integers(1, 4), st.data())
def test_every_unit_is_in_one_branch_or_above_them(of: Tree, size: int, cuts: int, data: st.DataObject) -> None:
    nested = Nested.of(of)
    rows = np.array(data.draw(st.lists(st.integers(0, 9), min_size=len(nested.units), max_size=len(nested.units))))
    found = branches.branches(nested, rows, cuts, size)
    assert [one for branch in found for one in range(branch.start, branch.stop)] == list(range(len(nested.units)))
    for branch in found:
        inside = range(branch.start, branch.stop)
        if branch.open:
            assert len(inside) == 1
            assert branch.above == branch.start
            continue
        assert all(nested.end[unit] <= branch.stop for unit in inside)  # whole subtrees
        assert rows[branch.start : branch.stop].sum() <= size or len(inside) == 1
        tops = {int(nested.parent[unit]) for unit in inside} - set(inside)
        assert tops == {branch.above}


def test_a_large_unit_is_taken_apart_and_small_ones_go_together() -> None:
    #        0
    #     1     4 5 6        2 and 3 stand under 1
    nested = Nested(
        tuple("0123456"),
        np.array([NOWHERE, 0, 1, 1, 0, 0, 0]),
        np.array([0, 1, 2, 2, 1, 1, 1]),
        np.array([7, 4, 3, 4, 5, 6, 7]),
    )
    found = branches.branches(nested, np.array([1, 1, 4, 4, 2, 2, 2]), 1, 5)
    cut = [(one.start, one.stop, one.above, one.open) for one in found]
    assert cut == [
        (0, 1, 0, True),
        (1, 2, 1, True),
        (2, 3, 1, False),
        (3, 4, 1, False),
        (4, 6, 0, False),
        (6, 7, 0, False),
    ]


# --- engines --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_spark")
def test_spark_that_is_not_installed_is_refused_by_name() -> None:
    with pytest.raises(SurveyInvalid, match=r"needs pyspark, .* whoever runs this installs pulsverk\[spark\]"):
        engines.named("spark")


# --- refused --------------------------------------------------------------------------------------------------------


def test_answers_outside_their_scale_are_refused_and_never_named() -> None:
    wave = Collected(parsed(), people(("secret", "U", "f", "")), responses({"respondent": "secret", "s1": 6}))
    with pytest.raises(RunRefused, match=r"answers to s1 lie outside 1 to 5, .*\(pulsverk redrive\)") as refusal:
        wave.counted()
    assert "secret" not in str(refusal.value)


# --- arrays ---------------------------------------------------------------------------------------------------------


@EXAMPLES
@given(st.lists(st.none() | st.integers(-128, 127)), st.data())
def test_whole_numbers_go_to_numpy_and_back(values: list[int | None], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(values)))
    column = pa.array(values, pa.int16()).slice(first)
    found = arrays.numbers(column, -999)
    assert found.tolist() == [-999 if one is None else one for one in values[first:]]
    assert arrays.arrow(found, found == -999).to_pylist() == values[first:]
    assert arrays.valid(column).tolist() == [one is not None for one in values[first:]]
    assert arrays.arrow_bools(arrays.valid(column)).to_pylist() == [one is not None for one in values[first:]]


def test_lists_are_null_where_there_are_none() -> None:
    has = np.array([True, False, True])
    assert arrays.lists(np.array([[1, 2], [3, 4]]), has).to_pylist() == [[1, 2], None, [3, 4]]
