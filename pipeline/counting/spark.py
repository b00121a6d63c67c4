"""Branches counted by Spark: the same kernel, one group a branch. The session is the caller's, or one on this machine.

In a cluster the driver lays the wave out and gathers the tallies, as one machine does; the workers count. Spark carries
rows and tallies and decides nothing, so the cells are the same.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from pipeline.counting.kernel import TALLY, tally

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline.counting.kernel import Plan


def tallies(rows: pa.Table, plan: Plan) -> Iterable[pa.Table]:
    """The engine of Spark: every branch that has rows, as TALLY, in any order."""
    plain = pa.schema([pa.field(field.name, field.type) for field in list(TALLY)])

    def count(branch: pa.Table) -> pa.Table:
        return tally(branch.cast(plan.rows()), plan).cast(plain)

    spark = session()
    # Spark's own 200 parts would start a Python each; twice as many as there are cores even out large branches.
    parts = min(len(plan.branches), 2 * spark.sparkContext.defaultParallelism)
    frame = spark.createDataFrame(rows).repartition(parts, "branch")
    counted = frame.groupBy("branch").applyInArrow(count, from_arrow_schema(plain))
    for batch in _apart(counted.toArrow()):
        yield batch.cast(TALLY)


def session() -> SparkSession:
    """The session that is there, or one of this machine with all its cores and no page to look at."""
    # Otherwise workers take whichever Python comes first.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    return (
        SparkSession.builder.appName("pulsverk")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        # Groups are few and large as they are; Spark would put small ones together and count them one after another.
        .config("spark.sql.adaptive.coalescePartitions.enabled", "false")
        .getOrCreate()
    )


def _apart(gathered: pa.Table) -> Iterable[pa.Table]:
    """The tally of each branch, out of what came of all of them."""
    branch = gathered["branch"].combine_chunks()
    for number in branch.unique():
        yield gathered.filter(pa.compute.equal(branch, number))
