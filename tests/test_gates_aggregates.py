"""What is measured of a wave's protected rows: against the specification, and against the people counted once more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import waves
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import disclosure, gates
from pipeline.disclosure.protected import PROTECTED
from pipeline.gates import places

if TYPE_CHECKING:
    from collections.abc import Callable

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
    made = gates.aggregates(of.survey, of.tree, tables)
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
        ("negative", put(favourable=-1, neutral=31, unfavourable=0), {}),
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


def test_more_addresses_than_numbers_are_refused_because_two_could_share_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_MOST", 10)
    with pytest.raises(ValueError, match="more addresses than there are numbers"):
        measured(WHOLE, candidate(WHOLE))


@given(st.lists(st.tuples(*(st.sampled_from(["", "a", "b", "a*b", None]) for _ in places.ADDRESS)), max_size=30))
def test_two_addresses_have_one_number_only_when_they_are_the_same(rows: list[tuple[str | None, ...]]) -> None:
    columns = zip(*rows, strict=True) if rows else [()] * 4
    table = pa.table({name: pa.array(one, pa.string()) for name, one in zip(places.ADDRESS, columns, strict=True)})
    numbers = places.Numbers.of([table], dict.fromkeys(places.ADDRESS, pa.array([], pa.string())))
    found = numbers.numbered(table)
    assert len(set(found["place"].tolist())) == len(set(rows))
    again = numbers.repeated(found["place"])
    assert len(again["place"]) == len(rows) - len(set(rows))
    by_place = dict(zip(found["place"].tolist(), found["segment"].tolist(), strict=True))
    assert [by_place[one] for one in again["place"].tolist()] == again["segment"].tolist()
