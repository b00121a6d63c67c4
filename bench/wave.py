"""A wave to count: `python -m bench.wave FOLDER` writes people, responses and units, and what makes answers the same.

200,000 people in 500 units on four levels, 12 items of which a twentieth is skipped, and three segments.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from pipeline import organisation, survey
from pipeline.organisation import Unit

if TYPE_CHECKING:
    from pipeline.survey import Survey

PEOPLE, WIDTHS, SKIPPED, SEED = 200_000, (1, 9, 70, 420), 0.05, 3
SEGMENTS = {"gender": 3, "age": 5, "tenure": 5}
SCALES = ("demands", "control", "support")
ITEMS = tuple(f"{scale}_{number}" for scale in SCALES for number in range(1, 5))
KEYS = ("unit", "segment", "category", "measure")
COUNTS = ("answered", "total", "squares", "favourable", "neutral", "unfavourable")


SURVEY = """
id = "bench"
title = {nb = "Bench", en = "Bench"}
organisation = "Fjord"
languages = ["nb"]
respondent = {columns = ["person"]}
wave = [{id = "w1", name = {nb = "First", en = "First"}, opens = 2026-08-01, closes = 2026-08-31}]
instrument = [{definition = "bench.toml", columns = {%s}}]
"""
SEGMENT = """
[[segment]]
id = "{0}"
name = {{nb = "{0}", en = "{0}"}}
column = "{0}"
category = [{1}]
"""
INSTRUMENT = """
id = "bench"
version = "1"
title = {nb = "Bench", en = "Bench"}
source = "our own"
licence = "Apache-2.0"
"""
SCALE = """
[[scale]]
id = "{0}"
name = {{nb = "{0}", en = "{0}"}}
low = 1
high = 5
item = [{{id = "{0}_1"}}, {{id = "{0}_2"}}, {{id = "{0}_3"}}, {{id = "{0}_4"}}]
"""


def read_survey() -> Survey:
    """The survey file of this wave, with its instrument."""
    text = SURVEY % ", ".join(f'{item} = "{item}"' for item in ITEMS)
    for name, size in SEGMENTS.items():
        text += SEGMENT.format(
            name, ", ".join(f'{{id = "{name}{one}", name = {{nb = "{one}", en = "{one}"}}}}' for one in range(size))
        )
    return survey.parse(text, {"bench.toml": INSTRUMENT + "".join(map(SCALE.format, SCALES))})


def write(folder: Path) -> None:
    """people.parquet, responses.parquet, units.parquet, and ancestors.parquet: each unit with every unit above it."""
    chance = np.random.default_rng(SEED)
    units, level = [Unit("u0", None, "u0")], [0]
    for here in WIDTHS[1:]:
        above, level = level, list(range(len(units), len(units) + here))
        units += [Unit(f"u{one}", f"u{above[one % len(above)]}", f"u{one}") for one in level]
    tree = organisation.tree(units)
    who = pa.array([f"p{number}" for number in range(PEOPLE)])
    key = pa.repeat(pa.scalar("k1"), PEOPLE)
    unit = pa.array([f"u{one}" for one in chance.choice(level, PEOPLE).tolist()])
    segments = {
        name: pa.array([f"{name}{one}" for one in chance.integers(0, size, PEOPLE).tolist()])
        for name, size in SEGMENTS.items()
    }
    answers = {
        item: pa.array(chance.integers(1, 6, PEOPLE).astype(np.int16), mask=chance.random(PEOPLE) < SKIPPED)
        for item in ITEMS
    }
    sent = pa.repeat(pa.scalar(datetime(2026, 8, 9, tzinfo=UTC), pa.timestamp("us", "UTC")), PEOPLE)
    about = {"source": pa.repeat(pa.scalar("a"), PEOPLE), "record": pa.array(np.arange(PEOPLE))}
    tables = {
        "people": pa.table({"respondent": who, "key_id": key, "unit": unit, **segments}),
        "responses": pa.table({"respondent": who, "key_id": key, "submitted": sent, **about, **answers}),
        "units": organisation.to_table(tree),
        "ancestors": pa.Table.from_pylist(
            [{"unit": one, "ancestor": above} for one, path in tree.path.items() for above in path]
        ),
    }
    for name, table in tables.items():
        parquet.write_table(table, folder / f"{name}.parquet")


def digest(table: pa.Table) -> str:
    """One hash of KEYS and COUNTS of every cell with answers, in whatever order and number type they come."""
    columns = [table[name].cast(pa.string() if name in KEYS else pa.int64()) for name in (*KEYS, *COUNTS)]
    plain = pa.table(columns, names=[*KEYS, *COUNTS])
    rows = plain.filter(pc.greater(plain["answered"], 0)).sort_by([(name, "ascending") for name in KEYS])
    return hashlib.sha256("\n".join(map(str, rows.to_pydict().values())).encode()).hexdigest()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
