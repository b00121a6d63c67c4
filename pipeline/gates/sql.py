"""Queries of the gates, asked of a locked DuckDB that sees the tables handed to it and nothing else."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pipeline.locked import open_locked

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa


def rows(
    query: str, relations: Mapping[str, pa.Table], variables: Mapping[str, int] | None = None
) -> list[dict[str, Any]]:
    """The answer to pipeline/sql/<query>.sql over these relations, one dict a row, columns in the query's order.

    The query reads `variables` with getvariable.
    """
    text = (files("pipeline") / "sql" / f"{query}.sql").read_text("utf-8")
    with open_locked(relations) as database:
        for name, value in (variables or {}).items():
            database.execute(f"SET VARIABLE {name} = {value:d}")
        return database.execute(text).to_arrow_table().to_pylist()  # type: ignore[no-any-return]  # pyarrow has no types
