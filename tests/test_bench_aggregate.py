"""What stands beside our counting is only worth something if it counts the same, and packs no count into another."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.aggregate import instance
from bench.aggregate.packed import Packed
from bench.contest import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def wave(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wave")
    instance.write(folder, 700)
    return folder


def test_sql_counts_every_figure_as_we_do(wave: Path) -> None:
    ours, sql = (run(f"bench.aggregate.contend_{one}", [str(wave)]).answer for one in ("pulsverk", "duckdb"))
    assert ours == sql


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 12), min_size=1, max_size=4),
    st.integers(1, 40),
    st.lists(st.integers(0, 3), max_size=4),
    st.data(),
)
def test_counts_that_share_a_word_do_not_touch_each_other(
    codes: list[int], size: int, more: list[int], data: st.DataObject
) -> None:
    """However many codes, however many bits, and however often they are given more."""
    packed = Packed({f"c{at}": several for at, several in enumerate(codes)}, size.bit_length())
    rows = [[data.draw(st.none() | st.integers(1, several)) for several in codes] for _ in range(size)]
    columns = ", ".join(packed.codes)
    kinds = ", ".join(f"{name} TINYINT" for name in packed.codes)
    with duckdb.connect() as database:
        database.execute(f"CREATE TABLE rows ({kinds})")
        database.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * len(codes))})", rows)
        sums = ", ".join(f"sum(w{word})::BIGINT AS w{word}" for word in range(packed.words))
        query = f"SELECT {sums} FROM (SELECT {columns}, {', '.join(packed.of_answers())} FROM rows)"
        for before, after in pairwise([packed.bits, *np.cumsum([packed.bits, *more]).tolist()]):
            query = f"SELECT {', '.join(Packed(packed.codes, before).wider(after))} FROM ({query})"
        wide = Packed(packed.codes, packed.bits + sum(more))
        words = [np.array([word]) for word in database.sql(query).fetchone() or ()]
    for at, (name, found) in enumerate(wide.counts(words)):
        assert found[:, 0].tolist() == [sum(row[at] == code for row in rows) for code in range(1, wide.codes[name] + 1)]
