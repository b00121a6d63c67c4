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

from pipeline import survey

if TYPE_CHECKING:
    from pipeline.survey import Survey

SEGMENTS = {"gender": 2, "age": 4, "tenure": 6, "role": 8, "site": 10}
SCALES = tuple(f"scale_{number}" for number in range(1, 9))
ITEMS = tuple(f"{scale}_{number}" for scale in SCALES for number in range(1, 6))
INDEX, INDEX_SCALE, RATE = "recommend", "enps", "response_rate"
WIDTHS = (1, 5, 30, 240, 2_400)  # units of each level but the last
MOST_UNITS, SHARE, SKIPPED, TWICE, ANSWERED, SEED = 30_000, 0.03, 0.03, 0.02, 0.8, 5
MINIMUM = 5

_SURVEY = """
id = "bench"
title = {nb = "Bench", en = "Bench"}
organisation = "Fjord"
languages = ["nb"]
respondent = {columns = ["person"]}
wave = [{id = "w1", name = {nb = "First", en = "First"}, opens = 2026-08-01, closes = 2026-08-31}]
instrument = [{definition = "bench.toml", columns = {%s}}]
"""
_SEGMENT = """
[[segment]]
id = "{0}"
name = {{nb = "{0}", en = "{0}"}}
column = "{0}"
category = [{1}]
"""
_INSTRUMENT = """
id = "bench"
version = "1"
title = {nb = "Bench", en = "Bench"}
source = "our own"
licence = "Apache-2.0"
[[scale]]
id = "enps"
name = {nb = "eNPS", en = "eNPS"}
score = "nps"
low = 0
high = 10
item = [{id = "recommend"}]
"""
_SCALE = """
[[scale]]
id = "{0}"
name = {{nb = "{0}", en = "{0}"}}
low = 1
high = 5
item = [{{id = "{0}_1"}}, {{id = "{0}_2"}}, {{id = "{0}_3"}}, {{id = "{0}_4"}}, {{id = "{0}_5", reverse = true}}]
"""


def read_survey() -> Survey:
    """The survey file of this wave, with its instrument."""
    text = _SURVEY % ", ".join(f'{item} = "{item}"' for item in (*ITEMS, INDEX))
    for name, size in SEGMENTS.items():
        named = ", ".join(f'{{id = "{one}", name = {{nb = "{one}", en = "{one}"}}}}' for one in range(size))
        text += _SEGMENT.format(name, named)
    return survey.parse(text, {"bench.toml": _INSTRUMENT + "".join(map(_SCALE.format, SCALES))})


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
