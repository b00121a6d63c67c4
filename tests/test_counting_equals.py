"""Equal texts are found, whatever they are and however they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.counting import equals

if TYPE_CHECKING:
    import pytest

# Pseudonyms and other texts; few of each, so that many are equal.
NUMBERS = (*range(3), 10 << 64, 15 << 64 | 1, 2**128 - 1)
PSEUDONYMS = st.sampled_from([f"{one:032x}" for one in NUMBERS])
ANYTHING = st.sampled_from(
    [None, "", "p", "q", "å" * 16, f"{1:032x}", f"{1:033x}", f"{0:032x}", "0" * 31 + "g", "A" * 32, "a" * 32]
)


def first(texts: list[str | None]) -> list[int]:
    return [texts.index(one) for one in texts]


@settings(deadline=None)
@given(st.lists(PSEUDONYMS) | st.lists(ANYTHING), st.integers(1, 4), st.integers(0, 3))
def test_each_text_knows_the_first_row_that_holds_the_same(texts: list[str | None], size: int, skipped: int) -> None:
    whole = pa.array(["x" * 32] * skipped + texts, pa.string()).slice(skipped)
    parts = [whole.slice(one, size) for one in range(0, len(whole), size)]
    assert equals.first_equal(lambda: parts, len(texts)).tolist() == first(texts)


def test_a_letter_that_is_no_digit_is_never_taken_for_one() -> None:
    texts = ["0" * 32, "0" * 31 + "g", "g" + "0" * 31, "01" + "0" * 30]
    assert equals.first_equal(lambda: [pa.array(texts)], len(texts)).tolist() == [0, 1, 2, 3]


def test_two_texts_with_one_number_are_still_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(equals, "_mixed", lambda words: words[:, 0] * 0)
    texts = [f"{one:016x}{0:016x}" for one in (1, 2, 1)]
    assert equals.first_equal(lambda: [pa.array(texts)], len(texts)).tolist() == [0, 1, 0]
