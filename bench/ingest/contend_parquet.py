"""Writing the Parquet that Pulsverk made once more, and nothing else; the time for that alone is the answer."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pyarrow import parquet

import bench.ingest.without_pandas  # noqa: F401 - before pyarrow looks for it
from pipeline.exports.responses import DISTINCT
from pipeline.parquet import Writer

seconds = 0.0
with (
    parquet.ParquetFile(sys.argv[1]) as source,
    Path(sys.argv[2]).open("wb") as out,
    Writer(out, source.schema_arrow, DISTINCT) as writer,
):
    for group in range(source.num_row_groups):
        table = source.read_row_group(group)
        start = time.perf_counter()
        writer.write(table)
        seconds += time.perf_counter() - start
print(json.dumps(seconds))
