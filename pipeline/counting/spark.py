"""Branches counted by Spark: the same kernel, one group a branch. The session is the caller's, or one on this machine.

In a cluster the driver lays the wave out and gathers the tallies, as one machine does; the workers count. Spark carries
rows and tallies and decides nothing, so the cells are the same.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import ipc
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from pipeline.counting.kernel import tally

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.counting.kernel import Plan


# What comes of a branch: one row, with its cells as a compressed stream. As rows of Spark's they are gigabytes.
_SENT = pa.schema([("branch", pa.int32()), ("cells", pa.binary())])


def tallies(rows: pa.Table, plan: Plan) -> Iterable[pa.Table]:
    """The engine of Spark: every branch that has rows, as TALLY, in any order."""

    def count(branch: pa.Table) -> pa.Table:
        cells = _packed(tally(branch.cast(plan.rows()), plan))
        return pa.table([branch["branch"][:1].combine_chunks().cast(pa.int32()), [cells]], schema=_SENT)

    spark = session()
    # Spark's own 200 parts would start a Python each; twice as many as there are cores even out large branches.
    parts = min(len(plan.branches), 2 * spark.sparkContext.defaultParallelism)
    frame = spark.createDataFrame(rows).repartition(parts, "branch")
    counted = frame.groupBy("branch").applyInArrow(count, from_arrow_schema(_SENT))
    for cells in counted.toArrow()["cells"]:
        yield ipc.open_stream(cells.as_buffer()).read_all()


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, table.schema, options=ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def session() -> SparkSession:
    """The session that is there, or one of this machine with all its cores and no page to look at."""
    # Otherwise workers take whichever Python comes first.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return (
        SparkSession.builder.appName("pulsverk")
        .config("spark.ui.enabled", "false")
        # Here all is one process, for which Spark's own gigabyte is too little; in a cluster its submission says.
        .config("spark.driver.memory", "4g")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        # Groups are few and large as they are; Spark would put small ones together and count them one after another.
        .config("spark.sql.adaptive.coalescePartitions.enabled", "false")
        .getOrCreate()
    )
