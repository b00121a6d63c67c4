"""A Parquet file -> its table. Runs in a child: `python -m pipeline.foreign.parquet`."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pipeline.foreign import child
from pipeline.foreign.found import Found, refuse
from pipeline.foreign.meaning import number_text

if TYPE_CHECKING:
    import pyarrow as pa

CELLS = 20_000_000  # more are pushed as CSV


def convert(data: bytes) -> Found:
    """Column names, and below them every row. Raises Unreadable, also for columns that hold lists or records."""
    import pyarrow as pa  # noqa: PLC0415 - after the limits are set, so that they hold for it too
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        file = pq.ParquetFile(io.BytesIO(data))
        if file.metadata.num_rows * file.metadata.num_columns > CELLS:
            refuse("too_large")
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError, ValueError, KeyError):
        refuse("broken_parquet")
    if table.num_rows != file.metadata.num_rows:
        refuse("records_lost")
    if not table.num_columns:
        refuse("empty_file")
    columns = [_texts(pa, table.column(at), table.schema.field(at)) for at in range(table.num_columns)]
    rows = [list(table.column_names), *([column[at] for column in columns] for at in range(table.num_rows))]
    return Found(rows)


def _texts(pa: Any, column: pa.ChunkedArray, field: pa.Field) -> list[str]:  # noqa: ANN401 - pyarrow has no types
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    read = _reader(pa, kind)
    if read is None:
        refuse("nested_value", None, field.name[:80])
    try:
        if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
            column = column.cast(pa.timestamp("us", kind.tz if pa.types.is_timestamp(kind) else None), safe=False)
        return ["" if value is None else read(value) for value in column.to_pylist()]
    except (pa.ArrowException, ValueError, OverflowError):
        refuse("broken_parquet")


def _reader(pa: Any, kind: pa.DataType) -> Callable[[Any], str] | None:  # noqa: ANN401 - pyarrow has no types
    """A function from a value of this type to text; None for types that are not one value."""
    types = pa.types
    readers: tuple[tuple[Callable[[pa.DataType], bool], Callable[[Any], str]], ...] = (
        (types.is_string, str),
        (types.is_large_string, str),
        (types.is_string_view, str),
        (types.is_boolean, lambda value: str(value).upper()),
        (types.is_integer, str),  # exact, however many digits
        (types.is_decimal, str),
        (types.is_floating, _decimal),
        (types.is_date, lambda value: str(value.date().isoformat())),
        (types.is_timestamp, _moment),
        (types.is_null, str),
    )
    return next((read for is_kind, read in readers if is_kind(kind)), None)


def _decimal(value: float) -> str:
    return number_text(value) if abs(value) < float("inf") else str(value)


def _moment(at: datetime) -> str:
    """In UTC with a Z, where the file says in which zone it is."""
    whole = at.astimezone(UTC).replace(tzinfo=None) if at.tzinfo else at
    return whole.isoformat(sep=" ") + ("Z" if at.tzinfo else "")


if __name__ == "__main__":
    child.run(convert)
