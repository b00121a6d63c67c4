"""From what is determined to the published cells that determine it: the same for small systems and for large ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.disclosure.audit.certificate import Certificate, FoundBy
from pipeline.disclosure.audit.elimination import Row, combinations

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline.disclosure.audit.elimination import Combinations
    from pipeline.disclosure.audit.exposed import Exposed

# A combination of groups, how many people are in them, and the look that found it.
Found = tuple[Row, int, FoundBy]


def certified(
    table: Exposed,
    places: list[int],
    rows: list[Row],
    unknowns: int,
    found: list[Found],
    sought: Callable[[list[Row], int, list[Row]], Combinations] = combinations,
) -> tuple[list[Certificate], list[Found]]:
    """The cells behind each finding, and the findings that these equations, one a place, do not give exactly."""
    how = sought(rows, unknowns, [wanted for wanted, _, _ in found])
    follow = {
        (term.measure, term.place)
        for relation in how.relations
        for term in table.terms({places[row]: times for row, times in relation.items()})
    }
    certificates, left = [], []
    for one, solution in zip(found, how.found, strict=True):
        if solution is None:
            left.append(one)
            continue
        terms = table.terms({places[row]: times for row, times in solution.items()})
        mine = frozenset(follow & {(term.measure, term.place) for term in terms})
        certificates.append(Certificate(table.layer, one[2], one[1], terms, mine))
    return certificates, left
