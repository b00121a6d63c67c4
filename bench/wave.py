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

from bench import surveys
from pipeline import organisation
from pipeline.organisation import Unit

if TYPE_CHECKING:
    from pipeline.survey import Survey

PEOPLE, WIDTHS, SKIPPED, SEED = 200_000, (1, 9, 70, 420), 0.05, 3
SEGMENTS = {"gender": 3, "age": 5, "tenure": 5}
SCALES = ("demands", "control", "support")
ITEMS = tuple(f"{scale}_{number}" for scale in SCALES for number in range(1, 5))
KEYS = ("unit", "segment", "category", "measure")
COUNTS = ("answered", "total", "squares", "favourable", "neutral", "unfavourable")


def read_survey() -> Survey:
    """The survey file of this wave, with its instrument."""
    segments = {
        name: [surveys.category(f"{name}{one}", str(one)) for one in range(size)] for name, size in SEGMENTS.items()
    }
    scales = (surveys.scale(one, [item for item in ITEMS if item.startswith(f"{one}_")]) for one in SCALES)
    return surveys.parse({item: item for item in ITEMS}, segments, scales)


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
