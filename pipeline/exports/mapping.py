"""What each column of an export means, by the survey file; a column that means nothing refuses the file."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.exports.rejection import reject

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet
    from pipeline.survey import Survey

# Headings that no other kind of file has together.
_TELLING = {
    "units": {"unit_id", "parent_id"},
    "people": {"person_id", "unit_id"},
    "actions": {"action_id", "unit_id"},
}
LONGEST_NAME = 80  # characters of a heading that a message repeats


@dataclass(frozen=True)
class Mapping:
    """Indices of columns in the sheet. `segments` and `unit` only when the export carries them."""

    person: int
    submitted: int | None
    unit: int | None
    segments: dict[str, int]
    items: dict[str, int]
    missing: tuple[str, ...]


def columns(sheet: Sheet, survey: Survey) -> Mapping:
    """Where everything stands in this sheet.

    Raises ExportRejected for another survey's export, an unknown column, two columns for one thing, or a person
    column that is not there.
    """
    respondent = survey.file.respondent
    meanings = survey.columns
    found = {meanings[name] for name in sheet.columns if name in meanings}
    if len(found) * 2 < len(survey.items):
        refuse_another_kind(sheet, "responses")
        msg = (
            f"this is an export of another survey: {len(found)} of the {len(survey.items)} items of {survey.id} "
            "are in it; the sender pushes it to the survey it belongs to"
        )
        reject("another_survey", msg)
    segments = {one.column: one.id for one in survey.file.segment} if respondent.unit else {}
    known = {*meanings, *respondent.columns, *respondent.submitted, *respondent.ignored, *segments, *sheet.own}
    known |= survey.unread  # answers of a private instrument stay in the sender's file
    refuse_unknown(
        [name for name in sheet.columns if name not in known and name != respondent.unit],
        "the survey's owner adds it to [[instrument]].columns, or to [respondent] ignored",
    )
    items: dict[str, int] = {}
    for index, name in enumerate(sheet.columns):
        if name in meanings and items.setdefault(meanings[name], index) != index:
            _refuse_second(name, f"item {meanings[name]}")
    return Mapping(
        person=_person(sheet, respondent.columns),
        submitted=next((at for name in respondent.submitted if (at := only(sheet, name)) is not None), None),
        unit=needed(sheet, respondent.unit) if respondent.unit else None,
        segments={segment: needed(sheet, column) for column, segment in segments.items()},
        items={item: items[item] for item in survey.items if item in items},
        missing=tuple(item for item in survey.items if item not in items),
    )


def refuse_another_kind(sheet: Sheet, kind: str) -> None:
    """Raises ExportRejected when these are the headings of a file of another kind, pushed as `kind`."""
    there = [one for one, names in _TELLING.items() if names <= set(sheet.columns)]
    if {"person_id", "manager_id"} <= set(sheet.columns):  # who leads whom is both
        there += ["people", "units"]
    if there and kind not in there:
        looks = there[0]
        msg = f"these are the columns of {looks}, and the file was pushed as {kind}; the sender pushes it as {looks}"
        reject("another_kind", msg)


def refuse_unknown(names: Sequence[str], remedy: str) -> None:
    """Raises ExportRejected, naming the first unknown column and how many there are."""
    if names:
        more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
        name = names[0][:LONGEST_NAME]
        reject(
            "unknown_column",
            f"nobody has said what it holds{more}; {remedy}" if name else f"it has no heading{more}; {remedy}",
            None,
            name,
        )


def only(sheet: Sheet, name: str) -> int | None:
    """Index of the column of this name, None when there is none. Raises ExportRejected for two of them."""
    places = [index for index, one in enumerate(sheet.columns) if one == name]
    if len(places) > 1:
        _refuse_second(name, "the same")
    return places[0] if places else None


def needed(sheet: Sheet, name: str) -> int:
    """Index of a column that must be there. Raises ExportRejected."""
    place = only(sheet, name)
    if place is None:
        reject("missing_column", "it is missing from the file; the sender adds it", None, name)
    return place


def _person(sheet: Sheet, names: Collection[str]) -> int:
    places = {name: at for name in names if (at := only(sheet, name)) is not None}
    if not places:
        reject("no_person_column", f"no column says who answered; the sender adds one of: {', '.join(names)}")
    if len(places) > 1:
        _refuse_second(list(places)[1], "the person")
    return next(iter(places.values()))


def _refuse_second(name: str, what: str) -> None:
    reject("column_twice", f"it is the second column that holds {what}; the sender keeps one of the two", None, name)
