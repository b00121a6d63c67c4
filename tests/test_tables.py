"""Counting holds for whatever comes in, in whatever order, and the database that counts sees nothing else."""

from __future__ import annotations

import itertools
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pytest
import waves
from hypothesis import given, settings
from hypothesis import strategies as st
from waves import CARRIED, PER_UNIT, ROSTER, TREE, Collected, collections, parsed, people, responses

from pipeline import parquet, tables
from pipeline.errors import OrganisationInvalid, RunRefused, SurveyInvalid
from pipeline.locked import open_locked
from pipeline.organisation import Unit, tree

WAVES = st.sampled_from([ROSTER, CARRIED, PER_UNIT]).flatmap(collections)
EXAMPLES = settings(max_examples=15, deadline=None)
COUNTS = tables.CELLS.names[4:]


def to_bytes(counted: tables.Counted) -> tuple[bytes, bytes]:
    return parquet.to_bytes(counted.cells), parquet.to_bytes(counted.members)


# --- the same answers make the same bytes ---------------------------------------------------------------------------


@EXAMPLES
@given(WAVES, st.data())
def test_the_order_of_rows_and_the_number_of_threads_change_no_byte(wave: Collected, data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(wave.responses.num_rows)))
    of_people = data.draw(st.permutations(range(wave.people.num_rows))) if wave.people is not None else ()
    first, again = wave.counted(threads=1), wave.shuffled(order, of_people).counted(threads=3)
    assert to_bytes(again) == to_bytes(first)
    assert (again.accounts, again.respondents) == (first.accounts, first.respondents)


@EXAMPLES
@given(WAVES, st.integers(1, 5))
def test_how_answers_were_split_into_batches_changes_no_byte(wave: Collected, size: int) -> None:
    batches = pa.Table.from_batches(wave.responses.to_batches(max_chunksize=size))
    assert to_bytes(Collected(wave.survey, wave.people, batches).counted()) == to_bytes(wave.counted())


@EXAMPLES
@given(WAVES)
def test_cells_and_members_are_sorted_and_have_their_schemas(wave: Collected) -> None:
    counted = wave.counted()
    assert counted.cells.schema == tables.CELLS
    measures = tuple(measure.id for measure in wave.survey.measures)
    assert counted.members.schema == tables.members_schema(waves.SEGMENTS, measures)
    keys = list(zip(*(counted.cells[name].to_pylist() for name in tables.CELLS.names[:4]), strict=True))
    assert keys == sorted(set(keys))
    members = counted.members.to_pylist()
    assert members == sorted(members, key=lambda row: list(row.values()))


# --- and they are the right ones ------------------------------------------------------------------------------------


@EXAMPLES
@given(WAVES)
def test_every_record_is_counted_or_superseded_or_not_invited(wave: Collected) -> None:
    accounts = wave.counted().accounts
    assert accounts.accepted == wave.responses.num_rows
    assert accounts.counted + accounts.superseded + accounts.not_invited == accounts.accepted
    once = ["respondent", "unit"] if wave.survey.file.respondent.once_per == "unit" else ["respondent"]
    latest = {tuple(row[name] for name in once) for row in wave.responses.to_pylist()}
    assert accounts.superseded == accounts.accepted - len(latest)
    if wave.people is not None:
        known = set(wave.people["respondent"].to_pylist())
        assert accounts.not_invited == sum(who[0] not in known for who in latest)


@EXAMPLES
@given(WAVES)
def test_polars_counts_the_same(wave: Collected) -> None:
    """Independently: no SQL, no closure, no parameter tables; the steps of each scale written down by hand."""
    found = {tuple(row.values())[:4]: tuple(row.values())[4:] for row in wave.counted().cells.to_pylist()}
    assert found == by_polars(wave)


@pytest.mark.deep
@settings(max_examples=2000, deadline=None)
@given(WAVES)
def test_polars_counts_the_same_over_very_many_waves(wave: Collected) -> None:
    found = {tuple(row.values())[:4]: tuple(row.values())[4:] for row in wave.counted().cells.to_pylist()}
    assert found == by_polars(wave)


def by_polars(wave: Collected) -> dict[tuple[str, ...], tuple[int | None, ...]]:
    """Every cell of a wave."""
    frame = pl.DataFrame(
        wave.responses.to_pydict(), schema_overrides=dict.fromkeys(waves.ITEMS, pl.Int64), strict=False
    )
    once = ["respondent", "unit"] if wave.survey.file.respondent.once_per == "unit" else ["respondent"]
    frame = frame.sort("submitted", "source", "record", nulls_last=False).group_by(once).last()
    where = ["unit", "gender", "age"]
    roster = pl.DataFrame(wave.people.to_pydict()) if wave.people is not None else None
    if roster is not None:
        frame = frame.drop(where, strict=False).join(roster.select("respondent", *where), on="respondent", how="inner")

    def moved(item: str) -> pl.Expr:
        return 5 - pl.col(item) if item == "s3" else pl.col(item) - 1

    safety = [moved(item) for item in ("s1", "s2", "s3")]
    given_of_safety = pl.sum_horizontal(pl.col(item).is_not_null() for item in ("s1", "s2", "s3"))
    factor = pl.when(given_of_safety == 3).then(2).when(given_of_safety == 2).then(3)  # 6 / 3, 6 / 2, else no score
    frame = frame.with_columns(
        safety=pl.sum_horizontal(safety) * factor,
        clarity=moved("c1") + moved("c2"),  # null when either is
        enps=pl.when(pl.col("recommend") >= 9)
        .then(1)
        .when(pl.col("recommend") >= 7)
        .then(0)
        .when(pl.col("recommend") >= 0)
        .then(-1),
        response_rate=pl.when(pl.any_horizontal(pl.col(item).is_not_null() for item in waves.ITEMS)).then(1),
    )
    rate = ["response_rate"] if roster is not None else []
    measures = ["safety", "clarity", "enps", "s1", "s2", "s3", "c1", "c2", *rate]
    measures = [name for name in measures if frame[name].count()]
    answering = frame.filter(pl.col("response_rate") == 1)
    cells: dict[tuple[str, ...], tuple[int | None, ...]] = {}
    for unit, grouping in itertools.product(TREE.units, ((), ("gender",), ("age",), ("gender", "age"))):
        under = [name for name, path in TREE.path.items() if unit.id in path]
        inside = pl.col("unit").is_in(under)
        known = [pl.col(name) != "" for name in grouping]
        present = (roster if roster is not None else answering).filter(inside, *known)
        for categories in sorted(set(present.select(grouping).rows())) if grouping else [()] * bool(present.height):
            same = [pl.col(name) == value for name, value in zip(grouping, categories, strict=True)]
            group, invited = frame.filter(inside, *same), present.filter(*same).height
            for name in measures:
                key = (unit.id, "*".join(grouping) or "all", "*".join(categories) or "all", name)
                cells[key] = figures(group, name, invited if roster is not None else None)
    return cells


MIDDLE = {"safety": (15, 9), "clarity": (3.75, 2.25), "enps": (0.5, -0.5)}  # 62.5 and 37.5 % of 24 and of 6 steps
MIDDLE |= dict.fromkeys(("s1", "s2", "s3"), (3.5, 2.5)) | dict.fromkeys(("c1", "c2"), (2.51, 2.49))


def figures(group: pl.DataFrame, measure: str, invited: int | None) -> tuple[int | None, ...]:
    """One cell by hand."""
    some = group.filter(pl.col(measure).is_not_null())
    values = some[measure].to_list()
    sides = [(value >= MIDDLE[measure][0]) - (value <= MIDDLE[measure][1]) for value in values if measure in MIDDLE]
    sides = [-side for side in sides] if measure == "s3" else sides
    modal = 0 if measure == "response_rate" else max(Counter(values).values(), default=0)
    shares = (sides.count(1), sides.count(0), sides.count(-1))
    squares = sum(value * value for value in values)
    return (some["respondent"].n_unique(), len(values), invited, sum(values), squares, modal, *shares)


@EXAMPLES
@given(WAVES)
def test_what_disclosure_control_relies_on_holds_between_the_columns(wave: Collected) -> None:
    counted = wave.counted()
    for row in counted.cells.to_pylist():
        assert row["respondents"] <= row["answered"]
        assert row["invited"] is None or row["answered"] <= row["invited"]
        assert row["answered"] * row["squares"] >= row["total"] ** 2  # Cauchy and Schwarz
        if row["measure"] != "response_rate":
            assert row["favourable"] + row["neutral"] + row["unfavourable"] == row["answered"]
            assert -(-row["answered"] // 11) <= row["modal"] <= row["answered"] or row["measure"] == "safety"
    if wave.survey.file.respondent.once_per == "wave":
        assert counted.cells["respondents"].equals(counted.cells["answered"])


def test_scale_sides_are_decided_at_exactly_62_and_a_half_and_37_and_a_half_points() -> None:
    def side(*answers: int) -> tuple[int, ...]:
        wave = Collected(
            parsed(),
            people(("p", "U", "f", "")),
            responses({"respondent": "p"} | dict(zip(("s1", "s2"), answers, strict=True))),
        )
        row = waves.cell(wave.counted(), "safety")
        assert Fraction(100 * row["total"], 24) == Fraction(25 * (sum(answers) - 2), 2)
        return row["favourable"], row["neutral"], row["unfavourable"]

    assert side(4, 3) == (1, 0, 0)  # 62.5 points
    assert side(3, 3) == (0, 1, 0)  # 50
    assert side(3, 2) == (0, 0, 1)  # 37.5


def test_of_submissions_the_latest_counts_and_those_without_a_time_are_oldest() -> None:
    def counts(*rows: dict[str, Any]) -> int:
        row = {"respondent": "p"}
        wave = Collected(parsed(), people(("p", "U", "f", "")), responses(*(row | one for one in rows)))
        return int(waves.cell(wave.counted(), "s1")["total"])

    assert counts({"day": 2, "s1": 2}, {"day": 1, "s1": 1}) == 2
    assert counts({"s1": 1, "source": "b"}, {"day": 1, "s1": 2, "source": "a"}) == 2
    assert counts({"s1": 1, "source": "a", "record": 9}, {"s1": 2, "source": "b", "record": 1}) == 2
    assert counts({"s1": 1, "record": 3}, {"s1": 2, "record": 12}) == 2


def test_a_measure_that_nobody_answered_has_no_cells_and_a_column_in_the_members() -> None:
    counted = Collected(parsed(), people(("p", "U", "f", "")), responses({"respondent": "p", "c1": 1})).counted()
    assert set(counted.cells["measure"].to_pylist()) == {"c1", "response_rate"}
    assert counted.members["safety"].to_pylist() == [False]


def test_a_survey_without_segments_is_counted_by_unit_alone() -> None:
    start, end = ROSTER.index("[[segment]]"), ROSTER.index("[[instrument]]")
    roster = people(("p", "A1", "f", "")).drop_columns(["gender", "age"])
    counted = Collected(
        parsed(ROSTER[:start] + ROSTER[end:]), roster, responses({"respondent": "p", "s1": 4})
    ).counted()
    assert set(counted.cells["segment"].to_pylist()) == {"all"}
    assert counted.members.schema.names[:3] == ["respondent", "unit", "safety"]


def test_a_crossing_that_is_asked_for_twice_is_counted_once() -> None:
    twice = ROSTER.replace("[[instrument]]", '[[table]]\nsegments = ["gender", "age"]\n[[instrument]]')
    roster, answers = people(("p", "U", "f", "u40")), responses({"respondent": "p", "s1": 4})
    assert to_bytes(Collected(parsed(twice), roster, answers).counted()) == to_bytes(
        Collected(parsed(), roster, answers).counted()
    )


def test_an_export_that_carries_units_and_no_segments_is_counted_by_unit() -> None:
    counted = Collected(parsed(CARRIED), None, responses({"respondent": "p", "unit": "A", "s1": 4})).counted()
    assert {row["unit"] for row in counted.cells.to_pylist()} == {"U", "A"}
    assert set(counted.cells["segment"].to_pylist()) == {"all"}


# --- refused --------------------------------------------------------------------------------------------------------


def test_answers_about_units_that_are_not_in_the_tree_are_refused_by_unit() -> None:
    rows = [{"respondent": f"p{number}", "unit": f"Z{number}", "s1": 1} for number in range(7)]
    with pytest.raises(OrganisationInvalid, match=r"answers are about units .*: 'Z0' \(1\), .*'Z4' \(1\) and 2 more;"):
        Collected(parsed(CARRIED), None, responses(*rows)).counted()


def test_answers_that_name_no_unit_are_refused() -> None:
    rows = [{"respondent": "p", "unit": "A", "s1": 1}, {"respondent": "q", "s1": 1}]
    with pytest.raises(OrganisationInvalid, match=r"missing from the units file: '' \(1\);"):
        Collected(parsed(CARRIED), None, responses(*rows)).counted()


def test_people_of_units_that_are_not_in_the_tree_are_refused_and_never_named() -> None:
    with pytest.raises(OrganisationInvalid, match=r"people belong to units .*: 'C' \(1\)") as refusal:
        Collected(parsed(), people(("secret", "C", "f", "")), responses({"respondent": "secret", "s1": 1})).counted()
    assert "secret" not in str(refusal.value)


def test_somebody_who_stands_twice_in_the_people_file_is_refused_and_never_named() -> None:
    roster = people(("secret", "A", "f", ""), ("secret", "B", "f", ""))
    with pytest.raises(OrganisationInvalid, match="stands twice in the people file") as refusal:
        Collected(parsed(), roster, responses({"respondent": "secret", "s1": 1})).counted()
    assert "secret" not in str(refusal.value)


def test_a_people_file_that_knows_none_of_those_who_answered_is_refused() -> None:
    with pytest.raises(RunRefused, match="none of the 1 respondents are in the people file"):
        Collected(parsed(), people(("p", "U", "f", "")), responses({"respondent": "q", "s1": 1})).counted()


def test_a_wave_of_empty_submissions_is_refused() -> None:
    with pytest.raises(RunRefused, match="none of the 1 responses that count has an answer in it"):
        Collected(parsed(), people(("p", "U", "f", "")), responses({"respondent": "p"})).counted()


def test_a_scale_that_cannot_be_counted_exactly_is_refused_before_it_is_counted() -> None:
    many = responses({"respondent": "p", "s1": 1}).take(pa.array([0] * 3))
    survey = parsed()
    wide = survey.instruments[0].scale[0].model_copy(update={"high": 2**40})
    instrument = survey.instruments[0].model_copy(update={"scale": (wide, *survey.instruments[0].scale[1:])})
    with pytest.raises(SurveyInvalid, match="cannot be counted exactly"):
        Collected(type(survey)(survey.file, (instrument,), ""), people(("p", "U", "f", "")), many).counted()


# --- the database ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM read_text('{file}')",
        "SELECT * FROM '{file}'",
        "SELECT * FROM glob('*')",
        "COPY (SELECT 1) TO '{file}.out'",
        "ATTACH '{file}.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "EXPORT DATABASE '{file}.d'",
        "SELECT * FROM outside",
        "SET enable_external_access = true",
        "SET python_enable_replacements = true",
        "SET temp_directory = '{file}.tmp'",
        "SET threads = 2",
        "RESET lock_configuration",
    ],
)
def test_a_locked_database_reaches_nothing(tmp_path: Path, statement: str) -> None:
    file = tmp_path / "secret.csv"
    file.write_text("a\n1\n")
    outside = pa.table({"a": [1]})
    assert outside.num_rows == 1
    with open_locked({"inside": pa.table({"a": [1]})}) as database:
        assert database.execute("SELECT a FROM inside").fetchall() == [(1,)]
        with pytest.raises(duckdb.Error):
            database.execute(statement.format(file=file)).fetchall()
    assert [one.name for one in tmp_path.iterdir()] == ["secret.csv"]


def test_a_larger_tree_and_one_unit_alone_are_counted_alike_at_the_root() -> None:
    lone = Collected(
        parsed(), people(("p", "U", "f", "u40")), responses({"respondent": "p", "s1": 4}), tree([Unit("U", None, "x")])
    )
    deep = Collected(parsed(), people(("p", "A1", "f", "u40")), lone.responses)
    assert lone.counted().cells.to_pylist() == [row for row in deep.counted().cells.to_pylist() if row["unit"] == "U"]
