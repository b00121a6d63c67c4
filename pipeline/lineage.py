"""Which unit of the wave before a unit continues, when the organisation was drawn anew in between.

A unit continues the one with its id, unless the units file says otherwise in `successor_of`: the id of the unit that
it continues; several, separated by `;`, where it takes over several; `part:` before an id where others take over
the rest of that unit. Only who continues one whole unit is compared with it: all else are not the same people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import OrganisationInvalid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pipeline.organisation import Tree, Unit

SEPARATOR = ";"
PART = "part:"
_KEEPER = "whoever keeps the organisation"


def stated(cell: str | None) -> tuple[str, ...]:
    """What a cell of successor_of says, one unit each; none for an empty one."""
    return tuple(part.strip() for part in (cell or "").split(SEPARATOR) if part.strip())


def check(units: Mapping[str, Unit]) -> None:
    """Raises OrganisationInvalid where units cannot all be what they say they continue; `units` are by id."""
    whole: dict[str, str] = {}
    parts: dict[str, str] = {}
    for unit in units.values():
        named = [_name(one) for one in unit.successor_of]
        if len(set(named)) < len(named) or "" in named:
            _refuse(f"unit {unit.id!r} names a unit twice in successor_of, or none after {PART!r}", "names each once")
        for one, before in zip(unit.successor_of, named, strict=True):
            if one.startswith(PART):
                parts.setdefault(before, unit.id)
            elif (other := whole.setdefault(before, unit.id)) != unit.id:
                _both(other, unit.id, before)
    for before, unit_id in whole.items():
        stays = before in units and not units[before].successor_of and before != unit_id
        if stays or before in parts:
            _both(before if stays else parts[before], unit_id, before)
    for unit_id in whole.values():
        _check_circle(units, unit_id)


def _check_circle(units: Mapping[str, Unit], start: str) -> None:
    """Raises OrganisationInvalid where units continue each other in turn: then somebody gave an old id to a new one."""
    way = [start]
    while len(units[way[-1]].successor_of) == 1 and (after := units[way[-1]].successor_of[0]) in units:
        if after == start and len(way) > 1:
            listed = " > ".join(map(repr, way))
            _refuse(f"these units continue each other in a circle: {listed}", "gives a unit that is new a new id")
        if after in way:
            break
        way.append(after)


def predecessors(tree: Tree, before: Collection[str]) -> Mapping[str, str | None]:
    """Unit -> the unit of the wave before that it continues whole; None for one that is new, or other people than any.

    `before` are the ids of that wave. Raises OrganisationInvalid for a unit that continues one that was not there.
    """
    parted = {_name(one) for unit in tree.units for one in unit.successor_of if one.startswith(PART)}
    found: dict[str, str | None] = {}
    for unit in tree.units:
        lost = sorted({_name(one) for one in unit.successor_of} - set(before))
        if lost:
            _refuse(
                f"unit {unit.id!r} is the successor of {lost[0]!r}, which the wave before does not have", "mends the id"
            )
        continued = unit.successor_of or ((unit.id,) if unit.id in before else ())
        one = continued[0] if len(continued) == 1 else None
        found[unit.id] = None if one is None or _name(one) in parted else one
    return found


def _name(one: str) -> str:
    return one.removeprefix(PART).strip()


def _both(one: str, other: str, before: str) -> None:
    listed = " and ".join(map(repr, sorted((one, other))))
    _refuse(f"units {listed} both continue {before!r}", f"writes {PART}{before} where a unit continues a part of it")


def _refuse(what: str, remedy: str) -> None:
    msg = f"{what}; {_KEEPER} {remedy}"
    raise OrganisationInvalid(msg)
