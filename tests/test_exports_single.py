"""Columns of single letters, read at once, hold what the reader of each cell says."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exports import lattice, single
from pipeline.exports.columns import Reason
from pipeline.exports.distinct import WIDE

DIGITS = {b"": None, b" ": None, **{b"%d" % number: number for number in range(10)}}


def meaning(cell: bytes) -> object:
    return DIGITS.get(cell, Reason("unknown_code"))


def grid(records: list[list[bytes]], delimiter: bytes, end: bytes) -> lattice.Lattice:
    data = b"".join(delimiter.join(record) + end for record in records)
    return lattice.lay(np.frombuffer(data + bytes(WIDE), np.uint8), delimiter.decode(), len(records[0]))


CELLS = st.sampled_from([b"1", b"5", b"0", b"", b" ", b"3"])
ODD = st.sampled_from([b'"2"', b'""', b'"', b'","', b"x", b"12", b"\xc3\xb8", b'"\n"', b'"1', b"\xff"])


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(CELLS | CELLS | ODD, min_size=width, max_size=width), min_size=1, max_size=9)
    ),
    st.sampled_from([b",", b";", b"\t"]),
    st.sampled_from([b"\n", b"\r\n"]),
)
def test_a_column_is_read_at_once_as_cell_by_cell_or_not_at_all(
    records: list[list[bytes]], delimiter: bytes, end: bytes
) -> None:
    if sum(cell.count(b'"') for record in records for cell in record) % 2:
        records[-1][-1] += b'"'
    laid = grid(records, delimiter, end)
    letters = single.look(laid, delimiter.decode())
    known = single.alphabet(meaning, delimiter.decode())
    columns = single.read(letters, range(len(records[0])), known)
    for at, found in enumerate(columns):
        cells = [laid.data[start:stop].tobytes() for start, stop in zip(*laid.column(at), strict=True)]
        may = all(cell in DIGITS for cell in cells)
        assert (found is not None) == may
        if found is not None:
            found.validate(full=True)
            assert found.to_pylist() == [meaning(cell) for cell in cells]


def test_a_picture() -> None:
    laid = grid([[b"1", b"a", b""], [b"", b"5", b"2"], [b"3", b"10", b""]], b",", b"\n")
    letters, known = single.look(laid, ","), single.alphabet(meaning, ",")
    columns = single.read(letters, [0, 1, 2], known)
    assert [column and column.to_pylist() for column in columns] == [[1, None, 3], None, [None, 2, None]]
    assert [column and column.to_pylist() for column in single.read(letters[[0, 2]], [2, 1], known)] == [
        [None, None],
        None,
    ]


def test_a_number_that_does_not_fit_has_no_place_in_an_alphabet() -> None:
    known = single.alphabet({b"": None, b"a": 2**7, b"b": -(2**7), b"c": -(2**7) + 1, b"d": 2**7 - 1}.get, ",")
    assert (known[[0, *b"ab,\n"]] == [single.MISSING, *[single.UNKNOWN] * 2, *[single.MISSING] * 2]).all()
    assert known[list(b"cd")].tolist() == [single.UNKNOWN, 2**7 - 1]
