"""The gate: the only place where a ProtectedTable is made."""

from __future__ import annotations

from dataclasses import InitVar, dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pyarrow as pa

from pipeline.disclosure.audit import Auditor, Certificate
from pipeline.disclosure.cells import Bools, Grid, columns, grid
from pipeline.disclosure.choose import Chooser
from pipeline.disclosure.family import Families, check
from pipeline.disclosure.primary import Shown, allowed
from pipeline.disclosure.repair import without
from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.disclosure.rules import Rules
    from pipeline.organisation import Tree

FREE, CONFIDENTIAL = "F", "C"

PROTECTED = pa.schema(
    [
        pa.field("unit", pa.string(), nullable=False),
        pa.field("segment", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("measure", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),  # F free, C confidential
        # Null wherever status is C; the last four also where there are too few people for a distribution.
        pa.field("answered", pa.int64()),
        pa.field("invited", pa.int64()),
        pa.field("total", pa.int64()),
        pa.field("squares", pa.int64()),
        pa.field("favourable", pa.int64()),
        pa.field("neutral", pa.int64()),
        pa.field("unfavourable", pa.int64()),
    ],
)
MEANS = ("answered", "invited", "total")
FINER = ("squares", "favourable", "neutral", "unfavourable")

# Handed to the constructor by this module alone, after a clean audit.
_PASSED = object()


@dataclass(frozen=True)
class ProtectedTable:
    """Cells of one wave that were audited: what is withheld is not in it. Only `protect` and `readmit` make one."""

    table: pa.Table
    passed: InitVar[object] = None

    def __post_init__(self, passed: object) -> None:
        """Raises TypeError for everybody who has not run the audit."""
        if passed is not _PASSED:
            msg = "a ProtectedTable is made by disclosure.protect or disclosure.readmit alone"
            raise TypeError(msg)

    def __init_subclass__(cls) -> NoReturn:
        """Raises TypeError: a subclass could leave the check out."""
        msg = "ProtectedTable has no subclasses"
        raise TypeError(msg)

    def __reduce_ex__(self, _: object) -> NoReturn:
        """Raises TypeError: copying and pickling make an object without asking its constructor."""
        msg = "a ProtectedTable is not copied or pickled; write its table down and readmit it"
        raise TypeError(msg)


def protect(cells: pa.Table, members: pa.Table, tree: Tree, rules: Rules, families: Families) -> ProtectedTable:
    """Withholds what must be, audits the rest independently. Raises DisclosureLeak.

    `families` says which measures are the items of which scale (`disclosure.families(survey)`); it has no default,
    because what is published of a scale and of its items must be looked at together.
    """
    segments, measures = columns(members)
    check(families, measures)
    laid = grid(cells, measures, segments, tree)
    chooser = Chooser(laid, members, tree, rules, families)
    auditor = Auditor(laid, members, tree, rules, families)
    shown = chooser.choose(allowed(laid, rules))
    # Every round withholds at least one cell more, so the rounds come to an end.
    while leaks := auditor.audit(shown):
        less = without(laid, shown, leaks)
        if _size(less) >= _size(shown):
            raise DisclosureLeak(_words(laid, leaks))
        shown = chooser.choose(less)
    return ProtectedTable(_written(laid, shown), _PASSED)


def readmit(
    table: pa.Table, cells: pa.Table, members: pa.Table, tree: Tree, rules: Rules, families: Families
) -> ProtectedTable:
    """A protected table that was written down and read again, audited again from scratch. Raises DisclosureLeak."""
    segments, measures = columns(members)
    check(families, measures)
    laid = grid(cells, measures, segments, tree)
    shown = _read(table, laid)
    if not _written(laid, shown).equals(table.replace_schema_metadata(None).combine_chunks()):
        msg = "the protected table does not say what its cells say; aggregate again"
        raise DisclosureLeak(msg)
    may = allowed(laid, rules)
    if (shown.means & ~may.means).any() or (shown.distributions & ~may.distributions).any():
        msg = "the protected table shows a cell that the rules withhold; aggregate again with this survey file"
        raise DisclosureLeak(msg)
    leaks = Auditor(laid, members, tree, rules, families).audit(shown)
    if leaks:
        raise DisclosureLeak(_words(laid, leaks))
    return ProtectedTable(_written(laid, shown), _PASSED)


def _size(shown: Shown) -> int:
    """How much is shown, means and distributions together."""
    return int(shown.means.sum()) + int(shown.distributions.sum())


def _written(cells: Grid, shown: Shown) -> pa.Table:
    """The cells in the order of the tree, and every figure that is withheld taken out."""
    place, measure = np.nonzero(cells.exists.T)
    means = shown.means[measure, place]
    finer = shown.distributions[measure, place]
    figures = {name: _masked(cells[name][measure, place], means) for name in MEANS}
    figures["invited"] = _masked(cells["invited"][measure, place], means & cells.invited_known[measure, place])
    figures |= {name: _masked(cells[name][measure, place], finer) for name in FINER}
    names = {
        "unit": [cells.places[one].unit for one in place],
        "segment": [cells.places[one].segment for one in place],
        "category": [cells.places[one].category for one in place],
        "measure": [cells.measures[one] for one in measure],
        "status": np.where(means, FREE, CONFIDENTIAL).tolist(),
    }
    return pa.table(names | figures, schema=PROTECTED)


def _masked(values: object, shown: Bools) -> pa.Array:
    """Null wherever it is not shown."""
    return pa.array(values, type=pa.int64(), mask=~shown)


def _read(table: pa.Table, cells: Grid) -> Shown:
    """What a written table shows. Raises DisclosureLeak when it is not a table of these cells."""
    place, measure = np.nonzero(cells.exists.T)
    if table.schema.names != PROTECTED.names or table.schema.types != PROTECTED.types or table.num_rows != len(place):
        msg = "the protected table is not one of these cells; aggregate again"
        raise DisclosureLeak(msg)
    means, distributions = np.zeros_like(cells.exists), np.zeros_like(cells.exists)
    means[measure, place] = np.array(table.column("status").to_pylist()) == FREE
    distributions[measure, place] = table.column("squares").combine_chunks().is_valid().to_numpy(zero_copy_only=False)
    return Shown(means, distributions)


def _words(cells: Grid, leaks: Sequence[Certificate]) -> str:
    """The cells of the first certificate; how many people, never who, and never exactly how many."""
    one = leaks[0]
    named = "; ".join(
        f"{cells.places[term.place].unit} {cells.places[term.place].segment}={cells.places[term.place].category} "
        f"{cells.measures[term.measure]}"
        for term in one.terms[:8]
    )
    more = f" and {len(one.terms) - 8} more" if len(one.terms) > 8 else ""  # noqa: PLR2004 - enough to find the place
    return (
        f"nothing is published: {len(leaks)} combinations of published {one.layer} tell of a group under the minimum "
        f"or of one mind, the first by {named}{more}; withhold more, or mend the chooser in pipeline/disclosure"
    )
