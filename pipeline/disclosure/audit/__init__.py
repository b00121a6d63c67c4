"""The auditor: tries to find somebody in what is about to be published. Knows nothing of how that was chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.certificate import Certificate, Finer, Term
from pipeline.disclosure.audit.crowd import Crowd, crowd
from pipeline.disclosure.audit.exposed import Exposed
from pipeline.disclosure.audit.joint import Joint, determined_together
from pipeline.disclosure.audit.laminar import small_residuals
from pipeline.disclosure.audit.linear import Clean, determined
from pipeline.disclosure.audit.unions import small_differences
from pipeline.disclosure.cells import Bools, Grid, Ints
from pipeline.disclosure.distribution import tells_too_much
from pipeline.disclosure.unanimity import could_be_of_one_mind, of_one_mind

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.disclosure.family import Families
    from pipeline.disclosure.primary import Shown
    from pipeline.disclosure.rules import Rules
    from pipeline.organisation import Tree

__all__ = ["Auditor", "Certificate", "Term"]

Unsafe = Callable[[tuple[Ints, ...]], Bools]
ANSWERS = ("answered", "total", "squares")
SHARES = ("answered", "favourable", "neutral", "unfavourable")


class Auditor:
    """Looks at one wave. What was looked at once and has not changed since is not looked at again."""

    def __init__(self, cells: Grid, members: pa.Table, tree: Tree, rules: Rules, families: Families) -> None:
        self.cells = cells
        self.rules = rules
        self.crowd: Crowd = crowd(cells, members, tree)
        number = {measure: index for index, measure in enumerate(cells.measures)}
        self.families = [(number[scale], *(number[item] for item in items)) for scale, items in families.items()]
        self._seen: dict[tuple[object, ...], list[Certificate]] = {}
        self._clean: Clean = set()

    def audit(self, shown: Shown) -> list[Certificate]:
        """Certificates of the first look that finds any; none means that what docs/disclosure.md promises holds.

        The looks go from the quickest to the most thorough, and a table is clean when all of them find nothing.
        """
        measures = range(len(self.cells.measures))
        means = [self._table("means", measure, shown.means[measure]) for measure in measures]
        finer = [self._table("distributions", measure, shown.distributions[measure]) for measure in measures]
        families = [tuple(means[row] for row in family) for family in self.families]
        partly = [self._partly(family) for family in families]
        tables = [*means, *finer, *partly]
        looks: tuple[Callable[[], Iterator[list[Certificate]]], ...] = (
            lambda: (self._once("residuals", (table,), self._residuals) for table in tables),
            lambda: (self._alike("unions", table, small_differences) for table in tables),
            lambda: (self._alike("linear", table, self._determined) for table in tables),
            lambda: (self._once("joint", family, self._joint) for family in families),
        )
        for look in looks:
            found = [certificate for certificates in look() for certificate in certificates]
            if found:
                return found
        return []

    def _once(
        self, look: str, tables: tuple[Exposed, ...], audit: Callable[..., list[Certificate]]
    ) -> list[Certificate]:
        """What was found in exactly these tables before, or now."""
        key = (look, *((table.layer, table.rows, table.shown.tobytes()) for table in tables))
        if key not in self._seen:
            self._seen[key] = audit(*tables)
        return self._seen[key]

    def _alike(self, look: str, table: Exposed, audit: Callable[[Exposed], list[Certificate]]) -> list[Certificate]:
        """Certificates that depend on people and places alone, so that measures with the same of both share them."""
        if len(table.rows) > 1:
            return self._once(look, (table,), audit)
        people = (table.who, table.shown.tobytes(), table.guarded.tobytes(), table.minimum)
        key = (look, *people)
        if key not in self._seen:
            self._seen[key] = audit(table)
        return [one.of(table.layer, table.rows[0]) for one in self._seen[key]]

    def _table(self, layer: Finer, measure: int, shown: Bools) -> Exposed:
        """One measure in one layer, with the places that are withheld for their own sake."""
        cells = self.cells
        counts = {name: cells[name][measure] for name in (*SHARES, "modal", "respondents")}
        minimum = self.rules.minimum_mean if layer == "means" else self.rules.minimum_distribution
        if layer == "means":
            alike = of_one_mind(counts["answered"], counts["modal"]) & ~cells.rate[measure]
        else:
            alike = tells_too_much(*(counts[name] for name in SHARES))
        withheld = cells.exists[measure] & ~shown & (counts["respondents"] > 0)
        guarded = withheld & ((counts["respondents"] < minimum) | alike)
        return Exposed(self.crowd, layer, (measure,), self.crowd.answers[:, measure], shown, minimum, guarded)

    def _partly(self, family: tuple[Exposed, ...]) -> Exposed:
        """The people who answered a family in part, published where the scale and all its items are."""
        answered: Ints = np.column_stack([table.answering for table in family]).sum(axis=1)
        some: Bools = (answered > 0) & (answered < len(family))
        shown: Bools = np.column_stack([table.shown for table in family]).sum(axis=1) == len(family)
        rows = tuple(row for table in family for row in table.rows)
        # As often as there are items, the scale counts what a full set of answers has in the items themselves.
        times = (len(rows) - 1, *(-1 for _ in rows[1:]))
        nothing = np.zeros_like(shown)
        return Exposed(self.crowd, "means", rows, some, shown, self.rules.minimum_mean, nothing, times)

    def _determined(self, table: Exposed) -> list[Certificate]:
        """Exact linear recovery, remembering the components that were clean."""
        return determined(table, self._clean)

    def _residuals(self, table: Exposed) -> list[Certificate]:
        """Residuals that are small; of one mind, or with telling shares, where the cells have sums to tell by."""
        measure = table.rows[0]
        if len(table.rows) > 1 or self.cells.rate[measure, 0]:
            return small_residuals(table)
        names, unsafe = (ANSWERS, _of_one_mind) if table.layer == "means" else (SHARES, _telling)
        return small_residuals(table, tuple(self.cells[name][measure] for name in names), unsafe)

    def _joint(self, *family: Exposed) -> list[Certificate]:
        """The scale and its items as one system."""
        scale, first = family[:2]
        twins = len(family) == 2 and (scale.answering == first.answering).all()  # noqa: PLR2004 - a scale of one item
        if twins and (scale.shown == first.shown).all() and (scale.guarded == first.guarded).all():
            return []  # the two state the same figures in the same places, and each was audited by itself
        return determined_together(Joint(self.crowd, family))


def _of_one_mind(sums: tuple[Ints, ...]) -> Bools:
    """Of ANSWERS."""
    return could_be_of_one_mind(*sums)


def _telling(sums: tuple[Ints, ...]) -> Bools:
    """Of SHARES."""
    return tells_too_much(*sums)
