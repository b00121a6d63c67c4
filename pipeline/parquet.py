"""The one writer and reader of Parquet: the same table gives the same bytes."""

from __future__ import annotations

from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq


def to_bytes(table: pa.Table) -> bytes:
    """The table as one Parquet file, zstd-compressed; chunks and buffers of the input leave no trace."""
    sink = BytesIO()
    pq.write_table(table.combine_chunks(), sink, compression="zstd", version="2.6", write_statistics=True)
    return sink.getvalue()


def from_bytes(data: bytes) -> pa.Table:
    """The table in one Parquet file."""
    return pq.read_table(BytesIO(data))
