"""The gate: the only place where a ProtectedTable is made."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn

import numpy as np
import pyarrow as pa

from pipeline.disclosure.audit import Auditor, Certificate
from pipeline.disclosure.cells import Address, Bools, Grid, addresses, columns, grid
from pipeline.disclosure.choose import Chooser
from pipeline.disclosure.family import Families, check
from pipeline.disclosure.kept import (
    CONFIDENTIAL,
    FREE,
    KEPT,
    PROTECTED,
    kept_of,
    standing,
    stood,
    with_rows,
)
from pipeline.disclosure.past import Earlier, Past, earlier, plain
from pipeline.disclosure.primary import Shown, allowed
from pipeline.disclosure.repair import without
from pipeline.disclosure.worth import ANY, Worth
from pipeline.errors import DisclosureLeak

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.disclosure.rules import Rules
    from pipeline.organisation import Tree

MEANS = ("answered", "invited", "total")
FINER = ("squares", "favourable", "neutral", "unfavourable")

# Rounds of repair after which every cell of a certificate stays as it was published, where it was, and not one alone.
PATIENCE = 6
# Rounds of repair in which one cell of each certificate goes; then twice as many in every round, for the few people
# who are found again by way after way.
IN_SINGLE_FILE = 4

# Handed to the constructor by this module alone, after a clean audit.
_PASSED = object()


@dataclass(frozen=True)
class ProtectedTable:
    """Cells of one wave that were audited: what is withheld is not in it. Only `protect` and `readmit` make one.

    `kept` are the addresses of rows that are not about these cells: they stay, byte for byte, as they were published.
    """

    table: pa.Table
    passed: InitVar[object] = None
    kept: pa.Table = field(default_factory=KEPT.empty_table)

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


@dataclass(frozen=True)
class Basis:
    """What a protected table is held against: a wave, how it is to be judged, and what was published of it.

    `families` says which measures are the items of which scale (`disclosure.families(survey)`); it has no default,
    because what is published of a scale and of its items must be looked at together. `past` are all releases of the
    wave so far, the first one first; everything is audited together with them.
    """

    cells: pa.Table
    members: pa.Table
    tree: Tree
    rules: Rules
    families: Families
    past: Sequence[Past] = ()

    def laid(self) -> tuple[Grid, list[Earlier]]:
        """The cells, and beside them what was published before."""
        segments, measures = columns(plain(self.members))
        check(self.families, measures)
        return grid(self.cells, measures, segments, self.tree), [earlier(one, measures) for one in self.past]

    def auditor(self, laid: Grid, before: Sequence[Earlier]) -> Auditor:
        """Whoever looks for people in what is shown of these cells."""
        return Auditor(laid, self.members, self.tree, self.rules, self.families, before)


def protect(
    cells: pa.Table,
    members: pa.Table,
    tree: Tree,
    rules: Rules,
    families: Families,
    past: Sequence[Past] = (),
    worth: Worth = ANY,
) -> ProtectedTable:
    """Withholds what must be, audits the rest independently. Raises DisclosureLeak.

    All but `worth` as in Basis. A cell that may not be shown stays as the last of the `past` published it, and is
    withheld where that one withheld it. `worth` says what to keep where there is a choice.
    """
    basis = Basis(cells, members, tree, rules, families, past)
    laid, before = basis.laid()
    chooser = Chooser(laid, plain(members), tree, rules, families, worth)
    auditor = basis.auditor(laid, before)
    shown = chooser.choose(allowed(laid, rules))
    stands, rounds = stood(laid, rules, before), 0
    leaks = auditor.audit(shown)
    # Every round withholds at least one cell more, so the rounds come to an end; the last word has the whole auditor.
    while leaks:
        rounds += 1
        less = without(chooser.weight, shown, _ours(auditor, leaks), 2 ** max(rounds - IN_SINGLE_FILE, 0))
        if rounds > PATIENCE:
            less = _letting_stay(less, _ours(auditor, leaks), stands)
        if _size(less) >= _size(shown):
            raise DisclosureLeak(_words(auditor.cells, leaks))
        more, shown = shown, chooser.choose(less)
        near = auditor.near(more, shown)
        leaks = (near.audit(shown) if near else []) or auditor.audit(shown)
    stays = standing(laid, shown, rules, before)
    return ProtectedTable(with_rows(_written(laid, shown), stays), _PASSED, kept_of(stays))


@dataclass(frozen=True)
class Written:
    """A protected table that was written down: it says what its cells say and keeps the rules, and is not audited.

    Only a draft of a release can be made of it. `kept` as in ProtectedTable.
    """

    table: pa.Table
    kept: pa.Table


def readmit(table: pa.Table, basis: Basis, kept: pa.Table | None = None) -> ProtectedTable:
    """A protected table that was written down and read again, audited again from scratch. Raises DisclosureLeak.

    `kept` are the addresses that the table was made with, none by default.
    """
    laid, before = basis.laid()
    given, shown = _held(table, laid, before, basis.rules, kept)
    auditor = basis.auditor(laid, before)
    leaks = auditor.audit(shown)
    if leaks:
        raise DisclosureLeak(_words(auditor.cells, leaks))
    return ProtectedTable(given.table, _PASSED, given.kept)


def written(table: pa.Table, basis: Basis, kept: pa.Table | None = None) -> Written:
    """All of `readmit` but the audit, for whoever only looks at what a release would be. Raises DisclosureLeak."""
    laid, before = basis.laid()
    return _held(table, laid, before, basis.rules, kept)[0]


def _held(
    table: pa.Table, laid: Grid, before: Sequence[Earlier], rules: Rules, kept: pa.Table | None
) -> tuple[Written, Shown]:
    """The table, held against its cells and the rules, and what it shows of them. Raises DisclosureLeak."""
    given = table.replace_schema_metadata(None).combine_chunks()
    named = set() if kept is None else set(addresses(kept))
    shown = _read(given, laid, named)
    stays = {address: row for address, row in standing(laid, shown, rules, before).items() if address in named}
    if len(stays) < len(named) or not with_rows(_written(laid, shown), stays).equals(given):
        msg = "the protected table does not say what its cells say; aggregate again"
        raise DisclosureLeak(msg)
    may = allowed(laid, rules)
    if (shown.means & ~may.means).any() or (shown.distributions & ~may.distributions).any():
        msg = "the protected table shows a cell that the rules withhold; aggregate again with this survey file"
        raise DisclosureLeak(msg)
    return Written(given, kept_of(stays)), shown


@dataclass(frozen=True)
class Found:
    """Certificates about all releases of a wave together; `release` says of each place of `cells` which it is of."""

    cells: Grid
    release: tuple[int, ...]
    certificates: tuple[Certificate, ...]


def found_in_history(releases: Sequence[Past], rules: Rules, families: Families) -> Found:
    """By which cells of all releases of a wave together somebody could be found; no certificate when nobody can.

    `releases` stand in the order in which they were published. Raises DisclosureLeak when what is kept of one of them
    does not belong together.
    """
    *before, last = releases
    known = plain(last.members)
    measures = tuple(dict.fromkeys(name for one in (last, *before) for name in columns(plain(one.members))[1]))
    laid = earlier(last, measures)
    others = [earlier(one, measures) for one in before]
    held = set(columns(known)[1])
    there = {scale: items for scale, items in families.items() if {scale, *items} <= held}
    auditor = Auditor(laid.cells, last.members, last.tree, rules, there, others)
    sizes = [(len(before), laid), *enumerate(others)]
    release = tuple(number for number, one in sizes for _ in one.cells.places)
    found = auditor.audit(laid.shown)
    return Found(auditor.cells, release, (*found, *auditor.told))


def _ours(auditor: Auditor, leaks: Sequence[Certificate]) -> list[Certificate]:
    """The certificates without the cells that are published for good: only new ones can be withheld."""
    return [
        replace(
            one,
            terms=tuple(term for term in one.terms if term.place < auditor.places),
            follow=frozenset(cell for cell in one.follow if cell[1] < auditor.places),
        )
        for one in leaks
    ]


def _letting_stay(shown: Shown, leaks: Sequence[Certificate], stands: Bools) -> Shown:
    """Less of `shown`: no cell of a certificate is new that has a row to keep, and so is not lost."""
    means, distributions = shown.means.copy(), shown.distributions.copy()
    for one in leaks:
        for term in one.terms:
            if stands[term.measure, term.place]:
                distributions[term.measure, term.place] = False
                means[term.measure, term.place] &= one.layer != "means"
    return Shown(means, distributions & means)


def _size(shown: Shown) -> int:
    """How much is shown, means and distributions together."""
    return int(shown.means.sum()) + int(shown.distributions.sum())


def _written(cells: Grid, shown: Shown) -> pa.Table:
    """The cells in the order of the tree, and every figure that is withheld taken out."""
    place, measure = np.nonzero(cells.exists.T)
    means = shown.means[measure, place]
    finer = shown.distributions[measure, place]
    figures = {name: _masked(cells[name][measure, place], means) for name in MEANS}
    # Those invited beside those who answered anything are the rate, so they are stated where it is and nowhere else.
    rated: Bools = np.logical_or.reduce(shown.means & cells.rate & cells.invited_known)
    figures["invited"] = _masked(cells["invited"][measure, place], means & rated[place])
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


def _read(table: pa.Table, cells: Grid, kept: set[Address]) -> Shown:
    """What a written table shows of these cells, `kept` being about others. Raises DisclosureLeak when it is not so."""
    place, measure = np.nonzero(cells.exists.T)
    if table.schema.names != PROTECTED.names or table.schema.types != PROTECTED.types or table.num_rows != len(place):
        msg = "the protected table is not one of these cells; aggregate again"
        raise DisclosureLeak(msg)
    means, distributions = np.zeros_like(cells.exists), np.zeros_like(cells.exists)
    means[measure, place] = np.array(table.column("status").to_pylist()) == FREE
    distributions[measure, place] = table.column("squares").combine_chunks().is_valid().to_numpy(zero_copy_only=False)
    if kept:
        own = np.array([address not in kept for address in addresses(table)], dtype=np.bool_)
        means[measure, place] &= own
        distributions[measure, place] &= own
    return Shown(means, distributions)


def _words(cells: Grid, leaks: Sequence[Certificate]) -> str:
    """The cells of the first certificate; how many people, never who, and never exactly how many."""
    one = leaks[0]
    named = "; ".join(f"{cells.places[term.place]} {cells.measures[term.measure]}" for term in one.terms[:8])
    more = f" and {len(one.terms) - 8} more" if len(one.terms) > 8 else ""  # noqa: PLR2004 - enough to find the place
    return (
        f"nothing is published: a combination of published {one.layer} tells of a group under the minimum or of one "
        f"mind, by {named}{more}; withhold more, or mend the chooser in pipeline/disclosure"
    )
