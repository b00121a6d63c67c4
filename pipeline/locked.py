"""DuckDB without a way out: it sees the tables handed to it, and no file, network, extension or variable of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

# Nothing in a query can reach a file, the network, an extension or a variable of ours; the last one locks the others.
_LOCKED = (
    "SET temp_directory = ''",  # rows of people are never spilt to a disk
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


def open_locked(relations: Mapping[str, pa.Table], threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A database in memory that sees these tables and nothing else; `threads` is as many as there are cores if None."""
    connection = duckdb.connect(":memory:")
    if threads is not None:
        connection.execute(f"SET threads = {threads:d}")
    for statement in _LOCKED:
        connection.execute(statement)
    for name, table in relations.items():
        connection.register(name, table)
    return connection
