"""The same table gives the same bytes, in however many parts it comes."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import parquet


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP", 4)


TABLE = pa.table(
    {"who": [f"p{row % 5}" for row in range(11)], "answer": pa.array([None, 1, 2] * 3 + [4, 5], pa.int16())}
)


@given(st.sets(st.integers(0, 11)), st.integers(0, 11))
def test_parts_leave_no_trace(cuts: set[int], rows: int) -> None:
    table = TABLE.slice(0, rows)
    sink = BytesIO()
    with parquet.Writer(sink, table.schema) as writer:
        for start, end in pairwise(sorted({0, *(min(cut, rows) for cut in cuts), rows})):
            writer.write(table.slice(start, end - start))
    assert sink.getvalue() == parquet.to_bytes(table) == parquet.to_bytes(pa.table(table.to_pydict(), table.schema))
    assert parquet.from_bytes(sink.getvalue()) == table
    assert not sink.closed


def test_what_fails_halfway_is_closed_and_not_finished() -> None:
    sink = BytesIO()

    def fail() -> None:
        with parquet.Writer(sink, TABLE.schema) as writer:
            writer.write(TABLE.slice(0, 3))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert parquet.from_bytes(sink.getvalue()).num_rows == 0
