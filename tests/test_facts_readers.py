"""facts.parquet is for everybody: DuckDB, pandas and polars read the same rows, the same types and the same figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from pipeline.facts import FACTS

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.local.demo_release import DemoRelease

TEXT, WHOLE, NUMBER = "text", "whole", "number"
KINDS = {"string": TEXT, "int64": WHOLE, "double": NUMBER}
EXPECTED = {field.name: KINDS[str(field.type)] for field in FACTS}


def by_duckdb(path: Path) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """Column -> kind, and the rows, as SQL sees them."""
    kinds = {"VARCHAR": TEXT, "BIGINT": WHOLE, "DOUBLE": NUMBER}
    relation = duckdb.read_parquet(str(path))
    return {name: kinds[str(kind)] for name, kind in zip(relation.columns, relation.types, strict=True)}, (
        relation.fetchall()
    )


def by_pandas(path: Path) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """As somebody sees them who asks for types that can be missing; the others would make numbers of counts."""
    frame = pd.read_parquet(path, dtype_backend="numpy_nullable")
    tests = {
        TEXT: pd.api.types.is_string_dtype,
        WHOLE: pd.api.types.is_integer_dtype,
        NUMBER: pd.api.types.is_float_dtype,
    }
    kinds = {
        str(name): next(kind for kind, is_it in tests.items() if is_it(frame[name].dtype)) for name in frame.columns
    }
    rows = [tuple(None if cell is pd.NA else cell for cell in row) for row in frame.itertuples(index=False, name=None)]
    return kinds, rows


def by_polars(path: Path) -> tuple[dict[str, str], list[tuple[Any, ...]]]:
    """As polars sees them."""
    frame = pl.read_parquet(path)
    kinds: dict[Any, str] = {pl.String: TEXT, pl.Int64: WHOLE, pl.Float64: NUMBER}
    return {name: kinds[kind] for name, kind in frame.schema.items()}, frame.rows()


READERS = {"duckdb": by_duckdb, "pandas": by_pandas, "polars": by_polars}


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_sees_the_same_types_and_rows_as_were_written(
    pulsverk_demo_release: DemoRelease, reader: str
) -> None:
    kinds, rows = READERS[reader](pulsverk_demo_release.folder / "tables/facts.parquet")
    assert kinds == EXPECTED
    written = pulsverk_demo_release.table("facts")
    assert rows == list(zip(*(column.to_pylist() for column in written.columns), strict=True))


def test_the_mean_of_a_column_is_the_same_in_each_and_nothing_withheld_counts_as_a_number(
    pulsverk_demo_release: DemoRelease,
) -> None:
    path = pulsverk_demo_release.folder / "tables/facts.parquet"
    by_sql = duckdb.execute(
        "SELECT avg(mean), count(mean), count(*) FROM read_parquet($path) WHERE kind = 'scale'", {"path": str(path)}
    ).fetchone()
    frame = pd.read_parquet(path)
    scales = frame[frame["kind"] == "scale"]
    lazy = pl.scan_parquet(path).filter(pl.col("kind") == "scale")
    polars = lazy.select(pl.col("mean").mean().alias("m"), pl.col("mean").count().alias("n"), pl.len().alias("all"))
    assert by_sql is not None
    mean, shown, everything = by_sql
    assert 0 < shown < everything
    assert (scales["mean"].count(), len(scales)) == (shown, everything)
    assert polars.collect().row(0)[1:] == (shown, everything)
    assert scales["mean"].mean() == pytest.approx(mean, abs=1e-9)
    assert polars.collect().row(0)[0] == pytest.approx(mean, abs=1e-9)
