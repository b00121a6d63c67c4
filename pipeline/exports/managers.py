"""A file of people and who leads them: every leader has a unit, which holds those whom they lead directly.

A leader belongs to the unit of their own leader, and the one without a leader to the unit at the top.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from pipeline.exports import mapping
from pipeline.exports.rejection import reject
from pipeline.organisation import Unit
from pipeline.pseudonyms import PseudonymKey, leader

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet

PERSON, MANAGER, NAME = "person_id", "manager_id", "unit_name"
NAMED = 5  # records that a message lists
Lead = Callable[[str], str]  # a leader's person id -> the id of their unit


class _Record(NamedTuple):
    number: int
    person: str
    manager: str
    name: str


def lead(key: PseudonymKey, survey_id: str) -> Lead:
    """A function from a leader to the id of their unit: the same in every wave, and nobody's id or pseudonym."""
    return lambda person: named(leader(key, survey_id, person))


def named(name: str) -> str:
    """The id of the unit of a leader with this pseudonym as a leader."""
    return f"L{name[:12]}"


def is_named(unit: str) -> bool:
    """Whether a unit's id looks like one that was made of a leader's pseudonym."""
    return re.fullmatch("L[0-9a-f]{12}", unit) is not None


def leaders(sheet: Sheet) -> tuple[str, ...]:
    """The ids of all who lead a unit, in order. Raises ExportRejected as `units` does."""
    records = _records(sheet)
    return tuple(sorted({one.manager or one.person for one in records}))


def recognised(sheet: Sheet) -> bool:
    """Whether it says who leads whom, and no units."""
    return {PERSON, MANAGER} <= set(sheet.columns) and "unit_id" not in sheet.columns


def units(sheet: Sheet, unit_of: Lead) -> list[Unit]:
    """A unit for every leader, named by `unit_name` in the leader's own record. Raises ExportRejected."""
    records = _records(sheet)
    leaders = {one.manager for one in records if one.manager}
    top = next(one.person for one in records if not one.manager)
    found = []
    for one in records:
        if one.person in leaders or one.person == top:
            if not one.name:
                message = "leaders need a name for the unit that they lead; the sender writes one, and no person's"
                reject("no_name", message, one.number, NAME)
            found.append(Unit(unit_of(one.person), unit_of(one.manager) if one.manager else None, one.name))
    return found


def with_units(sheet: Sheet, unit_of: Lead) -> Sheet:
    """The sheet with the unit that each person belongs to in place of their leader. Raises ExportRejected."""
    _records(sheet)
    person, manager, name = (mapping.only(sheet, one) for one in (PERSON, MANAGER, NAME))
    kept = [at for at in range(len(sheet.columns)) if at != name]
    rows = []
    for row in sheet.rows:
        leader = row[manager or 0].strip() or row[person or 0].strip()
        cells = [unit_of(leader) if at == manager and leader else cell for at, cell in enumerate(row)]
        rows.append([cells[at] for at in kept])
    columns = ["unit_id" if at == manager else sheet.columns[at] for at in kept]
    return replace(sheet, columns=tuple(columns), rows=rows)


def _records(sheet: Sheet) -> list[_Record]:
    """Every record with a person; together they are one tree.

    Raises ExportRejected naming records, never a person: for a person who stands in two records, a leader who stands
    in none, none or several people without a leader, and leaders who lead each other.
    """
    person, manager = mapping.needed(sheet, PERSON), mapping.needed(sheet, MANAGER)
    name = mapping.only(sheet, NAME)
    records = [
        _Record(number, row[person].strip(), row[manager].strip(), "" if name is None else row[name].strip())
        for number, row in zip(sheet.numbers, sheet.rows, strict=True)
        if row[person].strip()
    ]
    if sheet.faults or len(records) < len(sheet.rows):
        broken = {fault.record for fault in sheet.faults}
        broken |= set(sheet.numbers) - {one.number for one in records}
        _refuse("leader_uncertain", "these records may be leaders and cannot be read; the sender mends them", broken)
    by_person: dict[str, _Record] = {}
    twice: list[int] = []
    for one in records:
        first = by_person.setdefault(one.person, one)
        if first is not one:
            twice += [first.number, one.number]
    if twice:
        message = "one person stands in several records; the sender keeps the one of the main position"
        _refuse("person_twice", message, twice)
    if lost := [one.number for one in records if one.manager and one.manager not in by_person]:
        _refuse("unknown_leader", "their leader has no record in the file; the sender adds it", lost, MANAGER)
    tops = [one for one in records if not one.manager]
    if len(tops) > 1:
        message = "more than one person has no leader; the sender gives all but one a leader"
        _refuse("several_tops", message, [one.number for one in tops], MANAGER)
    if circle := _circle(by_person):
        message = "these people lead each other in a circle; the sender mends one, and leaves it blank at the top"
        _refuse("leaders_in_a_circle", message, [one.number for one in circle], MANAGER)
    if not records:
        reject("no_records", "the file has headings and no records that count; the sender exports it again")
    return records


def _circle(by_person: dict[str, _Record]) -> Sequence[_Record]:
    """People who lead each other, whom nobody else leads; () for none."""
    done: set[str] = set()
    for start in by_person.values():
        way: dict[str, _Record] = {}
        one = start
        while one.person not in done and one.person not in way:
            way[one.person] = one
            if not one.manager:
                break
            one = by_person[one.manager]
        else:
            if one.person in way:
                return list(way.values())[list(way).index(one.person) :]
        done |= set(way)
    return ()


def _refuse(reason: str, message: str, records: Sequence[int] | set[int], column: str | None = None) -> None:
    numbers = sorted(set(records))
    more = f" and {len(numbers) - NAMED} more" if len(numbers) > NAMED else ""
    listed = ", ".join(map(str, numbers[:NAMED]))
    what, _, remedy = message.partition("; ")
    reject(reason, f"{what} (records {listed}{more}); {remedy}", None, column)
