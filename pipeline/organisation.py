"""The organisation of a wave: the tree of units, frozen, and the rules that a units file must keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa

from pipeline import lineage
from pipeline.errors import OrganisationInvalid

_KEEPER = "whoever keeps the organisation"


@dataclass(frozen=True)
class Unit:
    """A node of the tree. `parent` is None for the root alone.

    `successor_of` are the units of the wave before that it continues, as the units file writes them: an id, or
    `part:` and an id where others continue the rest (pipeline.lineage).
    """

    id: str
    parent: str | None
    name: str
    successor_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    """Units in top-down order: every parent stands before its children. Made by `tree`, which checks it."""

    units: tuple[Unit, ...]

    @cached_property
    def unit(self) -> Mapping[str, Unit]:
        """Unit by id."""
        return {unit.id: unit for unit in self.units}

    @cached_property
    def root(self) -> str:
        """The id of the unit that holds everybody."""
        return self.units[0].id

    @cached_property
    def children(self) -> Mapping[str, tuple[str, ...]]:
        """Unit id -> ids of the units directly under it, in the order of the tree."""
        under: dict[str, list[str]] = {unit.id: [] for unit in self.units}
        for unit in self.units:
            if unit.parent is not None:
                under[unit.parent].append(unit.id)
        return {unit: tuple(ids) for unit, ids in under.items()}

    @cached_property
    def path(self) -> Mapping[str, tuple[str, ...]]:
        """Unit id -> ids from the root down to the unit itself."""
        paths: dict[str, tuple[str, ...]] = {}
        for unit in self.units:
            paths[unit.id] = (*paths[unit.parent], unit.id) if unit.parent is not None else (unit.id,)
        return paths


def tree(units: Iterable[Unit]) -> Tree:
    """The tree of these units, in a stable order. Raises OrganisationInvalid, naming the units at fault."""
    given = list(units)
    if not given:
        msg = f"the units file has no units; {_KEEPER} pushes one with a root"
        raise OrganisationInvalid(msg)
    known: dict[str, Unit] = {}
    for unit in given:
        if unit.id in known:
            msg = f"unit {unit.id!r} stands twice in the units file; {_KEEPER} keeps one of the two"
            raise OrganisationInvalid(msg)
        known[unit.id] = unit
    orphans = sorted(unit.id for unit in given if unit.parent is not None and unit.parent not in known)
    if orphans:
        missing = known[orphans[0]].parent
        msg = f"unit {orphans[0]!r} lies under {missing!r}, which is missing from the units file; {_KEEPER} adds it"
        raise OrganisationInvalid(msg)
    roots = sorted(unit.id for unit in given if unit.parent is None)
    if len(roots) > 1:
        listed = ", ".join(map(repr, roots[:5]))
        msg = f"more than one unit has no parent: {listed}; {_KEEPER} gives all but one a parent_id"
        raise OrganisationInvalid(msg)
    lineage.check(known)
    return Tree(tuple(_top_down(known, roots)))


UNITS = pa.schema(
    [
        pa.field("unit", pa.string(), nullable=False),
        pa.field("parent", pa.string()),  # null for the root
        pa.field("name", pa.string(), nullable=False),
        pa.field("successor_of", pa.string()),  # as the units file writes it, null for most
    ],
)


def to_table(units: Tree) -> pa.Table:
    """The tree as rows unit, parent (null for the root), name, successor_of (null for none), top down."""
    rows = [(one.id, one.parent, one.name, lineage.SEPARATOR.join(one.successor_of) or None) for one in units.units]
    return pa.table([list(column) for column in zip(*rows, strict=True)], schema=UNITS)


def from_table(units: pa.Table) -> Tree:
    """The tree of a table as `to_table` writes it, checked again; one without successor_of has none.

    Raises OrganisationInvalid.
    """
    ids, parents, names = (units[name].to_pylist() for name in UNITS.names[:3])
    continued = units["successor_of"].to_pylist() if "successor_of" in units.schema.names else [None] * len(ids)
    rows = zip(ids, parents, names, map(lineage.stated, continued), strict=True)
    return tree(Unit(*row) for row in rows)


def check_units(whole: Tree, named: pa.ChunkedArray, what: str) -> None:
    """Raises OrganisationInvalid when `named`, a unit for each row, holds units that are not in the tree.

    Whoever is in no unit of the tree would silently be counted nowhere. `what` is `people belong to`, or the like.
    """
    counts = named.value_counts().to_pylist()
    lost = sorted((one["values"] or "", one["counts"]) for one in counts if one["values"] not in whole.unit)
    if lost:
        listed = ", ".join(f"{unit!r} ({count})" for unit, count in lost[:5])
        more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""  # noqa: PLR2004 - as many as are named
        msg = (
            f"{what} units that are missing from the units file: {listed}{more}; {_KEEPER} adds "
            "the units, or the sender mends the file and pushes it again"
        )
        raise OrganisationInvalid(msg)


def _top_down(known: Mapping[str, Unit], roots: list[str]) -> list[Unit]:
    """Level by level, ids in order within a level; what is never reached goes round in a circle."""
    under: dict[str, list[str]] = {}
    for unit in known.values():
        if unit.parent is not None:
            under.setdefault(unit.parent, []).append(unit.id)
    order: list[Unit] = []
    level = roots
    while level:
        order += [known[unit] for unit in level]
        level = sorted(child for unit in level for child in under.get(unit, ()))
    lost = sorted(known.keys() - {unit.id for unit in order})
    if lost:
        circle = [lost[0]]
        while (above := known[circle[-1]].parent) is not None and above not in circle:
            circle.append(above)
        listed = " > ".join(map(repr, circle))
        msg = f"these units lie under each other in a circle: {listed}; {_KEEPER} mends a parent_id"
        raise OrganisationInvalid(msg)
    return order
