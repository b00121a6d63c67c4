"""A release in DuckDB: its tables and the views, commented; as one file, in a form that old clients open too."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from pipeline.bi.views import VIEWS, views_of
from pipeline.release import described

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

STORAGE = "v1.0.0"  # opened by every client since June 2024; a file with today's defaults is not


def duckdb_bytes(tables: Mapping[str, pa.Table]) -> bytes:
    """The tables by name and the views over them, as one DuckDB file.

    Two files of one release hold the same and are not the same bytes, because DuckDB does not clear what it leaves
    unused of a block (docs/bi.md). A file is therefore made when it is asked for, and is no part of a release.
    """
    with tempfile.TemporaryDirectory() as aside:
        path = Path(aside) / "release.duckdb"
        with duckdb.connect() as made:
            made.execute(f"ATTACH {_text(str(path))} AS release (STORAGE_VERSION '{STORAGE}')")
            made.execute("USE release")
            _fill(made, tables)
            made.execute("USE memory")
            made.execute("DETACH release")
        return path.read_bytes()


def with_views(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables by name, then what each view shows, in the order of its first columns."""
    with duckdb.connect() as made:
        _fill(made, tables)
        shown = {name: made.execute(f"SELECT * FROM {name} ORDER BY ALL").to_arrow_table() for name in VIEWS}
    return {**tables, **shown}


def _fill(made: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table]) -> None:
    for name, table in tables.items():
        made.register("handed_in", table)
        made.execute(f"CREATE TABLE {name} AS SELECT * FROM handed_in")
        made.unregister("handed_in")
    for statement in _described(tables):
        made.execute(statement)
    for view in views_of(tables["measures"]["measure"].to_pylist()):
        made.execute(f"CREATE VIEW {view.name} AS {view.sql}")
        made.execute(f"COMMENT ON VIEW {view.name} IS {_text(f'{view.about.en} / {view.about.nb}')}")


def _described(tables: Mapping[str, pa.Table]) -> Iterator[str]:
    for name, table in tables.items():
        for field in table.schema:
            nb, en = described(field)
            if en:
                yield f'COMMENT ON COLUMN {name}."{field.name}" IS {_text(f"{en} / {nb}")}'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
