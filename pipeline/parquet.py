"""The one writer and reader of Parquet: the same table gives the same bytes."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Self

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from types import TracebackType

GROUP = 1 << 17  # rows that are compressed together
TOGETHER = 1 << 20  # bytes that are handed to a sink in Python together: each time costs a wait for the interpreter
WORDS = pa.dictionary(pa.int32(), pa.string())  # texts, as numbers of the different ones
_TEXT, _NUMBER = "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BINARY_PACKED"  # Parquet's encodings without a dictionary


class Writer:
    """A table that comes in parts, written as it comes; how it was divided into parts leaves no trace."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema, distinct: Collection[str] = ()) -> None:
        """`sink` is open for writing, and stays open.

        A column of text may come as WORDS instead, none of which is missing, which saves looking for the different
        ones; the bytes are the same. In the `distinct` columns, of text or whole numbers, hardly any value stands
        twice: what a dictionary of them would cost, in time and in bytes, is saved by writing how each differs from the
        one before.
        """
        self._words = {one.name for one in schema if pa.types.is_string(one.type)} - {*distinct}
        self._schema = pa.schema([one.with_type(WORDS) if one.name in self._words else one for one in schema])
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._sink = buffered(sink)
        self._file = pq.ParquetWriter(
            self._sink,
            self._schema,
            store_schema=False,  # in which words would be a dictionary's
            compression="zstd",
            version="2.6",
            write_statistics=True,
            use_dictionary=[name for name in schema.names if name not in distinct],
            column_encoding={
                name: _TEXT if pa.types.is_string(schema.field(name).type) else _NUMBER
                for name in schema.names
                if name in distinct
            },
        )
        self._file.add_key_value_metadata({"ARROW:schema": b64encode(schema.serialize()).decode()})

    def write(self, table: pa.Table) -> None:
        """Takes the next rows."""
        self._waiting.append(table)
        self._rows += table.num_rows
        if self._rows >= GROUP:
            whole = pa.concat_tables(self._waiting)
            groups = self._rows // GROUP
            for group in range(groups):
                self._write(whole.slice(group * GROUP, GROUP))
            self._rows -= groups * GROUP
            self._waiting = [whole.slice(groups * GROUP)] if self._rows else []

    def _write(self, group: pa.Table) -> None:
        whole = group.combine_chunks()
        columns = [_encoded(whole[name]) if name in self._words else whole[name] for name in self._schema.names]
        self._file.write_table(pa.table(columns, self._schema), row_group_size=GROUP)

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Writes what is left, and the end of the file."""
        if kind is None and self._rows:
            self._write(pa.concat_tables(self._waiting))
        self._file.close()
        self._sink.detach()  # which would close the sink with it


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """The words of a column, which has one chunk, as a dictionary of them in the order in which each comes first."""
    (words,) = column.chunks
    if not pa.types.is_dictionary(words.type):
        return words.dictionary_encode()
    different = words.dictionary.dictionary_encode()
    first = different.indices.take(words.indices).dictionary_encode()
    return pa.DictionaryArray.from_arrays(first.indices, different.dictionary.take(first.dictionary))


def buffered(sink: BinaryIO) -> pa.BufferedOutputStream:
    """Takes what is written piece by piece, and hands on much of it together once it is enough, or flushed."""
    return pa.BufferedOutputStream(pa.PythonFile(sink, mode="w"), TOGETHER)


def grouped(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in tables of as many as are compressed together, and what is left in a last one."""
    waiting: list[pa.Table] = []
    rows = 0
    for table in tables:
        waiting.append(table)
        rows += table.num_rows
        if rows >= GROUP:
            whole = pa.concat_tables(waiting)
            rows %= GROUP
            for at in range(0, whole.num_rows - rows, GROUP):
                yield whole.slice(at, GROUP).combine_chunks()
            waiting = [whole.slice(whole.num_rows - rows)]
    if rows:
        yield pa.concat_tables(waiting)


def to_bytes(table: pa.Table, distinct: Collection[str] = ()) -> bytes:
    """The table as one Parquet file, zstd-compressed; chunks and buffers of the input leave no trace."""
    sink = BytesIO()
    with Writer(sink, table.schema, distinct) as writer:
        writer.write(table)
    return sink.getvalue()


def from_bytes(data: bytes) -> pa.Table:
    """The table in one Parquet file."""
    return pq.read_table(BytesIO(data))


class Columns:
    """The rows of Parquet files as one table of them all, of which a column is read when it is asked for.

    `distinct` are columns that were written as such; in all other columns of text, rows are numbers of the different
    words (an Arrow dictionary).
    """

    def __init__(self, files: Sequence[bytes], distinct: Collection[str] = ()) -> None:
        """Reads what they are, and no row."""
        self._files = [(data, pq.read_metadata(pa.BufferReader(data))) for data in files]
        schemas = [metadata.schema.to_arrow_schema() for _, metadata in self._files]
        self.schema = pa.unify_schemas([one.remove_metadata() for one in schemas], promote_options="default")
        self.num_rows = sum(metadata.num_rows for _, metadata in self._files)
        self._words = {one.name for one in self.schema if pa.types.is_string(one.type)} - set(distinct)

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        """A column. Raises KeyError for one that no file has."""
        kind = self.schema.field(name).type
        if name in self._words:
            kind = pa.dictionary(pa.int32(), kind)
        found: list[pa.Array] = []
        for data, metadata in self._files:
            if name not in metadata.schema.names:
                found.append(pa.nulls(metadata.num_rows, kind))
                continue
            words = [name] if name in self._words else None
            file = pq.ParquetFile(pa.BufferReader(data), metadata=metadata, read_dictionary=words)
            found += file.read([name], use_threads=False)[name].cast(kind).chunks
        return pa.chunked_array(found, kind).unify_dictionaries()

    def parts(self, name: str) -> Iterator[pa.Array]:
        """A column that every file has, some rows at a time, so that it is nowhere as a whole. Words stay words."""
        for data, metadata in self._files:
            file = pq.ParquetFile(pa.BufferReader(data), metadata=metadata)
            for batch in file.iter_batches(GROUP, columns=[name], use_threads=False):
                yield batch.column(0)

    def groups(self, names: Sequence[str]) -> Iterator[pa.Table]:
        """The rows of these columns, as many at a time as were compressed together; words are numbered in each anew.

        Raises KeyError for a column that a file has not.
        """
        for data, metadata in self._files:
            if absent := set(names) - set(metadata.schema.names):
                raise KeyError(*sorted(absent))
            words = sorted(self._words & set(names))
            file = pq.ParquetFile(pa.BufferReader(data), metadata=metadata, read_dictionary=words)
            for group in range(metadata.num_row_groups):
                yield file.read_row_group(group, columns=list(names), use_threads=False)


def in_parts(rows: pa.Table | Columns, name: str) -> Iterator[pa.Array]:
    """A column some rows at a time, of a table or of files."""
    return rows.parts(name) if isinstance(rows, Columns) else iter(rows[name].chunks)
