"""Which cells go where somebody was found: pictures of a few certificates, and what is left to show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from exposed_village import laid
from village import Record, Village

from pipeline.disclosure.audit import Certificate, Term
from pipeline.disclosure.primary import Shown
from pipeline.disclosure.repair import without
from pipeline.disclosure.worth import Worth
from pipeline.organisation import Unit, tree

if TYPE_CHECKING:
    from pipeline.disclosure.cells import Grid

# Twenty-four women and six men of the whole; four, five and six of them in the units a, b and c.
TREE = tree([Unit("root", None, ""), *(Unit(name, "root", "") for name in "abc")])
HOMES = ["root"] * 15 + ["a"] * 4 + ["b"] * 5 + ["c"] * 6
CELLS = {
    "root": ("root", "all", "all"),
    "women": ("root", "gender", "f"),
    "a": ("a", "all", "all"),
    "b": ("b", "all", "all"),
    "c": ("c", "all", "all"),
}


def cells() -> Grid:
    people = [Record(n, unit, {"gender": "f" if n < 24 else "m"}, {"q": 1 + n % 5}) for n, unit in enumerate(HOMES)]
    return laid(Village(TREE, tuple(people), ("q",), (("gender",),)))


def certificate(*names: str, layer: str = "means", follow: tuple[str, ...] = ()) -> Certificate:
    """Cells that make somebody known together; `follow` are those that follow from others anyway."""
    at = cells().at
    terms = tuple(Term(0, at[CELLS[name]], 1) for name in names)
    return Certificate(layer, "set", 1, terms, frozenset((0, at[CELLS[name]]) for name in follow))  # type: ignore[arg-type]


def gone(*certificates: Certificate, each: int | None = None) -> set[str]:
    """Of which cells the mean is withheld after repair, and (with a star) of which only the shares."""
    made = cells()
    everything = Shown(made.exists.copy(), made.exists.copy())
    less = without(Worth().weight(made, TREE), everything, certificates, *([] if each is None else [each]))
    assert (everything.means == made.exists).all(), "what was given is left as it was"
    assert not (less.distributions & ~less.means).any()
    found = set()
    for name, place in CELLS.items():
        if not less.means[0, made.at[place]]:
            found.add(name)
        elif not less.distributions[0, made.at[place]]:
            found.add(f"{name}*")
    return found


def test_one_cell_of_a_certificate_goes_the_one_with_the_fewest_people() -> None:
    assert gone(certificate("root", "b", "a", "c")) == {"a"}


def test_everybody_s_figure_weighs_four_times_a_category_s() -> None:
    # 4 x 6 of c against 24 women: alike, and then the first of the table goes. 4 x 5 of b is less, 4 x 30 is more.
    assert gone(certificate("women", "b")) == {"b"}
    assert gone(certificate("women", "root")) == {"women"}
    assert gone(certificate("women", "c")) == {"women"}
    assert gone(certificate("women", "a", "b", "c"), each=3) == {"a", "b", "women"}


def test_a_cell_that_follows_from_the_rest_goes_last() -> None:
    assert gone(certificate("a", "b", "root", follow=("a",))) == {"b"}
    assert gone(certificate("a", "b", "root", follow=("a", "b"))) == {"root"}
    assert gone(certificate("a", "b", follow=("a", "b"))) == {"a"}


def test_a_cell_that_closes_two_ways_at_once_goes_for_half() -> None:
    assert gone(certificate("a", "c"), certificate("b", "c")) == {"c"}  # 6 / 2 is less than 4 and 5
    assert gone(certificate("a", "root"), certificate("b", "root")) == {"a", "b"}  # and 30 / 2 is more


def test_ways_of_another_layer_are_not_counted_together() -> None:
    assert gone(certificate("a", "c"), certificate("b", "c", layer="distributions")) == {"a", "b*"}


def test_what_is_closed_already_costs_no_second_cell() -> None:
    assert gone(certificate("a", "b"), certificate("a", "b", "c")) == {"a"}
    # The shorter way comes first, in whatever order they were found.
    assert gone(certificate("root", "a", "c"), certificate("a", "c")) == {"a"}


def test_shares_go_alone_and_a_mean_takes_its_shares_along() -> None:
    assert gone(certificate("a", "b", layer="distributions")) == {"a*"}
    assert gone(certificate("a", "b"), certificate("b", "c", layer="distributions")) == {"a", "b*"}


@pytest.mark.parametrize(("each", "names"), [(1, {"a"}), (2, {"a", "b"}), (4, {"a", "b", "c"})])
def test_of_people_who_are_found_again_and_again_several_cells_go_at_once(each: int, names: set[str]) -> None:
    assert gone(certificate("a", "b", "c"), each=each) == names


def test_nothing_found_nothing_withheld() -> None:
    assert gone() == set()
    made = cells()
    assert np.array_equal(without(made["respondents"], Shown(made.exists, made.exists), []).means, made.exists)
