"""What the audit returns: the published cells by which somebody could be found. Private; it names cells, no person."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Finer = Literal["means", "distributions"]
FoundBy = Literal["residual", "atom", "pair", "set", "withheld cell", "union", "contrast", "change", "range"]


@dataclass(frozen=True, order=True)
class Term:
    """A published cell in a certificate: its row and column in the grid, and how many times it is counted."""

    measure: int
    place: int
    times: int


@dataclass(frozen=True)
class Certificate:
    """`terms`, added up, state a figure about `people` people (at least 1) that nobody may know."""

    layer: Finer
    found_by: FoundBy
    people: int
    terms: tuple[Term, ...]
    # Cells among them that other published cells give anyway: to withhold one of those alone closes nothing.
    follow: frozenset[tuple[int, int]] = frozenset()

    def of(self, layer: Finer, measure: int) -> Certificate:
        """The same about another measure, which is published in the same places about the same people."""
        return replace(
            self,
            layer=layer,
            terms=tuple(replace(term, measure=measure) for term in self.terms),
            follow=frozenset((measure, place) for _, place in self.follow),
        )
