"""Polars, with the types that a user would give and the two settings that its messages advise for such a file."""

from __future__ import annotations

import json
import sys
from typing import Any

import polars as pl

from bench.ingest.columns import COLUMNS, ITEMS

export, out, how = sys.argv[1:4]
kinds = dict.fromkeys(COLUMNS, pl.String()) | dict.fromkeys(ITEMS, pl.Int16()) | {"sent": pl.Datetime("us")}
settings: dict[str, Any] = {"schema": kinds, "truncate_ragged_lines": True, "ignore_errors": True}
if how == "lazy":
    pl.scan_csv(export, **settings).sink_parquet(out, compression="zstd")
else:
    pl.read_csv(export, **settings).write_parquet(out, compression="zstd")
print(json.dumps(None))
