"""What is kept where one of several figures has to go: pictures, one preference each."""

from __future__ import annotations

import pytest
from village import Record, Village

from pipeline.disclosure import Rules, Worth, protect
from pipeline.organisation import Unit, tree

TREE = tree([Unit("root", None, ""), *(Unit(name, "root", "") for name in ("a", "b", "c"))])


def village(sizes: dict[str, int]) -> Village:
    """Answers go 1 2 4 5 1 2 4 5 ..., so that nobody is of one mind."""
    homes = [unit for unit, size in sizes.items() for _ in range(size)]
    return Village(TREE, tuple(Record(n, unit, {}, {"q": (1, 2, 4, 5)[n % 4]}) for n, unit in enumerate(homes)), ("q",))


def withheld(worth: Worth) -> set[str]:
    """Units without a figure; a has three people, so that b or c must go with it, and b is the smaller."""
    made = village({"a": 3, "b": 6, "c": 7})
    rows = protect(made.cells, made.members, TREE, Rules(5, 10), {}, worth=worth).table.to_pylist()
    return {row["unit"] for row in rows if row["status"] == "C"}


TREND = frozenset({("b", "all", "all", "q")})


@pytest.mark.parametrize(
    ("worth", "gone"),
    [
        pytest.param(Worth(), {"a", "b"}, id="the one with fewer people goes"),
        pytest.param(Worth(units=frozenset({"b"})), {"a", "c"}, id="not the one that the survey file names"),
        pytest.param(Worth(followed=TREND), {"a", "c"}, id="not the one that the wave before published"),
        pytest.param(Worth(frozenset({"c"}), TREND), {"a", "b"}, id="a named unit is worth more than a trend"),
        pytest.param(Worth(frozenset("abc")), {"a", "b"}, id="who keeps everything keeps nothing more"),
        pytest.param(
            Worth(frozenset({"a"}), frozenset({("a", "all", "all", "q")})), {"a", "b"}, id="never a small one"
        ),
        pytest.param(
            Worth(frozenset({"gone"}), frozenset({("gone", "x", "y", "z")})), {"a", "b"}, id="who is not there"
        ),
    ],
)
def test_which_goes(worth: Worth, gone: set[str]) -> None:
    assert withheld(worth) == gone
