"""The same table gives the same bytes, in however many parts it comes."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import parquet


@pytest.fixture(autouse=True)
def _small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "GROUP", 4)


TABLE = pa.table(
    {"who": [f"p{row % 5}" for row in range(11)], "answer": pa.array([None, 1, 2] * 3 + [4, 5], pa.int16())}
)


@given(st.sets(st.integers(0, 11)), st.integers(0, 11))
@settings(deadline=None)  # the first call loads what writes
def test_parts_leave_no_trace(cuts: set[int], rows: int) -> None:
    table = TABLE.slice(0, rows)
    sink = BytesIO()
    with parquet.Writer(sink, table.schema) as writer:
        for start, end in pairwise(sorted({0, *(min(cut, rows) for cut in cuts), rows})):
            writer.write(table.slice(start, end - start))
    assert sink.getvalue() == parquet.to_bytes(table) == parquet.to_bytes(pa.table(table.to_pydict(), table.schema))
    assert parquet.from_bytes(sink.getvalue()) == table
    assert not sink.closed


@given(st.lists(st.integers(0, 7), max_size=9))
def test_groups_are_the_same_rows_as_many_at_a_time_as_are_written_together(
    sizes: list[int],
) -> None:
    tables = [
        pa.table({"row": pa.array([10 * at + row for row in range(size)], pa.int64())}) for at, size in enumerate(sizes)
    ]
    found = list(parquet.grouped(iter(tables)))
    assert [one for table in found for one in table["row"].to_pylist()] == [
        one for table in tables for one in table["row"].to_pylist()
    ]
    assert all(table.num_rows == parquet.GROUP for table in found[:-1])
    assert all(1 <= table.num_rows <= parquet.GROUP for table in found[-1:])


@given(st.lists(st.tuples(st.none() | st.text(), st.none() | st.integers(-(2**63), 2**63 - 1)), max_size=11))
def test_columns_without_a_dictionary_hold_the_same(rows: list[tuple[str | None, int | None]]) -> None:
    kinds = pa.schema([("who", pa.string()), ("number", pa.int64()), ("at", pa.timestamp("us", "UTC"))])
    numbers = pa.array([number for _, number in rows], pa.int64())
    table = pa.table(
        [pa.array([who for who, _ in rows], pa.string()), numbers, numbers.cast(kinds.field(2).type)], kinds
    )
    written = parquet.to_bytes(table, ("who", "at"))
    assert parquet.from_bytes(written) == table
    if rows:
        group = pq.read_metadata(BytesIO(written)).row_group(0)
        assert ["RLE_DICTIONARY" in group.column(at).encodings for at in range(3)] == [False, True, False]


def test_what_fails_halfway_is_closed_and_not_finished() -> None:
    sink = BytesIO()

    def fail() -> None:
        with parquet.Writer(sink, TABLE.schema) as writer:
            writer.write(TABLE.slice(0, 3))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert parquet.from_bytes(sink.getvalue()).num_rows == 0


def test_a_column_of_several_files_is_that_of_one_table_of_them_all() -> None:
    """In a file without it there is nothing; text comes as numbers of its words, unless it was written as distinct."""
    one = pa.table({"who": ["p", "q"], "unit": ["A", "B"], "answer": pa.array([1, None], pa.int16())})
    other = pa.table({"who": ["q"], "unit": ["C"], "gender": ["f"], "answer": pa.nulls(1)})
    files = [parquet.to_bytes(table, ["who"]) for table in (one, other)]
    columns = parquet.Columns(files, distinct=["who"])
    whole = pa.concat_tables(map(parquet.from_bytes, files), promote_options="default")
    assert columns.num_rows == whole.num_rows
    assert columns.schema == whole.schema
    for name in whole.schema.names:
        assert columns[name].cast(whole.schema.field(name).type) == whole[name]
    assert columns["who"].type == pa.string()
    assert columns["unit"].type == pa.dictionary(pa.int32(), pa.string())
    with pytest.raises(KeyError):
        columns["nobody"]


def test_columns_come_in_the_groups_that_were_compressed_together() -> None:
    other = pa.table({"who": ["q"], "unit": ["C"], "answer": pa.array([3], pa.int16())})
    files = [parquet.to_bytes(TABLE.append_column("unit", pa.array(["A"] * 11))), parquet.to_bytes(other)]
    found = list(parquet.Columns(files, distinct=["who"]).groups(["unit", "answer", "who"]))
    assert [one.num_rows for one in found] == [4, 4, 3, 1]
    assert all(one.schema.names == ["unit", "answer", "who"] for one in found)
    assert found[0]["unit"].type == pa.dictionary(pa.int32(), pa.string())
    assert [row for one in found for row in one["answer"].to_pylist()] == [*TABLE["answer"].to_pylist(), 3]
    assert [row for one in found for row in one["who"].to_pylist()] == [*TABLE["who"].to_pylist(), "q"]
    with pytest.raises(KeyError, match="nobody"):
        list(parquet.Columns(files).groups(["unit", "nobody"]))


@given(st.lists(st.none() | st.sampled_from(["a", "b", "", "æ" * 9]), max_size=11), st.integers(1, 4), st.randoms())
def test_texts_that_come_as_a_dictionary_are_the_same_bytes(
    words: list[str | None], together: int, chance: Random
) -> None:
    kind = pa.schema([("word", pa.string())])
    sink = BytesIO()
    with parquet.Writer(sink, kind) as writer:
        for at in range(0, len(words), together):
            some = words[at : at + together]
            known = ["b", "unused", *(word for word in some if word is not None), "b", ""]  # some twice, one nowhere
            chance.shuffle(known)
            codes = pa.array([None if word is None else known.index(word) for word in some], pa.int32())
            column = pa.DictionaryArray.from_arrays(codes, pa.array(known, pa.string()))
            writer.write(pa.table({"word": column}))
    table = pa.table({"word": pa.array(words, pa.string())}, kind)
    assert sink.getvalue() == parquet.to_bytes(table)
    assert parquet.from_bytes(sink.getvalue()) == table
