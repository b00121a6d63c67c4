"""DuckDB, with the strictest types that it has, and every record that it refuses in a table of its own."""

from __future__ import annotations

import json
import sys

import duckdb

from bench.ingest.columns import COLUMNS, ITEMS, SEGMENTS

export, out = sys.argv[1:3]
kinds = dict.fromkeys(COLUMNS, "VARCHAR") | {"sent": "TIMESTAMP"} | dict.fromkeys(ITEMS, "ENUM('1','2','3','4','5')")
for name, values in SEGMENTS.items():
    kinds[name] = f"ENUM({', '.join(map(repr, values))})"
columns = ", ".join(f"'{name}': $${kind}$$" for name, kind in kinds.items())
connection = duckdb.connect(config={"preserve_insertion_order": True})
connection.execute(
    f"COPY (FROM read_csv(?, columns = {{{columns}}}, header = true, delim = ',', store_rejects = true))"
    f" TO '{out}' (FORMAT parquet, COMPRESSION zstd)",
    [export],
)
found = connection.execute("SELECT count(DISTINCT line) FROM reject_errors").fetchone()
print(json.dumps(found[0] if found else None))
