"""`python -m bench.gates RESPONSES`: what the gates take beside the counting of the same wave, in one process.

A wave of the demo's survey, everybody of the roster answering. Both read Parquet, as in a run. Aggregation is counting
and protection; without `--protect` only counting is measured, and the gates judge every figure that enough people are
behind.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import disclosure, gates, identities, parquet, quality, suites, survey, tables
from pipeline.disclosure.kept import KEPT, PROTECTED
from pipeline.disclosure.protected import FINER
from pipeline.organisation import Tree, Unit, tree

if TYPE_CHECKING:
    from pipeline.survey import Survey

SEED, PER_UNIT, UNITS_ABOVE = 1, 30, 8
FAULTS = [name for name in gates.AGGREGATES.names if name not in {"subject", "rows", "expected", "free"}]
Result = TypeVar("Result")


def main() -> None:
    """Prints a line a step, and how long the gates took beside what they check."""
    options = argparse.ArgumentParser(prog="python -m bench.gates", description=__doc__)
    options.add_argument("responses", type=int)
    options.add_argument("--protect", action="store_true", help="protect the wave as well: minutes, for a million")
    chosen = options.parse_args()
    of = survey.parse((Path("examples") / "demo" / "survey.toml").read_text("utf-8"))
    organisation, *rows = wave(of, chosen.responses)
    print(f"{chosen.responses:,} responses, {len(organisation.path):,} units")
    people, responses = (parquet.to_bytes(table, ["respondent"]) for table in rows)
    clock = Clock()
    made = aggregated(clock, of, organisation, people, responses, protect=chosen.protect)
    candidate = {name: parquet.to_bytes(table) for name, table in made.items()}
    del made
    told = clock.timed("gate of responses: measure", lambda: of_responses(of, people, responses))
    figures = clock.timed("gate of aggregates: measure", lambda: of_aggregates(of, organisation, candidate))
    clock.timed(
        "import Great Expectations", lambda: quality.judge(suites.shipped("demo", "responses"), told.slice(0, 1))
    )
    clock.timed("gate of responses: judge", lambda: quality.judge(suites.shipped("demo", "responses"), told))
    clock.timed("gate of aggregates: judge", lambda: quality.judge(suites.shipped("demo", "aggregates"), figures))
    clock.compare("aggregation: count")
    if chosen.protect:
        clock.compare("aggregation: count", "aggregation: protect")
    print(f"found in the aggregates: {faults(figures) or 'no fault'}")


@dataclass
class Clock:
    """Seconds of each step, by the clock and of the processor."""

    steps: dict[str, tuple[float, float]] = field(default_factory=dict)

    def timed(self, what: str, work: Callable[[], Result]) -> Result:
        """Does it, and says how long that took."""
        wall, processor = time.perf_counter(), time.process_time()
        found = work()
        self.steps[what] = time.perf_counter() - wall, time.process_time() - processor
        print(f"{what:30} {self.steps[what][0]:8.2f} s {self.steps[what][1]:8.2f} s CPU", flush=True)
        return found

    def compare(self, *steps: str) -> None:
        """Says what both gates take, without importing Great Expectations, as a part of these steps."""
        gates = [name for name in self.steps if name.startswith("gate of")]
        wall, processor = (
            sum(self.steps[one][of] for one in gates) / sum(self.steps[one][of] for one in steps) for of in (0, 1)
        )
        print(f"both gates / ({' + '.join(steps)}): {wall:.2f} by the clock, {processor:.2f} of the processor")


def aggregated(
    clock: Clock, of: Survey, organisation: Tree, people: bytes, responses: bytes, *, protect: bool
) -> dict[str, pa.Table]:
    """The tables of a candidate that the gate of aggregates reads."""
    roster, answers = (parquet.Columns([data], distinct=["respondent"]) for data in (people, responses))
    least = of.file.minimum_group_size.mean
    counted = clock.timed("aggregation: count", lambda: tables.count(of, organisation, roster, answers, least=least))
    members = identities.number(counted).members
    made = {"cells": counted.cells, "members": members, "kept": KEPT.empty_table()}
    if not protect:
        return made | {"protected": enough(of, counted.cells)}
    rules, families = disclosure.Rules.of(of), disclosure.families(of)
    protected = clock.timed(
        "aggregation: protect", lambda: disclosure.protect(counted.cells, members, organisation, rules, families)
    )
    return made | {"protected": protected.table}


def enough(of: Survey, cells: pa.Table) -> pa.Table:
    """These cells, with what enough people are behind and nothing else: as much as protection could ever show."""
    minimum, people = of.file.minimum_group_size, cells["answered"]
    rate, shown = pc.equal(cells["measure"], survey.RESPONSE_RATE.id), pc.greater_equal(people, minimum.mean)
    finer = pc.and_(pc.greater_equal(people, minimum.distribution), pc.invert(rate))
    only = {name: finer if name in FINER else shown for name in PROTECTED.names[5:]}
    address = {name: cells[name] for name in KEPT.names}
    figures = {name: pc.if_else(there, cells[name], None) for name, there in only.items()}
    return pa.table({**address, "status": pc.if_else(shown, "F", "C"), **figures}).cast(PROTECTED)


def of_responses(of: Survey, people: bytes, responses: bytes) -> pa.Table:
    """Reads and measures them, as `check` does."""
    first, records = of.file.wave[0], parquet.from_bytes(responses)
    return gates.responses(of, first, gates.with_days(records, first), parquet.from_bytes(people), {})


def of_aggregates(of: Survey, organisation: Tree, candidate: Mapping[str, bytes]) -> pa.Table:
    """The same of them."""
    return gates.aggregates(of, organisation, {name: parquet.Columns([data]) for name, data in candidate.items()})


def faults(figures: pa.Table) -> dict[str, int]:
    """How many rows have each fault, of those that there are."""
    found = {name: pc.sum(figures[name]).as_py() for name in FAULTS}
    return {name: count for name, count in found.items() if count}


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
