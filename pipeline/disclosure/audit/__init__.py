"""The auditor: tries to find somebody in what is about to be published. Knows nothing of how that was chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.certificate import Certificate, Finer, Term
from pipeline.disclosure.audit.changes import Pairs, small_changes
from pipeline.disclosure.audit.crowd import OUTSIDE, crowd
from pipeline.disclosure.audit.crowds import Crowds, Part
from pipeline.disclosure.audit.exposed import Exposed
from pipeline.disclosure.audit.joint import Joint, determined_together
from pipeline.disclosure.audit.laminar import small_residuals
from pipeline.disclosure.audit.large import Searched
from pipeline.disclosure.audit.linear import Clean, determined
from pipeline.disclosure.audit.linked import Linked
from pipeline.disclosure.audit.silent import all_or_nobody, recount, silent
from pipeline.disclosure.audit.unions import small_differences
from pipeline.disclosure.cells import Bools, Grid, Ints
from pipeline.disclosure.distribution import tells_too_much
from pipeline.disclosure.past import Answers, answers, plain
from pipeline.disclosure.unanimity import could_be_of_one_mind, of_one_mind

if TYPE_CHECKING:
    import pyarrow as pa

    from pipeline.disclosure.audit.crowd import Crowd
    from pipeline.disclosure.audit.equations import Known
    from pipeline.disclosure.family import Families
    from pipeline.disclosure.past import Earlier
    from pipeline.disclosure.primary import Shown
    from pipeline.disclosure.rules import Rules
    from pipeline.organisation import Tree

__all__ = ["Auditor", "Certificate", "Term"]

Unsafe = Callable[[tuple[Ints, ...]], Bools]
ANSWERS = ("answered", "total", "squares")
# Records from which on it pays to look at a part first, and how much of them the part may hold.
WORTH_A_PART = 5_000
LARGEST_PART = 0.5
SHARES = ("answered", "favourable", "neutral", "unfavourable")


class Auditor:
    """Looks at one wave, with all that was published of it. What was looked at once is not looked at again."""

    def __init__(
        self,
        cells: Grid,
        members: pa.Table,
        tree: Tree,
        rules: Rules,
        families: Families,
        past: Sequence[Earlier] = (),
    ) -> None:
        """`past` are all earlier releases of the wave; then `members` are numbered. Raises DisclosureLeak."""
        self.places = len(cells.places)
        self.cells = _beside(cells, [one.cells for one in past])
        self.rules = rules
        self.past = tuple(past)
        known = answers(members, cells.measures) if past else _ANYBODY
        parts, self.pairs = [Part(crowd(cells, plain(members), tree), 0, known)], []
        offset = self.places
        for one in past:
            parts.append(Part(crowd(one.cells, one.members, one.tree), offset, one.answers))
            self.pairs.append(_same_address(cells, one.cells, offset))
            offset += len(one.cells.places)
        for laid, part in zip((cells, *(one.cells for one in past)), parts, strict=True):
            recount(laid, part.crowd)
        self.crowds = Crowds(parts)
        number = {measure: index for index, measure in enumerate(cells.measures)}
        self.families = [(number[scale], *(number[item] for item in items)) for scale, items in families.items()]
        self.told: tuple[Certificate, ...] = ()
        self._tree = tree
        self._known: Known = {}
        self._here = np.ones(len(self.cells.places), dtype=np.bool_)
        self._forget()

    def _forget(self) -> None:
        self._seen: dict[tuple[object, ...], list[Certificate]] = {}
        self._clean: dict[int, Clean] = {}
        self._searched: dict[tuple[int, bytes, int], Searched] = {}

    def near(self, before: Shown, after: Shown) -> Auditor | None:
        """An auditor of the units around what is not shown any more; None where that is most of the wave, or all small.

        It sees fewer cells than there are, so what it finds is so, and what it does not find is not settled: the whole
        is audited last. Most of what a repair brings about is found by it in a fraction of the time.
        """
        crowd = self.crowds.of((0,))
        if self.past or len(crowd.person) < WORTH_A_PART or not self.cells.total_row.any():
            return None
        gone = (before.means & ~after.means) | (before.distributions & ~after.distributions)
        code, names = self.cells.units
        path = self._tree.path
        tops = {path[names[unit]][-2:][0] for unit in np.unique(code[gone.any(axis=0)]).tolist()}
        inside = np.array([not tops.isdisjoint(path[name]) for name in names], dtype=np.bool_)
        unit = np.full(crowd.inside[0].shape[1], OUTSIDE, dtype=np.int64)
        for level in crowd.inside[0]:  # everybody of a unit, the deepest last
            unit[level != OUTSIDE] = code[level[level != OUTSIDE]]
        atoms = (unit != OUTSIDE) & inside[unit]
        if atoms[crowd.atom].mean() > LARGEST_PART:
            return None
        part = copy(self)
        part.crowds = Crowds([Part(crowd.of_atoms(atoms), 0, _ANYBODY)])
        part._here = inside[code]  # noqa: SLF001 - of this class
        part._forget()  # noqa: SLF001
        return part

    def audit(self, shown: Shown) -> list[Certificate]:
        """Certificates, not all there are; none means that what docs/disclosure.md promises holds.

        Those of earlier releases alone are in `told` afterwards: whatever is published now, they are known.
        """
        measures = range(len(self.cells.measures))
        means = [self._table("means", (measure,), measure, self._ever(shown, "means", measure)) for measure in measures]
        finer = [
            self._table("distributions", (measure,), measure, self._ever(shown, "distributions", measure))
            for measure in measures
        ]
        families = [
            tuple(self._table("means", family, row, means[row].shown) for row in family) for family in self.families
        ]
        partly = [self._partly(family) for family in families]
        away = [silent(means[row], self.cells) for row in np.flatnonzero(self.cells.rate)]
        away = [replace(table, guarded=table.guarded & self._here) for table in away]
        tables = [*means, *finer, *partly, *away]
        quick = [
            *(self._once("changes", (table,), self._changes) for table in tables if self.past),
            *(self._once("residuals", (table,), self._residuals) for table in tables),
            *(self._alike("unions", table, small_differences) for table in tables),
            *(self._alike("linear", table, self._determined) for table in tables),
        ]
        # One combination is often found by several looks; the quickest of them names it.
        found = list({(one.layer, one.terms): one for certificates in reversed(quick) for one in certificates}.values())
        new = self._news(found)
        if new:
            return new
        # These two cost most, and most of what they would find is found by the others: they look at what is clean.
        last = [
            *(one for table in means for one in self._once("ranges", (table,), self._ranges)),
            *(one for family in families for one in self._once("joint", family, self._joint)),
        ]
        return self._news([*found, *last])

    def _news(self, found: list[Certificate]) -> list[Certificate]:
        """The certificates that something new is part of. The others are set aside in `told`."""
        is_new = [any(term.place < self.places for term in one.terms) for one in found]
        self.told = tuple(one for one, new in zip(found, is_new, strict=True) if not new)
        return [one for one, new in zip(found, is_new, strict=True) if new]

    def _ever(self, shown: Shown, layer: Finer, measure: int) -> Bools:
        """What is to be shown of a measure, and after it what every earlier release shows for good."""
        parts = [shown, *(one.shown for one in self.past)]
        return np.concatenate([(one.means if layer == "means" else one.distributions)[measure] for one in parts])

    def _once(
        self, look: str, tables: tuple[Exposed, ...], audit: Callable[..., list[Certificate]]
    ) -> list[Certificate]:
        """What was found in exactly these tables before, or now."""
        key = (look, *((table.layer, table.rows, table.times, table.shown.tobytes()) for table in tables))
        if key not in self._seen:
            self._seen[key] = audit(*tables)
        return self._seen[key]

    def _alike(self, look: str, table: Exposed, audit: Callable[[Exposed], list[Certificate]]) -> list[Certificate]:
        """Certificates that depend on people and places alone, so that measures with the same of both share them."""
        if len(table.rows) > 1:
            return self._once(look, (table,), audit)
        people = (id(table.crowd), table.who, table.shown.tobytes(), table.guarded.tobytes(), table.minimum)
        key = (look, *people)
        if key not in self._seen:
            self._seen[key] = audit(table)
        return [one.of(table.layer, table.rows[0]) for one in self._seen[key]]

    def _table(self, layer: Finer, together: tuple[int, ...], measure: int, shown: Bools) -> Exposed:
        """One measure in one layer, with the places that are withheld for their own sake.

        Its people are those of a crowd in which all the measures of `together` can be looked at.
        """
        cells = self.cells
        known: Crowd = self.crowds.of(together)
        counts = {name: cells[name][measure] for name in (*SHARES, "modal", "respondents")}
        minimum = self.rules.minimum_mean if layer == "means" else self.rules.minimum_distribution
        if layer == "means":
            everybody = cells.invited_known[measure] & (cells.silent[measure] == 0)
            alike = np.where(cells.rate[measure], everybody, of_one_mind(counts["answered"], counts["modal"]))
        else:
            alike = tells_too_much(*(counts[name] for name in SHARES))
        withheld = cells.exists[measure] & ~shown & (counts["respondents"] > 0)
        guarded = withheld & ((counts["respondents"] < minimum) | alike)
        here = self._here
        return Exposed(known, layer, (measure,), known.answers[:, measure], shown & here, minimum, guarded & here)

    def _partly(self, family: tuple[Exposed, ...]) -> Exposed:
        """The people who answered a family in part, published where the scale and all its items are."""
        answered: Ints = np.column_stack([table.answering for table in family]).sum(axis=1)
        some: Bools = (answered > 0) & (answered < len(family))
        shown: Bools = np.column_stack([table.shown for table in family]).sum(axis=1) == len(family)
        rows = tuple(row for table in family for row in table.rows)
        # As often as there are items, the scale counts what a full set of answers has in the items themselves.
        times = (len(rows) - 1, *(-1 for _ in rows[1:]))
        nothing = np.zeros_like(shown)
        return Exposed(family[0].crowd, "means", rows, some, shown, self.rules.minimum_mean, nothing, times)

    def _determined(self, table: Exposed) -> list[Certificate]:
        """Exact linear recovery, remembering the components that were clean."""
        people = (id(table.crowd), table.who, table.minimum)
        searched = self._searched.setdefault(people, Searched.nowhere(table))
        return determined(table, self._clean.setdefault(id(table.crowd), set()), searched, self._known)

    def _changes(self, table: Exposed) -> list[Certificate]:
        """Every cell beside itself in every earlier release."""
        sums = self._telling_sums(table)
        return [one for pairs in self.pairs for one in small_changes(table, pairs, *sums)]

    def _ranges(self, table: Exposed) -> list[Certificate]:
        """What the ends of the answers leave open, where the ends are known."""
        measure = table.rows[0]
        ends = self.rules.bounds.get(self.cells.measures[measure])
        if not ends:
            return []
        # Linear programmes take longer to load than most waves take to be protected.
        from pipeline.disclosure.audit.ranges import pinned  # noqa: PLC0415

        return pinned(table, self.cells["total"][measure], *ends)

    def _residuals(self, table: Exposed) -> list[Certificate]:
        """Residuals that are small; of one mind, or with telling shares, where the cells have sums to tell by."""
        return small_residuals(table, *self._telling_sums(table))

    def _telling_sums(self, table: Exposed) -> tuple[tuple[Ints, ...], Unsafe] | tuple[()]:
        """The sums of a table's cells by which a set of people may say too much, and what is too much."""
        measure = table.rows[0]
        if len(table.rows) > 1:
            return ()
        if self.cells.rate[measure, 0]:
            return all_or_nobody(table, self.cells)
        names, unsafe = (ANSWERS, _of_one_mind) if table.layer == "means" else (SHARES, _telling)
        return tuple(self.cells[name][measure] for name in names), unsafe

    def _joint(self, *family: Exposed) -> list[Certificate]:
        """The scale and its items as one system."""
        scale, first = family[:2]
        twins = len(family) == 2 and (scale.answering == first.answering).all()  # noqa: PLR2004 - a scale of one item
        if twins and (scale.shown == first.shown).all() and (scale.guarded == first.guarded).all():
            return []  # the two state the same figures in the same places, and each was audited by itself
        links = self.crowds.links(tuple(table.rows[0] for table in family))
        one = Linked(scale.crowd, family, links) if links else Joint(scale.crowd, family)
        return determined_together(one, self._known)


# Where nothing was published before, nobody needs to be found again.
_ANYBODY = Answers(*(np.zeros(0, dtype=np.int64) for _ in range(3)))


def _beside(cells: Grid, others: Sequence[Grid]) -> Grid:
    """The places of several releases, one after the other, as those of one."""
    grids = (cells, *others)
    return Grid(
        cells.measures,
        tuple(place for one in grids for place in one.places),
        np.concatenate([one.exists for one in grids], axis=1),
        {name: np.concatenate([one[name] for one in grids], axis=1) for name in cells.counts},
        np.concatenate([one.invited_known for one in grids], axis=1),
    )


def _same_address(new: Grid, old: Grid, offset: int) -> Pairs:
    """Which places of two releases are called the same."""
    found = [(number, offset + old.at[place]) for number, place in enumerate(new.places) if place in old.at]
    return Pairs(*np.array(found, dtype=np.int64).reshape(len(found), 2).T)


def _of_one_mind(sums: tuple[Ints, ...]) -> Bools:
    """Of ANSWERS."""
    return could_be_of_one_mind(*sums)


def _telling(sums: tuple[Ints, ...]) -> Bools:
    """Of SHARES."""
    return tells_too_much(*sums)
