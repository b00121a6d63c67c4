"""No record with other headings escapes a look at its cells, and those that can hold none are spared one."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_survey import KEY, tiny

from pipeline.exports import census, head, mapping, responses
from pipeline.exports.plan import lay
from pipeline.exports.second import Headings
from pipeline.exports.suspects import suspects

if TYPE_CHECKING:
    from pipeline.exports.plan import Block

TIMED, UNTIMED = "person,sent,Q1,Q2,Q3\np1,2026-08-01,4,3,7\n", 'person,"Q1",Q2,Q3\np1,4,3,7\n'


def laid(first: str, records: str) -> tuple[Headings, Block]:
    """The headings of a file that begins so, and a block of these records."""
    survey, file = tiny(), BytesIO(first.encode())
    top = head.read(file, census.take(file))
    readers = responses.readers(top.sheet, survey, KEY, mapping.columns(top.sheet, survey))
    return Headings.of(top.sheet, readers, survey.items), lay(top, 0, records.encode())


def found(first: str, records: str) -> list[int]:
    headings, block = laid(first, records)
    return suspects(headings, block, np.arange(block.grid.first.size)).tolist()


CELLS = st.sampled_from(
    [
        "person",
        "sent",
        "Q1",
        "Q2",
        "Q3",
        " Q1 ",
        '"Q2"',
        '"Q""3"',
        "p1",
        "2026-08-01",
        "i går",
        "4",
        "",
        "vet ikke",
        "9",
    ]
)


@pytest.mark.parametrize("first", [TIMED, UNTIMED])
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=6), min_size=1, max_size=8), data=st.data())
@settings(deadline=None)  # the first call loads what encodes
def test_every_record_with_other_headings_is_looked_at(first: str, rows: list[list[str]], data: st.DataObject) -> None:
    headings, block = laid(first, "".join(",".join(row) + "\n" for row in rows))
    faulty = np.flatnonzero(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    others = {one for one in faulty.tolist() if headings.are_others(block.cells(one))}
    assert others <= {*suspects(headings, block, faulty).tolist()} <= {*faulty.tolist()}


def test_words_in_the_place_of_a_time_are_looked_at_and_a_day_or_nothing_is_not() -> None:
    words = "ansatt,dato,alder,kjonn,barn\n"
    assert found(TIMED, f"p2,2026-08-01,x,x,x\n{words}p3,,9,9,9\n") == [1]
    assert found(UNTIMED, "p2,x,x,x\np3,9,9,9\n") == []


def test_a_record_with_two_headings_or_with_too_many_cells_is_looked_at() -> None:
    one, two = "p2,2026-08-01,Q2,4,4\n", "p2,2026-08-01, Q2 ,4,person\n"
    assert found(TIMED, f'{one}{two}p4,2026-08-01,9,9,9,\n"p5","2026-08-01","Q1","Q2",9\n') == [1, 2, 3]
