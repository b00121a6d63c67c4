"""What a text means is asked once in a file, and who may stand there twice is found by a number for each."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.exports import distinct, known
from pipeline.exports.candidates import spread
from pipeline.exports.columns import Reason
from pipeline.exports.distinct import WIDE
from pipeline.exports.known import Known

SHORT, LONG = st.text("ab1 ", max_size=3), st.text("ab1 ", max_size=12)


def meaning(text: bytes) -> object:
    return Reason("too_long") if len(text) > 9 else None if not text.strip() else len(text)


def keys(cells: list[str]) -> pa.Array:
    ends = np.cumsum([len(cell) + 1 for cell in cells]) - 1
    data = np.frombuffer(",".join(cells).encode() + bytes(WIDE), np.uint8)
    return distinct.cells(data, ends - [len(cell) for cell in cells], ends)


@pytest.mark.parametrize("most", [2, 100])
@given(blocks=st.lists(st.lists(SHORT, min_size=1) | st.lists(LONG, min_size=1), max_size=6))
@settings(deadline=None)  # the first call loads what looks up
def test_in_every_block_a_text_means_the_same_and_while_they_are_few_is_asked_for_once(
    blocks: list[list[str]], most: int
) -> None:
    asked: Counter[tuple[pa.DataType, bytes]] = Counter()
    kind = pa.int16()

    def ask(text: bytes) -> object:
        asked[kind, text] += 1
        return meaning(text)

    column = Known(ask, pa.int16())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known, "REMEMBERED", most)
        for cells in blocks:
            found = keys(cells)
            kind = found.type
            means, codes = column.read(found)
            told = [means.reasons.get(code, means.values[code].as_py()) for code in codes.tolist()]
            assert told == [meaning(cell.encode()) for cell in cells]
    if most > len(asked):
        assert set(asked.values()) <= {1}


@given(st.lists(st.binary(max_size=12) | st.binary(min_size=60, max_size=70)), st.data())
def test_a_text_has_one_number_wherever_it_stands_and_others_have_others(
    cells: list[bytes], data: st.DataObject
) -> None:
    cells = [cell.replace(b"\0", b"0") for cell in cells]
    numbers = spread(pa.array(cells, pa.binary())).tolist()
    assert len(set(numbers)) == len(set(cells))
    assert [spread(pa.array([cell], pa.binary())).item() for cell in cells] == numbers
    start = data.draw(st.integers(0, len(cells)))
    assert spread(pa.array(cells, pa.binary())[start:]).tolist() == numbers[start:]


@pytest.mark.parametrize("written", ["p{:08d}@fjord.example", "{}", "{:064d}", "{:065d}"])
def test_numbers_of_ids_that_hardly_differ_are_spread_evenly(written: str) -> None:
    numbers = spread(pa.array([written.format(one).encode() for one in range(16_000)], pa.binary()))
    assert np.unique(numbers).size == numbers.size
    for parts in (7, 16):
        assert (np.abs(np.bincount(numbers % parts) * parts / numbers.size - 1) < 0.1).all()
