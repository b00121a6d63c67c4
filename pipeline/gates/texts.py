"""What a file says, as texts and as cells of tables, whatever it is written in; None where we cannot look into it."""

from __future__ import annotations

import csv
import gzip
import html
import json
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import parquet


@dataclass(frozen=True)
class Said:
    """Texts, and the different cells of tables."""

    texts: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()

    def __add__(self, other: Said) -> Said:
        """Both."""
        return Said(self.texts + other.texts, self.cells + other.cells)


def said(path: str, data: bytes) -> Said | None:
    """What a file says, by the ending of its name; None for a kind that we do not know or cannot read."""
    ending = path.rpartition(".")[2].lower()
    if ending == "gz":
        path = path[: -len(".gz")]
    read = _READERS.get(ending)
    if read is None:
        return None
    try:
        return read(path, data)
    except (pa.ArrowException, duckdb.Error, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, csv.Error):
        return None


def _plain(_: str, data: bytes) -> Said:
    text = data.decode("utf-8-sig")
    shown = html.unescape(text)
    return Said(tuple(dict.fromkeys((text, shown, unquote(shown)))))  # most pages read the same all three ways


def _csv(_: str, data: bytes) -> Said:
    text = data.decode("utf-8-sig")
    return Said((text,), tuple({cell for row in csv.reader(StringIO(text)) for cell in row}))


def _json(_: str, data: bytes) -> Said:
    text = data.decode("utf-8-sig")
    return Said((text,), tuple(_strings(json.loads(text))))


def _parquet(_: str, data: bytes) -> Said:
    return Said(cells=tuple(_cells(parquet.from_bytes(data))))


def _cells(table: pa.Table) -> Iterator[str]:
    for column in table.columns:
        if (
            pa.types.is_string(column.type)
            or pa.types.is_dictionary(column.type)
            or pa.types.is_large_string(column.type)
        ):
            yield from (str(one) for one in pc.unique(column.cast(pa.string())).to_pylist() if one is not None)


def _database(data: bytes) -> Iterator[str]:
    """The different cells of every text column; DuckDB opens files only, so it is written down for a moment."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "release.duckdb"
        file.write_bytes(data)
        with duckdb.connect(str(file), read_only=True, config={"enable_external_access": "false"}) as database:
            named = database.execute(
                "SELECT schema_name, table_name, column_name FROM duckdb_columns() "
                "WHERE data_type = 'VARCHAR' AND NOT internal"
            ).fetchall()
            for names in named:
                schema, table, column = ('"' + one.replace('"', '""') + '"' for one in names)
                found = database.execute(f"SELECT DISTINCT {column} FROM {schema}.{table}").fetchall()
                yield from (one for (one,) in found if one is not None)


def _archive(data: bytes) -> Said | None:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        whole = Said()
        for name in archive.namelist():
            part = said(name, archive.read(name))
            if part is None:
                return None
            whole += part
    return whole


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


_READERS: Mapping[str, Callable[[str, bytes], Said | None]] = {
    **dict.fromkeys(("html", "css", "svg", "txt", "md", "xml", "rels", "sql", "toml", "yaml", "yml"), _plain),
    "parquet": _parquet,
    "duckdb": lambda _, data: Said(cells=tuple(_database(data))),
    "zip": lambda _, data: _archive(data),
    "xlsx": lambda _, data: _archive(data),
    "gz": lambda path, data: said(path, gzip.decompress(data)),
    "csv": _csv,
    "json": _json,
    "jsonld": _json,
}
