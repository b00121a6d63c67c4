"""The rows of a file until all of them are known: in a file of our own, in the order of the records."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pyarrow as pa

from pipeline import parquet, pseudonyms
from pipeline.exports.plan import PERSON

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.exports.lattice import Places
    from pipeline.pseudonyms import PseudonymKey

RECORD = "record"
_HEX = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), "<u2")


class Spool:
    """Rows that are written once and read a few times; persons are no pseudonyms yet."""

    def __init__(self, kinds: Mapping[str, pa.DataType], file: BinaryIO) -> None:
        """`kinds` are the types of the columns besides the respondent and the number of the record."""
        self.kinds = kinds
        self.rows = 0
        stored = {name: parquet.WORDS if kind == pa.string() else kind for name, kind in kinds.items()}
        self._schema = pa.schema([(PERSON, pa.binary()), (RECORD, pa.int64()), *stored.items()])
        self._file = file
        self._sink = parquet.buffered(file)
        self._writer = pa.ipc.new_stream(self._sink, self._schema)

    def add(self, names: pa.BinaryArray, record: Places, columns: Mapping[str, pa.Array]) -> None:
        """Takes the rows of one block; columns of text are dictionaries."""
        self.rows += len(names)
        arrays = [names, pa.array(record), *columns.values()]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, as many at a time as were added together; nothing can be added afterwards."""
        self._writer.close()  # once more is no harm
        self._sink.flush()
        self._file.seek(0)
        yield from pa.ipc.open_stream(pa.PythonFile(self._file, mode="r"))


def digests(names: pa.Array | pa.ChunkedArray, key: PseudonymKey, survey_id: str) -> bytes:
    """The pseudonyms of persons, as bytes one behind the other."""
    return pseudonyms.pseudonyms(key, survey_id, names.to_numpy(zero_copy_only=False))


def digits(people: bytes) -> pa.StringArray:
    """Pseudonyms as they are written: in hex digits."""
    count = len(people) // pseudonyms.LENGTH
    offsets = np.arange(count + 1, dtype=np.int32) * (2 * pseudonyms.LENGTH)
    written = _HEX[np.frombuffer(people, np.uint8)].tobytes()
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(written))
