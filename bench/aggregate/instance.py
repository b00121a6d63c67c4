"""A wave to count: `python -m bench.aggregate.instance FOLDER RESPONSES` writes people, responses and units.

40 five-point items in 8 scales and eNPS, 3 % of answers skipped; five segments; a tree of depth 6 with as many units as
3 % of the responses, and no more than 30,000; four of five who were invited answered, and one in fifty of these twice.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from bench import surveys

if TYPE_CHECKING:
    from pipeline.survey import Survey

SEGMENTS = {"gender": 2, "age": 4, "tenure": 6, "role": 8, "site": 10}
SCALES = tuple(f"scale_{number}" for number in range(1, 9))
ITEMS = tuple(f"{scale}_{number}" for scale in SCALES for number in range(1, 6))
INDEX, INDEX_SCALE, RATE = "recommend", "enps", "response_rate"
WIDTHS = (1, 5, 30, 240, 2_400)  # units of each level but the last
MOST_UNITS, SHARE, SKIPPED, TWICE, ANSWERED, SEED = 30_000, 0.03, 0.03, 0.02, 0.8, 5
MINIMUM = 5

_INDEX = """
[[scale]]
id = "enps"
name = {nb = "eNPS", en = "eNPS"}
score = "nps"
low = 0
high = 10
item = [{id = "recommend"}]
"""


def read_survey() -> Survey:
    """The survey file of this wave, with its instrument; the last item of each scale is reversed."""
    segments = {name: [surveys.category(str(one), str(one)) for one in range(size)] for name, size in SEGMENTS.items()}
    scales = [
        surveys.scale(one, [item for item in ITEMS if item.startswith(f"{one}_")], reverse=[f"{one}_5"])
        for one in SCALES
    ]
    return surveys.parse({item: item for item in (*ITEMS, INDEX)}, segments, [_INDEX, *scales])


def write(folder: Path, responses: int) -> None:
    """people.parquet, responses.parquet and units.parquet; a unit is called by its number."""
    chance = np.random.default_rng(SEED)
    size = min(MOST_UNITS, max(int(responses * SHARE), 50))
    parent = _parents(size)
    units = pa.table(
        {
            "unit": pa.array([str(one) for one in range(size)]),
            "parent": pa.array([None if one < 0 else str(one) for one in parent]),
            "name": pa.array([f"Unit {one}" for one in range(size)]),
        }
    )
    invited = int(responses / ANSWERED)
    where = chance.integers(0, size, invited)  # everywhere, also in units that have others under them
    who = pa.array([f"{one:032x}" for one in chance.permutation(invited).tolist()])
    segments = {
        name: pa.array(chance.integers(0, several, invited).astype("U2"), mask=chance.random(invited) < SKIPPED)
        for name, several in SEGMENTS.items()
    }
    people = {"respondent": who, "key_id": pa.repeat("k1", invited), "unit": pa.array(where.astype("U6")), **segments}
    again = int(responses * TWICE)
    told = chance.permutation(invited)[: responses - again]
    told = chance.permutation(np.concatenate([told, told[:again]]))
    day = chance.integers(1, 28, responses) * 86_400_000_000 + int(datetime(2026, 8, 1, tzinfo=UTC).timestamp() * 1e6)
    answers = {item: _answers(chance, responses, 1, 5) for item in ITEMS}
    rows = pa.table(
        {
            "respondent": who.take(pa.array(told)),
            "key_id": pa.repeat("k1", responses),
            "submitted": pa.array(day, pa.timestamp("us", "UTC")),
            "source": pa.repeat("a" * 64, responses),
            "record": pa.array(np.arange(responses)),
            **answers,
            INDEX: _answers(chance, responses, 0, 10),
        }
    )
    for name, table in (("people", pa.table(people)), ("responses", rows), ("units", units)):
        parquet.write_table(table, folder / f"{name}.parquet", compression="zstd")


def _parents(size: int) -> list[int]:
    """The parent of each unit, those of the first levels first."""
    parents, above, first = [-1], [0], 1
    for width in (*WIDTHS[1:], size):
        here = list(range(first, min(first + max(width * size // MOST_UNITS, 1) if width < size else size, size)))
        parents += [above[at % len(above)] for at in range(len(here))]
        above, first = here or above, first + len(here)
    return parents


def _answers(chance: np.random.Generator, size: int, low: int, high: int) -> pa.Array:
    return pa.array(chance.integers(low, high + 1, size).astype(np.int16), mask=chance.random(size) < SKIPPED)


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
