"""A seeded synthetic organisation, its people and their cells, made by arrays alone: a million people in seconds.

`python -m bench.disclosure.instance FOLDER RESPONDENTS UNITS SEGMENT...` writes what every contender reads. The people
are in the lowest units; how many each has is log-normal.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv, parquet

from pipeline import organisation
from pipeline.disclosure import Rules
from pipeline.organisation import Tree, Unit
from pipeline.survey import RESPONSE_RATE, TOTAL
from pipeline.tables import CELLS, members_schema

Ints = npt.NDArray[np.int64]

SEED = 5
RULES = Rules(5, 10)
LEVELS = 5
ANSWERING = 0.75
MEASURE = "answer"
# How many of those invited are in each category.
SEGMENTS = {
    "gender": (0.48, 0.46, 0.06),
    "age": (0.12, 0.25, 0.27, 0.24, 0.12),
    "tenure": (0.1, 0.2, 0.3, 0.25, 0.15),
    "role": (0.2, 0.18, 0.15, 0.12, 0.1, 0.1, 0.08, 0.07),
    "site": (0.2, 0.15, 0.13, 0.11, 0.1, 0.09, 0.08, 0.07, 0.07),
}


@dataclass(frozen=True)
class Instance:
    """What `pipeline.disclosure.protect` is given: one measure and no families."""

    tree: Tree
    cells: pa.Table
    members: pa.Table

    @property
    def segments(self) -> tuple[str, ...]:
        """The segments that cut the cells."""
        return tuple(field.name for field in self.members.schema if field.type == pa.string())[1:]

    def of_counts(self) -> Instance:
        """The same people where all that is published is how many they are, which is what the rivals protect."""
        answered, nobody = self.cells["answered"], pa.array(np.zeros(self.cells.num_rows, dtype=np.int64))
        figures = dict.fromkeys(("total", "squares"), answered)
        figures |= dict.fromkeys(("modal", "favourable", "neutral", "unfavourable"), nobody)
        figures["invited"] = pa.nulls(self.cells.num_rows, pa.int64())  # nor do they protect who did not answer
        figures["measure"] = pa.repeat(pa.scalar(RESPONSE_RATE.id), self.cells.num_rows)
        cells = pa.table([figures.get(name, self.cells[name]) for name in CELLS.names], schema=CELLS)
        schema = members_schema(self.segments, (RESPONSE_RATE.id,))
        return Instance(self.tree, cells, pa.table(self.members.columns, schema=schema))


def make(respondents: int, units: int, segments: tuple[str, ...], seed: int = SEED) -> Instance:
    """`respondents` people who answered and a third as many who did not, in about `units` units on LEVELS levels."""
    chance = np.random.default_rng(seed)
    parent, level = _tree(units, chance)
    names = pa.array([f"u{number:06d}" for number in range(len(parent))])
    ids = names.to_pylist()
    tree = organisation.tree(
        Unit(ids[number], ids[above] if number else None, ids[number]) for number, above in enumerate(parent.tolist())
    )
    lowest = np.flatnonzero(level == LEVELS - 1)
    invited = round(respondents / ANSWERING)
    size = chance.lognormal(0, 1, len(lowest))
    unit = np.sort(chance.choice(lowest, invited, p=size / size.sum()))
    category = {name: chance.choice(len(SEGMENTS[name]), invited, p=SEGMENTS[name]) for name in segments}
    mood = chance.normal(3.4, 0.5, len(parent))
    answer = np.clip(np.rint(chance.normal(mood[unit], 1.0)), 1, 5).astype(np.int64)
    answer[chance.permutation(invited)[respondents:]] = 0
    tables = [_cells(TOTAL, np.zeros(invited, dtype=np.int64), [TOTAL], (unit, answer, parent, level), names)]
    for name in segments:
        words = [f"{name}{number}" for number in range(len(SEGMENTS[name]))]
        tables.append(_cells(name, category[name], words, (unit, answer, parent, level), names))
    given = answer > 0
    people = [np.arange(respondents), names.take(pa.array(unit[given]))]
    people += [
        pa.array([f"{name}{n}" for n in range(len(SEGMENTS[name]))]).take(category[name][given]) for name in segments
    ]
    members = pa.table([*people, pa.repeat(pa.scalar(True), respondents)], schema=members_schema(segments, (MEASURE,)))  # noqa: FBT003 - pyarrow's own
    return Instance(tree, pa.concat_tables(tables).combine_chunks(), members)


def _tree(units: int, chance: np.random.Generator) -> tuple[Ints, Ints]:
    """Parent and level of each unit, the root first and level by level; every inner unit has a unit under it."""
    lowest = units
    while sum(widths := [round(lowest ** (step / (LEVELS - 1))) for step in range(LEVELS)]) > units and lowest > 1:
        lowest -= max(1, (sum(widths) - units) // 2)
    parent, level, above = [np.zeros(1, dtype=np.int64)], [np.zeros(1, dtype=np.int64)], 0
    for step in range(1, LEVELS):
        before, here = widths[step - 1], widths[step]
        some = chance.integers(0, before, max(here - before, 0))
        parent.append(np.sort(np.concatenate([np.arange(before)[:here], some])) + above)
        level.append(np.full(len(parent[-1]), step))
        above += before
    return np.concatenate(parent), np.concatenate(level)


def _cells(
    segment: str, category: Ints, words: list[str], people: tuple[Ints, Ints, Ints, Ints], names: pa.Array
) -> pa.Table:
    """Histograms of the units' own people, added upwards level by level; a cell wherever somebody was invited."""
    unit, answer, parent, level = people
    shape = (len(parent), len(words), 6)
    flat = (unit * shape[1] + category) * shape[2] + answer
    histogram = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)
    for step in range(LEVELS - 1, 0, -1):
        here = np.flatnonzero(level == step)
        np.add.at(histogram, parent[here], histogram[here])
    where, which = np.nonzero(histogram.sum(axis=2))
    found = histogram[where, which]
    given, points = found[:, 1:], np.arange(1, 6)
    answered = given.sum(axis=1)
    return pa.table(
        [
            names.take(pa.array(where)),
            pa.repeat(pa.scalar(segment), len(where)),
            pa.array(words).take(pa.array(which)),
            pa.repeat(pa.scalar(MEASURE), len(where)),
            answered,
            answered,
            found.sum(axis=1),
            given @ points,
            given @ (points * points),
            given.max(axis=1),
            given[:, 3] + given[:, 4],
            given[:, 2],
            given[:, 0] + given[:, 1],
        ],
        schema=CELLS,
    )


def write(instance: Instance, folder: Path) -> None:
    """Cells, members and units as Parquet; for the rivals the people as text, a line for each group of them."""
    parquet.write_table(instance.cells, folder / "cells.parquet")
    parquet.write_table(instance.members, folder / "members.parquet")
    parquet.write_table(organisation.to_table(instance.tree), folder / "units.parquet")
    keys = ["unit", *instance.segments]
    groups = (
        instance.members.group_by(keys).aggregate([([], "count_all")]).sort_by([(key, "ascending") for key in keys])
    )
    csv.write_csv(groups.rename_columns([*keys, "freq"]), folder / "people.csv", csv.WriteOptions(quoting_style="none"))
    unit = organisation.to_table(instance.tree).select(["unit", "parent"])
    csv.write_csv(unit, folder / "units.csv", csv.WriteOptions(quoting_style="none"))


def read(folder: Path) -> Instance:
    """What `write` wrote."""
    tree = organisation.from_table(parquet.read_table(folder / "units.parquet"))
    cells = parquet.read_table(folder / "cells.parquet").combine_chunks()
    return Instance(tree, cells, parquet.read_table(folder / "members.parquet").combine_chunks())


if __name__ == "__main__":
    made = make(int(sys.argv[2]), int(sys.argv[3]), tuple(sys.argv[4:]))
    write(made, Path(sys.argv[1]))
    print(made.cells.num_rows)
