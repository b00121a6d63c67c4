"""What is measured of a wave's protected rows: against the specification, and against the people counted once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gates_plainly
import numpy as np
import pyarrow as pa
import pytest
import waves
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline import disclosure, gates, parquet
from pipeline.disclosure.protected import PROTECTED
from pipeline.gates.figures import impossible

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are read a few at a time, as those of a large wave are."""
    monkeypatch.setattr(parquet, "GROUP", 7)


FAULTS = [name for name in gates.AGGREGATES.names if name not in {"subject", "rows", "expected", "free"}]
KEPT = pa.schema([PROTECTED.field(name) for name in ("unit", "segment", "category", "measure")])


def candidate(of: waves.Collected) -> dict[str, pa.Table]:
    """The tables of an aggregation."""
    counted = of.counted()
    rules = disclosure.Rules.of(of.survey)
    made = disclosure.protect(counted.cells, counted.members, of.tree, rules, disclosure.families(of.survey))
    return {
        "cells": counted.cells,
        "members": counted.members,
        "protected": made.table,
        "kept": KEPT.empty_table(),
    }


def measured(of: waves.Collected, tables: dict[str, pa.Table]) -> dict[str, dict[str, Any]]:
    """By table of the specification, what is measured of it."""
    stored = {name: parquet.Columns([parquet.to_bytes(table)]) for name, table in tables.items()}
    made = gates.aggregates(of.survey, of.tree, stored)
    assert made.schema == gates.AGGREGATES
    return {row["subject"]: row for row in made.to_pylist()}


@given(waves.collections())
@settings(max_examples=40, deadline=None)
def test_what_is_counted_and_protected_as_it_should_be_has_no_fault(of: waves.Collected) -> None:
    for row in measured(of, candidate(of)).values():
        assert {name: row[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0)
        assert row["rows"] == row["expected"]


@given(waves.collections(waves.CARRIED) | waves.collections(waves.PER_UNIT))
@settings(max_examples=20, deadline=None)
def test_nor_where_the_exports_carry_the_units(of: waves.Collected) -> None:
    for row in measured(of, candidate(of)).values():
        assert {name: row[name] for name in FAULTS} == dict.fromkeys(FAULTS, 0)


def thirty() -> waves.Collected:
    """Thirty people in two units, all of whom answered everything; everything about the whole is shown."""
    invited = [(f"p{at:02}", "A1" if at < 15 else "B", "f" if at % 2 else "m", "u40") for at in range(30)]
    rows = [
        {
            "respondent": who,
            "day": 2,
            **{item: low + at % (high - low + 1) for item, (low, high) in waves.RANGE.items()},
        }
        for at, (who, *_) in enumerate(invited)
    ]
    return waves.Collected(waves.parsed(), waves.people(*invited), waves.responses(*rows))


WHOLE = thirty()


def of_whole(rows: list[dict[str, Any]], measure: str = "s1") -> dict[str, Any]:
    """The row about everybody."""
    where = {"unit": "U", "segment": "all", "measure": measure}
    return next(row for row in rows if row.items() >= where.items())


def put(measure: str = "s1", **figures: Any) -> Callable[[list[dict[str, Any]]], None]:  # noqa: ANN401 - of any column
    return lambda rows: of_whole(rows, measure).update(figures)


@pytest.mark.parametrize(
    ("fault", "change", "more"),
    [
        ("missing", lambda rows: rows.remove(of_whole(rows)), {}),
        ("unexpected", lambda rows: rows.append(of_whole(rows) | {"unit": "A2"}), {"unlike_counted": 1}),
        ("repeated", lambda rows: rows.append(dict(of_whole(rows))), {}),
        ("unknown_status", put(status="X"), {"withheld_with_figures": 1}),
        (
            "below_minimum",
            put(answered=4, squares=None, favourable=None, neutral=None, unfavourable=None),
            {"unlike_counted": 1},
        ),
        ("finer_below_minimum", put(answered=6), {"unlike_counted": 1, "shares_off": 1, "spread_off": 1}),
        ("withheld_with_figures", put(status="C"), {}),
        ("negative", put(favourable=-1, neutral=31, unfavourable=0), {"shares_off": 1}),
        ("shares_off", put(neutral=9), {}),
        ("spread_off", put(squares=1), {}),
        ("unlike_counted", put(answered=29, squares=None, favourable=None, neutral=None, unfavourable=None), {}),
        ("more_than_invited", put("response_rate", status="F", answered=30, total=30, invited=29), {}),
        ("rate_alone", put("response_rate", status="F", answered=30, total=30, invited=None), {}),
    ],
)
def test_a_planted_fault_is_counted_where_it_is_and_nowhere_else(
    fault: str, change: Callable[[list[dict[str, Any]]], None], more: dict[str, int]
) -> None:
    tables = candidate(WHOLE)
    rows = tables["protected"].to_pylist()
    assert of_whole(rows)["status"] == "F"
    assert of_whole(rows)["favourable"] is not None
    change(rows)
    found = measured(WHOLE, tables | {"protected": pa.Table.from_pylist(rows, schema=PROTECTED)})
    faults = {name: found["all"][name] for name in FAULTS if found["all"][name]}
    assert faults == {fault: 1} | more
    assert not any(found[one][name] for one in found if one != "all" for name in FAULTS)


def test_a_cell_that_is_not_the_sum_of_the_people_below_it_is_off() -> None:
    tables = candidate(WHOLE)
    cells = tables["cells"].to_pylist()
    next(row for row in cells if (row["unit"], row["segment"], row["measure"]) == ("A", "all", "s1"))["answered"] += 1
    changed = pa.Table.from_pylist(cells, schema=tables["cells"].schema)
    found = measured(WHOLE, tables | {"cells": changed})
    assert found["all"]["totals_off"] == 1
    assert found["gender"]["totals_off"] == 0


def test_rows_that_stay_as_they_were_published_may_count_others() -> None:
    tables = candidate(WHOLE)
    rows = tables["protected"].to_pylist()
    row = of_whole(rows)
    row.update(answered=29, squares=None, favourable=None, neutral=None, unfavourable=None)
    stays = pa.Table.from_pylist([{name: row[name] for name in KEPT.names}], schema=KEPT)
    changed = tables | {"protected": pa.Table.from_pylist(rows, schema=PROTECTED), "kept": stays}
    assert measured(WHOLE, changed)["all"]["unlike_counted"] == 0


def test_a_row_that_nobody_asked_for_is_told_whatever_stays_and_once_for_each_time_that_it_is_there() -> None:
    tables = candidate(WHOLE)
    strange = of_whole(tables["protected"].to_pylist()) | {"unit": "A2"}
    rows = [*tables["protected"].to_pylist(), strange, strange, strange]
    stays = pa.Table.from_pylist([{name: strange[name] for name in KEPT.names}], schema=KEPT)
    changed = tables | {"protected": pa.Table.from_pylist(rows, schema=PROTECTED), "kept": stays}
    found = measured(WHOLE, changed)["all"]
    faults = {name: found[name] for name in FAULTS if found[name]}
    assert faults == {"unexpected": 1, "repeated": 2, "unlike_counted": 3}


def test_how_much_is_shown_is_said_table_by_table() -> None:
    found = measured(WHOLE, candidate(WHOLE))
    assert set(found) == {"all", "gender", "age", "gender*age"}
    # All but the response rate of each of the four units: nobody kept silent, and that would be told.
    assert found["all"]["free"] == 32 / 36


def test_a_candidate_of_nobody_has_no_measures() -> None:
    nobody = {name: table.slice(0, 0) for name, table in candidate(WHOLE).items()}
    assert measured(WHOLE, nobody) == {}


def test_a_row_without_an_address_is_one_that_nobody_asked_for() -> None:
    tables = candidate(WHOLE)
    rows = [*tables["protected"].to_pylist(), dict.fromkeys(PROTECTED.names) | {"segment": "all", "status": "C"}]
    nullable = pa.schema([field.with_nullable(nullable=True) for field in PROTECTED])
    found = measured(WHOLE, tables | {"protected": pa.Table.from_pylist(rows, schema=nullable)})
    assert {name: found["all"][name] for name in FAULTS if found["all"][name]} == {"unexpected": 1}


@pytest.mark.parametrize("nobody", [30, 0, -1, -2])
def test_a_cell_that_is_there_twice_or_that_nobody_is_in_is_off(nobody: int) -> None:
    tables = candidate(WHOLE)
    cells = tables["cells"].to_pylist()
    cells += [of_whole(cells), of_whole(cells) | {"unit": "A2", "answered": nobody}]
    changed = pa.Table.from_pylist(cells, schema=tables["cells"].schema)
    found = measured(WHOLE, tables | {"cells": changed})
    assert {name: found["all"][name] for name in FAULTS if found["all"][name]} == {"totals_off": 2}


def test_a_cell_that_was_not_counted_is_off() -> None:
    tables = candidate(WHOLE)
    cells = tables["cells"].to_pylist()
    cells.remove(of_whole(cells))
    found = measured(WHOLE, tables | {"cells": pa.Table.from_pylist(cells, schema=tables["cells"].schema)})
    assert {name: found["all"][name] for name in FAULTS if found["all"][name]} == {"totals_off": 1}


def test_a_cell_without_a_count_is_not_one_of_nobody() -> None:
    tables = candidate(WHOLE)
    silent = [row | {"s1": row["s1"] and row["unit"] != "B"} for row in tables["members"].to_pylist()]
    members = pa.Table.from_pylist(silent, schema=tables["members"].schema)
    loose = pa.schema([field.with_nullable(nullable=True) for field in tables["cells"].schema])

    def off(count: int | None) -> int:
        cells = tables["cells"].to_pylist()
        where = {"unit": "B", "segment": "all", "measure": "s1"}
        next(row for row in cells if row.items() >= where.items())["answered"] = count
        found = measured(WHOLE, tables | {"members": members, "cells": pa.Table.from_pylist(cells, schema=loose)})
        return int(found["all"]["totals_off"])

    assert off(None) == off(0) + 1


def test_a_row_of_a_table_that_there_is_not_is_told_as_one_of_it() -> None:
    tables = candidate(WHOLE)
    rows = [*tables["protected"].to_pylist(), of_whole(tables["protected"].to_pylist()) | {"segment": "pay"}]
    found = measured(WHOLE, tables | {"protected": pa.Table.from_pylist(rows, schema=PROTECTED)})
    told = {name: found["pay"][name] for name in ("rows", "expected", *FAULTS) if found["pay"][name]}
    assert told == {"rows": 1, "unexpected": 1, "unlike_counted": 1}


NULLABLE = pa.schema([field.with_nullable(nullable=True) for field in PROTECTED])
FIGURES = PROTECTED.names[5:]
ODD = st.sampled_from(["", "a", "U", "A", "all", "gender", "gender*age", "f", "f*u40", "s1", "response_rate", None])


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[waves.Collected, dict[str, pa.Table]]:
    """A wave whose tables somebody changed: rows away, there twice, elsewhere, with other figures, and in any order."""
    text = draw(st.sampled_from([waves.ROSTER, waves.CARRIED, waves.PER_UNIT]))
    of = draw(waves.trees().flatmap(lambda tree: waves.collections(text, tree)))
    counted = of.counted()
    cells = counted.cells.to_pylist()
    stated = [{name: row.get(name) for name in PROTECTED.names} | {"status": "F"} for row in cells]
    address = st.sampled_from(PROTECTED.names[:4])

    def change(rows: list[dict[str, Any]], names: st.SearchStrategy[str]) -> list[dict[str, Any]]:
        for kind in draw(st.lists(st.sampled_from(["away", "twice", "elsewhere", "figure", "status"]), max_size=4)):
            row = dict(rows[draw(st.integers(0, len(rows) - 1))])
            if kind in {"away", "twice"}:
                rows = [one for one in rows if one != row] if kind == "away" else [*rows, row]
            elif kind == "elsewhere":
                rows = [*rows, row | {draw(address): draw(ODD)}]
            elif kind == "figure":
                rows = [*rows, row | {draw(names): draw(st.none() | st.integers(-2, 12))}]
            elif "status" in row:
                rows = [*rows, row | {"status": draw(st.sampled_from(["C", "N", "X", None]))}]
            if not rows:
                return rows
        return draw(st.permutations(rows)) if draw(st.booleans()) else rows

    cells = change(cells, st.just("answered"))
    rows = change(stated, st.sampled_from(FIGURES))
    kept = draw(st.lists(st.sampled_from(rows), max_size=3)) if rows else []
    loose = pa.schema([field.with_nullable(nullable=True) for field in counted.cells.schema])
    return of, {
        "cells": pa.Table.from_pylist(cells, schema=loose),
        "members": counted.members,
        "protected": pa.Table.from_pylist(rows, schema=NULLABLE),
        "kept": pa.Table.from_pylist(kept, schema=pa.schema([NULLABLE.field(name) for name in KEPT.names])),
    }


@given(spoilt())
@settings(max_examples=150, deadline=None)
def test_what_is_measured_of_many_rows_at_once_is_what_is_found_row_by_row(
    given: tuple[waves.Collected, dict[str, pa.Table]],
) -> None:
    of, tables = given
    assert measured(of, tables) == gates_plainly.measured(of.survey, of.tree, tables)


@given(*[st.integers(-(2**63), 2**63 - 1) | st.integers(-20, 20)] * 3)
@example(4, 2**62, 2**62)
@example(2**62, 2, 1)
def test_what_no_answers_can_sum_to_is_found_exactly(answered: int, total: int, squares: int) -> None:
    given = (np.array([one], np.int64) for one in (answered, total, squares))
    assert impossible(*given).tolist() == [answered * squares < total**2]


def test_shares_that_wrap_round_do_not_make_up_those_who_answered() -> None:
    tables = candidate(WHOLE)
    rows = tables["protected"].to_pylist()
    of_whole(rows).update(favourable=2**63 - 1, neutral=2**63 - 1, unfavourable=32)
    found = measured(WHOLE, tables | {"protected": pa.Table.from_pylist(rows, schema=PROTECTED)})
    assert found["all"]["shares_off"] == 1
