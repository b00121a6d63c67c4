"""Units, people and actions files -> tables. Each has its own headings, and no others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from pipeline import lineage, organisation
from pipeline.exports import labels, managers, mapping, times, validity
from pipeline.exports.columns import Reason, category, erased_records, filled, person, settle, values
from pipeline.exports.reading import Reading
from pipeline.exports.rejection import reject

if TYPE_CHECKING:
    from datetime import date

    from pipeline.exports.sheet import Fault, Sheet
    from pipeline.pseudonyms import PseudonymKey
    from pipeline.survey import Survey

STATUSES = frozenset({"open", "done", "dropped"})
NAMED = 5  # records that a message lists

Columns = dict[str, Sequence[object]]


def units(sheet: Sheet, unit_of: managers.Lead | None = None, opens: date | None = None) -> Reading:
    """The tree of a units file (unit_id, parent_id, name), top down; or of a file of people and their leaders.

    A units file may have a column successor_of, too (pipeline.lineage).

    `unit_of` names the unit of a leader, `opens` is the day on which the wave opens.

    All or nothing, for a tree without one of its units is another tree. Raises ExportRejected, or
    OrganisationInvalid naming the units at fault.
    """
    sheet = validity.current(sheet, opens)
    if unit_of is not None and managers.recognised(sheet):
        found = managers.units(sheet, unit_of)
        return Reading(organisation.to_table(organisation.tree(found)), *settle(sheet, (), ()))
    lineal = ("successor_of",) if "successor_of" in sheet.columns else ()
    places = _places(sheet, "units", ("unit_id", "parent_id", "name", *lineal))
    readers: dict[str, Callable[[str], object]] = {
        "unit_id": filled("no_unit"),
        "parent_id": lambda cell: cell.strip() or None,
        "name": filled("no_name"),
        **dict.fromkeys(lineal, lineage.stated),
    }
    columns, faults = _read(sheet, places, readers)
    if faults or sheet.faults:
        first = min((*faults, *sheet.faults))
        msg = "a units file is accepted whole or not at all; the sender mends this record and pushes the file again"
        reject(first.reason, msg, first.record, first.column or None)
    continued = columns.get("successor_of", [()] * len(columns["unit_id"]))
    given = [
        organisation.Unit(str(unit), None if parent is None else str(parent), str(name), tuple(map(str, before)))
        for unit, parent, name, before in zip(
            columns["unit_id"],
            columns["parent_id"],
            columns["name"],
            cast("Sequence[Sequence[str]]", continued),
            strict=True,
        )
    ]
    return Reading(organisation.to_table(organisation.tree(given)), *settle(sheet, (), ()))


def people(
    sheet: Sheet,
    survey: Survey,
    key: PseudonymKey,
    erased: Collection[str] = frozenset(),
    opens: date | None = None,
) -> Reading:
    """The roster of a people file (person_id, unit_id, one column a segment), one row a person.

    `unit_id` may be `manager_id`, the person who leads them. `opens` is the day on which the wave opens.

    Raises ExportRejected, naming the records, when a person stands in it twice.
    """
    sheet = validity.current(labels.settled(sheet, survey), opens)
    if managers.recognised(sheet):
        sheet = managers.with_units(sheet, managers.lead(key, survey.id))
    segments = survey.file.segment
    named = {"person_id": "respondent", "unit_id": "unit"} | {one.column: one.id for one in segments}
    readers: dict[str, Callable[[str], object]] = {
        "person_id": person(key, survey.id),
        "unit_id": filled("unknown_unit"),
        **{one.column: category(one.categories()) for one in segments},
    }
    columns, faults = _read(sheet, _places(sheet, "people", tuple(named), survey.file.respondent.ignored), readers)
    gone = {number for number, who in zip(sheet.numbers, columns["person_id"], strict=True) if who in erased}
    gone |= erased_records(sheet, key, survey.id, erased)
    _once(
        sheet, columns["person_id"], "person_id", "one person stands in several records; the sender keeps one of them"
    )
    counted, accounts = settle(sheet, faults, gone)
    kept = _kept(sheet, counted, gone)
    arrays = {named[name]: _strings(columns[name], kept) for name in named}
    key_id = pa.repeat(pa.scalar(key.id, pa.string()), len(kept))
    table = pa.table({"respondent": arrays.pop("respondent"), "key_id": key_id, **arrays})
    return Reading(table, counted, accounts)


def ids(sheet: Sheet) -> frozenset[str]:
    """The ids of people that stand in a people file, as they are written there."""
    places = [at for at, name in enumerate(sheet.columns) if name in {managers.PERSON, managers.MANAGER}]
    return frozenset(row[at].strip() for row in sheet.rows for at in places) - {""}


def actions(sheet: Sheet, survey: Survey) -> Reading:
    """What units decided to do: action_id, unit_id, text, owner, created, due, status, scale.

    Raises ExportRejected, naming the records, when an action stands in it twice.
    """
    scales = {scale.id for scale in survey.scales}
    named = ("action_id", "unit_id", "text", "owner", "created", "due", "status", "scale")
    readers: dict[str, Callable[[str], object]] = {
        "action_id": filled("no_action"),
        "unit_id": filled("unknown_unit"),
        "text": str.strip,
        "owner": str.strip,
        "created": _day,
        "due": _day,
        "status": lambda cell: cell.strip() if cell.strip() in STATUSES else Reason("unknown_status"),
        "scale": lambda cell: cell.strip() if cell.strip() in scales | {""} else Reason("unknown_scale"),
    }
    columns, faults = _read(sheet, _places(sheet, "actions", named, survey.file.respondent.ignored), readers)
    _once(
        sheet, columns["action_id"], "action_id", "one action stands in several records; the sender keeps one of them"
    )
    counted, accounts = settle(sheet, faults, ())
    kept = _kept(sheet, counted, ())
    arrays = {
        "unit" if name == "unit_id" else name: (
            pa.array([columns[name][row] for row in kept], pa.date32())
            if name in {"created", "due"}
            else _strings(columns[name], kept)
        )
        for name in named
    }
    return Reading(pa.table(arrays), counted, accounts)


def _places(sheet: Sheet, kind: str, names: Sequence[str], ignored: Collection[str] = ()) -> dict[str, int]:
    """Where the columns stand.

    Raises ExportRejected for a file of another kind, a missing, doubled or unknown column, or no records.
    """
    mapping.refuse_another_kind(sheet, kind)
    places = {name: mapping.needed(sheet, name) for name in names}
    unknown = [name for name in sheet.columns if name not in places and name not in ignored]
    mapping.refuse_unknown(unknown, f"the sender takes it out; this file has the columns {', '.join(names)}")
    if not sheet.rows and not sheet.faults:
        reject("no_records", "the file has headings and no records; the sender exports it again")
    return places


def _read(
    sheet: Sheet,
    places: dict[str, int],
    readers: dict[str, Callable[[str], object]],
) -> tuple[Columns, list[Fault]]:
    columns: Columns = {}
    faults: list[Fault] = []
    for name, read in readers.items():
        columns[name], found = values(sheet, places[name], read)
        faults += found
    return columns, faults


def _day(cell: str) -> object:
    return (times.day(cell) or Reason("unreadable_time")) if cell.strip() else None


def _once(sheet: Sheet, ids: Sequence[object], column: str, message: str) -> None:
    """Raises ExportRejected, naming records and never an id, when one id stands in several."""
    first: dict[object, int] = {}
    again: dict[object, list[int]] = {}
    for number, one in zip(sheet.numbers, ids, strict=True):
        if not isinstance(one, Reason) and first.setdefault(one, number) != number:
            again.setdefault(one, [first[one]]).append(number)
    if again:
        groups = "; ".join(", ".join(map(str, numbers[:NAMED])) for numbers in list(again.values())[:NAMED])
        reject(f"{column.removesuffix('_id')}_twice", f"{message} (records {groups})", None, column)


def _kept(sheet: Sheet, faults: Sequence[Fault], gone: Collection[int]) -> list[int]:
    left = {fault.record for fault in faults} | set(gone)
    return [row for row, number in enumerate(sheet.numbers) if number not in left]


def _strings(column: Sequence[object], kept: Sequence[int]) -> pa.Array:
    return pa.array([column[row] for row in kept], pa.string())
