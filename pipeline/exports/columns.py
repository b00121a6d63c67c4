"""A column of cells -> values, or a reason code at the records where that is not certain."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from pipeline.exports import ndjson, strict
from pipeline.exports.sheet import Accounts, Fault, Sheet
from pipeline.pseudonyms import PseudonymKey, pseudonym

T = TypeVar("T")

# A spreadsheet turned a long number into this, and its last digits are gone.
_LOST_DIGITS = re.compile(r"[0-9][.,][0-9]+E\+[0-9]+", re.IGNORECASE)

# Letters that nobody sees, and that make another person of the same id: marks of byte order, width and direction.
_INVISIBLE = re.compile("[\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
ANONYMOUS = "anonymous"  # what Microsoft Forms writes instead of an address; it is many people


class Reason(str):
    """A reason code that stands where a value would."""

    __slots__ = ()


def values(sheet: Sheet, index: int, read: Callable[[str], T | Reason]) -> tuple[list[T | Reason], list[Fault]]:
    """Each cell of a column, read, and the faults found; equal cells are read once."""
    cells = [row[index] for row in sheet.rows]
    meaning = {cell: read(cell) for cell in set(cells)}
    column = [meaning[cell] for cell in cells]
    if not any(isinstance(one, Reason) for one in meaning.values()):
        return column, []
    name = sheet.columns[index]
    return column, [
        Fault(number, name, str(value))
        for number, value in zip(sheet.numbers, column, strict=True)
        if isinstance(value, Reason)
    ]


def person(key: PseudonymKey, survey_id: str) -> Callable[[str], str | Reason]:
    """A function from a cell to a pseudonym."""

    def read(cell: str) -> str | Reason:
        who = named(cell)
        return who if isinstance(who, Reason) else pseudonym(key, survey_id, who)

    return read


def named(cell: str) -> str | Reason:
    """The person's id in a cell. `pipeline.exports.people` knows which ids are themselves, without asking here."""
    cell = cell.strip()
    if not cell or cell == ANONYMOUS:
        return Reason("no_person")
    if _INVISIBLE.search(cell):
        return Reason("invisible_letters")
    return Reason("lost_digits") if _LOST_DIGITS.fullmatch(cell) else cell


def filled(reason: str) -> Callable[[str], str | Reason]:
    """A function from a cell to its text without blanks around it, or to `reason` when nothing is left."""
    return lambda cell: cell.strip() or Reason(reason)


def category(known: dict[str, str]) -> Callable[[str], str | Reason]:
    """A function from a cell to a category id; a blank cell is the unknown category, ""."""
    return lambda cell: known.get(cell.strip(), Reason("unknown_category")) if cell.strip() else ""


def erased_records(sheet: Sheet, key: PseudonymKey, survey_id: str, erased: Collection[str]) -> set[int]:
    """Records that could not be divided into the right number of cells and yet hold an erased person."""
    if not erased:
        return set()
    read = person(key, survey_id)
    broken = [(fault.record, sheet.texts[fault.record - 1]) for fault in sheet.faults]
    texts = [text for _, text in broken]
    is_ndjson = sheet.dialect.kind == "ndjson"
    rows = [*map(ndjson.values, texts)] if is_ndjson else strict.cells(texts, sheet.dialect.delimiter)
    return {number for (number, _), row in zip(broken, rows, strict=True) if any(read(cell) in erased for cell in row)}


def settle(
    sheet: Sheet,
    faults: Sequence[Fault],
    erased: Collection[int],
    *,
    duplicate: int = 0,
    superseded: int = 0,
) -> tuple[tuple[Fault, ...], Accounts]:
    """The faults that count, in order, and the accounts of a sheet in which the `erased` records are tombstoned."""
    counted = tuple(sorted({fault for fault in (*sheet.faults, *faults) if fault.record not in erased}))
    quarantined = len({fault.record for fault in counted})
    before = sheet.accounts
    left = before.accepted + before.quarantined - quarantined - len(erased) - duplicate - superseded
    accounts = before.accept(
        left,
        quarantined=quarantined,
        tombstoned=len(erased),
        duplicate=duplicate,
        superseded=superseded,
    )
    return counted, accounts
