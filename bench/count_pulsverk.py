"""Pulsverk counts a wave: the latest submission of each person, then every cell of its items, scales and the rate."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from bench.wave import ITEMS, digest, read_survey
from pipeline import organisation, tables

people, responses, units = (
    parquet.read_table(Path(sys.argv[1]) / f"{name}.parquet") for name in ("people", "responses", "units")
)
cells = tables.count(read_survey(), organisation.from_table(units), people, responses).cells
print(json.dumps(digest(cells.filter(pc.is_in(cells["measure"], pa.array(ITEMS))))))
