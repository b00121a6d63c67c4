"""The measures of a wave's protected rows, found row by row: what the gate of aggregates is held against."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pipeline import gates
from pipeline.survey import RESPONSE_RATE, TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from pipeline.organisation import Tree
    from pipeline.survey import Survey

Row = dict[str, Any]
Address = tuple[str, ...]


def measured(survey: Survey, tree: Tree, tables: Mapping[str, pa.Table]) -> dict[str, Row]:
    """By table of the specification, as AGGREGATES."""
    people = counted(survey, tree, tables["members"].to_pylist())
    cells, rows = (tables[name].to_pylist() for name in ("cells", "protected"))
    kept = {address(row) for row in tables["kept"].to_pylist()}
    tally: Counter[tuple[str, str]] = Counter()

    def add(what: str, where: Address, count: int = 1) -> None:
        tally[what, where[1] or ""] += count

    for where in people:
        add("expected", where)
        add("missing", where, where not in set(map(address, rows)))
        add("totals_off", where, where not in set(map(address, cells)))
    met: set[Address] = set()
    for row in cells:
        where = address(row)
        add("totals_off", where, where in met or where not in people or row["answered"] != people[where])
        met.add(where)
    met = set()
    for row in rows:
        where = address(row)
        add("rows", where)
        add("repeated", where, where in met)
        add("unexpected", where, where not in met and where not in people)
        unlike = where not in people or (where not in kept and row["answered"] != people[where])
        add("unlike_counted", where, row["status"] == "F" and unlike)
        add("free", where, row["status"] == "F")
        for what in faults(survey, row):
            add(what, where)
        met.add(where)
    subjects = sorted({segment for (_, segment), count in tally.items() if count})
    found = {one: {name: tally[name, one] for name in gates.AGGREGATES.names} | {"subject": one} for one in subjects}
    for row in found.values():
        row["free"] = row["free"] / row["rows"] if row["rows"] else None
    return found


def address(row: Row) -> Address:
    """Where a row is."""
    return (row["unit"], row["segment"], row["category"], row["measure"])


def counted(survey: Survey, tree: Tree, members: list[Row]) -> Counter[Address]:
    """How many have a value at each address that is asked for, be it nobody."""
    has = [one.id for one in survey.measures if any(valued(row.get(one.id)) for row in members)]
    found: Counter[Address] = Counter()
    for row in members:
        for unit in tree.path[row["unit"]]:
            for grouping in dict.fromkeys(survey.groupings):
                names = [row[one] for one in grouping]
                if all(names):
                    cell = (unit, "*".join(grouping) or TOTAL, "*".join(names) or TOTAL)
                    found.update({(*cell, measure): valued(row[measure]) for measure in has})
    return found


def valued(given: object) -> bool:
    """Members hold whether there is a value, or the version of it."""
    return given is not None and given is not False


def faults(survey: Survey, row: Row) -> Iterator[str]:  # noqa: C901 - one after another, as they are written down
    """What is wrong with a row by itself."""
    minimum, shown, answered = survey.file.minimum_group_size, row["status"] == "F", row["answered"]
    bands = [row[name] for name in ("favourable", "neutral", "unfavourable")]
    figures = [answered, row["invited"], row["total"], row["squares"], *bands]
    stated = [one for one in figures if one is not None]
    if row["status"] not in {"F", "C", "N"}:
        yield "unknown_status"
    if shown and (answered is None or answered < minimum.mean):
        yield "below_minimum"
    finer = any(one is not None for one in (row["squares"], *bands))
    if finer and (answered is None or answered < minimum.distribution):
        yield "finer_below_minimum"
    if not shown and stated:
        yield "withheld_with_figures"
    if any(one is not None and one < 0 for one in (answered, row["invited"], *bands)):
        yield "negative"
    if any(one is not None for one in bands):
        whole = None not in {*bands, answered} and sum(bands) == answered
        if not whole or max(bands) > answered:
            yield "shares_off"
    if None not in {answered, row["total"], row["squares"]} and row["squares"] * answered < row["total"] ** 2:
        yield "spread_off"
    if None not in {answered, row["invited"]} and row["invited"] < answered:
        yield "more_than_invited"
    if survey.file.respondent.unit is None and row["measure"] == RESPONSE_RATE.id and shown and row["invited"] is None:
        yield "rate_alone"
