"""`python -m bench.gates RESPONSES`: what the gates take beside the counting of the same wave, in one process.

A wave of the demo's survey, everybody of the roster answering. Protection is left out of the aggregation, so that the
comparison is against the gates.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa

from pipeline import gates, quality, suites, survey, tables
from pipeline.disclosure.kept import PROTECTED
from pipeline.organisation import Tree, Unit, tree

if TYPE_CHECKING:
    from pipeline.survey import Survey

SEED, PER_UNIT, UNITS_ABOVE = 1, 30, 8
Result = TypeVar("Result")


def main() -> None:
    """Prints a line a step: seconds by the clock, and of the processor."""
    size = int(sys.argv[1])
    of = survey.parse((Path("examples") / "demo" / "survey.toml").read_text("utf-8"))
    organisation, people, responses = wave(of, size)
    print(f"{size:,} responses, {len(organisation.path):,} units")
    counted = timed("aggregation: count", lambda: tables.count(of, organisation, people, responses))
    first = of.file.wave[0]
    told = timed(
        "gate of responses: measure",
        lambda: gates.responses(of, first, gates.with_days(responses, first), people, {}),
    )
    candidate = {"cells": counted.cells, "members": counted.members, **withheld(counted.cells)}
    figures = timed("gate of aggregates: measure", lambda: gates.aggregates(of, organisation, candidate))
    timed("import Great Expectations", lambda: quality.judge(suites.shipped("demo", "responses"), told.slice(0, 1)))
    judged = timed("gate of responses: judge", lambda: quality.judge(suites.shipped("demo", "responses"), told))
    timed("gate of aggregates: judge", lambda: quality.judge(suites.shipped("demo", "aggregates"), figures))
    print(f"{told.num_rows} + {figures.num_rows} rows judged, {len(judged.results)} expectations of responses")


def timed(what: str, work: Callable[[], Result]) -> Result:
    """Does it, and says how long that took."""
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    print(f"{what:30} {time.perf_counter() - wall:8.2f} s {time.process_time() - processor:8.2f} s CPU", flush=True)
    return found


def withheld(cells: pa.Table) -> dict[str, pa.Table]:
    """Every row of these cells withheld, and none that stays."""
    address = PROTECTED.names[:4]
    table = cells.select(address).append_column("status", pa.array(["C"] * cells.num_rows))
    for field in list(PROTECTED)[5:]:
        table = table.append_column(field.name, pa.nulls(cells.num_rows, field.type))
    return {"protected": table, "kept": table.select(address).slice(0, 0)}


def wave(of: Survey, size: int) -> tuple[Tree, pa.Table, pa.Table]:
    """Units on three levels, a roster, and an answer of each person to nearly every question."""
    chance = np.random.default_rng(SEED)
    leaves = max(size // PER_UNIT, 1)
    above = max(leaves // UNITS_ABOVE, 1)
    units = [Unit("U", None, "U"), *(Unit(f"M{number}", "U", "M") for number in range(above))]
    units += [Unit(f"L{number}", f"M{number % above}", "L") for number in range(leaves)]

    def drawn(values: list[str]) -> pa.Array:
        return pa.array(values).take(pa.array(chance.integers(0, len(values), size)))

    who = pa.array([f"{number:032x}" for number in range(size)])
    key = pa.repeat(pa.scalar("k1"), size)
    segments = {one.id: drawn([each.id for each in one.category]) for one in of.file.segment}
    people = pa.table(
        {"respondent": who, "key_id": key, "unit": drawn([f"L{number}" for number in range(leaves)]), **segments}
    )
    first = of.file.wave[0].opens
    sent = pa.repeat(
        pa.scalar(datetime(first.year, first.month, first.day, tzinfo=UTC), pa.timestamp("us", "UTC")), size
    )
    columns = {"respondent": who, "key_id": key, "submitted": sent, "source": pa.repeat(pa.scalar("a" * 64), size)}
    columns["record"] = pa.array(np.arange(size))
    feeling = chance.normal(size=size)
    for item, (scale, one) in of.items.items():
        middle, step = (scale.low + scale.high) / 2, (scale.high - scale.low) / 5
        given = np.clip(np.rint(middle + step * (feeling + chance.normal(size=size))), scale.low, scale.high)
        given = scale.low + scale.high - given if one.reverse else given
        columns[item] = pa.array(given.astype(np.int16), mask=chance.random(size) < 0.02)  # noqa: PLR2004 - skipped
    return tree(units), people, pa.table(columns)


if __name__ == "__main__":
    main()
