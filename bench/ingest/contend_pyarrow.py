"""Pyarrow: text in, text out, since a text among numbers ends it; too long or too short records are counted."""

from __future__ import annotations

import json
import sys

import pyarrow as pa
from pyarrow import csv, parquet

import bench.ingest.without_pandas  # noqa: F401 - before pyarrow looks for it
from bench.ingest.columns import COLUMNS

skipped: list[int | None] = []


def skip(row: csv.InvalidRow) -> str:
    """Leaves a record out, and counts it."""
    skipped.append(row.number)
    return "skip"


table = csv.read_csv(
    sys.argv[1],
    parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=skip),
    convert_options=csv.ConvertOptions(column_types=dict.fromkeys(COLUMNS, pa.string())),
)
parquet.write_table(table, sys.argv[2], compression="zstd")
print(json.dumps(len(skipped)))
