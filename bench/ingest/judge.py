"""Row by row against the truth: `python -m bench.ingest.judge FOLDER OUT` prints lost, bent and added records.

Lost: good records that are not in the output. Bent: those that are, and in which the time, the unit or an answer is
another. Added: rows that belong to no good record, or are a second one of its person.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

from bench.ingest.columns import ITEMS

truth, out = Path(sys.argv[1]) / "truth.parquet", sys.argv[2]
connection = duckdb.connect(config={"memory_limit": "4GB"})
there = {row[0]: row[1] for row in connection.execute(f"DESCRIBE FROM '{out}'").fetchall()}
key = "respondent" if "respondent" in there else "person"
sent = "submitted" if "submitted" in there else "sent"
mine = {item: item if item in there else item.lower() for item in ITEMS}
differs = " OR ".join(
    f'TRY_CAST(t."{item}" AS DOUBLE) IS DISTINCT FROM TRY_CAST(o."{name}"::VARCHAR AS DOUBLE)'
    for item, name in mine.items()
)
when = f"o.{sent} AT TIME ZONE 'UTC'" if "TIME ZONE" in there[sent] else f"TRY_CAST(o.{sent} AS TIMESTAMP)"
found = connection.execute(f"""
    SELECT count(o.row) AS joined,
        count(DISTINCT t.{key}) FILTER (o.row IS NOT NULL) AS people,
        count(*) FILTER (o.row IS NULL) AS lost,
        count(*) FILTER (o.row IS NOT NULL AND ({differs} OR t.sent IS DISTINCT FROM {when}
            OR t.unit IS DISTINCT FROM o.unit)) AS bent,
        (SELECT count(*) FROM '{out}') AS rows
    FROM '{truth}' AS t LEFT JOIN (SELECT *, row_number() OVER () AS row FROM '{out}') AS o ON t.{key} = o.{key}
""").fetchone()
assert found is not None  # noqa: S101 - an aggregate has a row
_, people, lost, bent, rows = found
print(json.dumps({"lost": lost, "bent": bent, "added": rows - people}))
