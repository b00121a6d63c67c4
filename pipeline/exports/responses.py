"""A sheet of answers -> pseudonymised responses, one row a respondent (and unit, where one answers about several)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

import pyarrow as pa

from pipeline.content import sha256
from pipeline.exports import answers, labels, mapping, second, strict, times
from pipeline.exports.columns import Reason, category, erased_records, filled, person, settle, values
from pipeline.exports.reading import Reading
from pipeline.exports.rejection import reject

if TYPE_CHECKING:
    from pipeline.exports.mapping import Mapping
    from pipeline.exports.sheet import Fault, Sheet
    from pipeline.pseudonyms import PseudonymKey
    from pipeline.survey import Dates, Survey

DISTINCT = ("respondent", "submitted", "record")  # hardly any value stands twice in these columns
NEVER = datetime.min.replace(tzinfo=UTC)  # a submission without a time is older than any with one


def interpret(
    sheet: Sheet,
    survey: Survey,
    key: PseudonymKey,
    source: str,
    erased: Collection[str] = frozenset(),
) -> Reading:
    """Responses in the survey's own terms; `source` is the sha256 of the file, `erased` are pseudonyms to leave out.

    Of several submissions of one respondent the latest is kept. Raises ExportRejected for a file that is not this
    survey's, holds no records, or a second table.
    """
    sheet = labels.settled(sheet, survey)
    places = mapping.columns(sheet, survey)
    if not sheet.rows and not sheet.faults and not sheet.accounts.excluded:
        refuse_empty()
    read = readers(sheet, survey, key, places)
    columns, faults = _read(sheet, read)
    _hold_one_table(sheet, faults, second.Headings.of(sheet, read, survey.items))
    gone = {number for number, who in zip(sheet.numbers, columns["respondent"], strict=True) if who in erased}
    gone |= erased_records(sheet, key, survey.id, erased)
    bad = {fault.record for fault in faults} | gone
    whole = [index for index, number in enumerate(sheet.numbers) if number not in bad]
    kept, duplicate = _latest(columns, whole, once(survey, places))
    counted, accounts = settle(
        sheet,
        faults,
        gone,
        duplicate=duplicate,
        superseded=len(whole) - len(kept) - duplicate,
    )
    return Reading(_table(sheet, survey, key, source, columns, kept), counted, accounts, places.missing)


def refuse_empty() -> NoReturn:
    """Raises ExportRejected: a file with headings alone is a mistake."""
    reject("no_records", "the file has headings and no records; the sender exports it again")


def once(survey: Survey, places: Mapping) -> tuple[str, ...]:
    """The columns by which two submissions are of one."""
    per_unit = survey.file.respondent.once_per == "unit" and places.unit is not None
    return ("respondent", "unit") if per_unit else ("respondent",)


def readers(
    sheet: Sheet,
    survey: Survey,
    key: PseudonymKey,
    places: Mapping,
) -> dict[str, tuple[int, Callable[[str], object]]]:
    """Of every column that counts, by its name in the responses: where it stands, and how a cell of it is read.

    Raises ExportRejected when the file's times are in an unknown zone.
    """
    found: dict[str, tuple[int, Callable[[str], object]]] = {
        "respondent": (places.person, person(key, survey.id)),
    }
    if places.submitted is not None:
        found["submitted"] = (places.submitted, _moment(sheet, places.submitted, survey.file.respondent.dates))
    if places.unit is not None:
        found["unit"] = (places.unit, filled("unknown_unit"))
    categories = {segment.id: segment.categories() for segment in survey.file.segment}
    found |= {segment: (at, category(categories[segment])) for segment, at in places.segments.items()}
    scales = {item: scale for item, (scale, _) in survey.items.items()}
    return found | {item: (at, answers.reader(scales[item], sheet)) for item, at in places.items.items()}


def _read(
    sheet: Sheet, readers: dict[str, tuple[int, Callable[[str], object]]]
) -> tuple[dict[str, Sequence[object]], list[Fault]]:
    """Every column that counts, by its name in the responses; cells that cannot be read are faults."""
    columns: dict[str, Sequence[object]] = {}
    faults: list[Fault] = []
    for name, (at, read) in readers.items():
        columns[name], found = values(sheet, at, read)
        faults += found
    return columns, faults


def _hold_one_table(sheet: Sheet, faults: Iterable[Fault], headings: second.Headings) -> None:
    """Raises ExportRejected where a record without an answer holds other headings: a second table begins there."""
    if sheet.dialect.kind == "ndjson":
        return  # each record names its own columns
    for number in sorted({fault.record for fault in (*sheet.faults, *faults)}):
        if headings.are_others(strict.cells([sheet.texts[number - 1]], sheet.dialect.delimiter)[0]):
            second.refuse(number)


def _moment(sheet: Sheet, index: int, dates: Dates | None) -> Callable[[str], datetime | Reason | None]:
    name = sheet.columns[index]
    where = dict(sheet.zones).get(name)
    zone = times.zone(where, name) if where is not None else UTC

    def read(cell: str) -> datetime | Reason | None:
        if not cell.strip():
            return None
        at = times.moment(cell, zone, dates)
        return at or Reason("ambiguous_date" if dates is None and times.is_ambiguous(cell) else "unreadable_time")

    return read


def _latest(
    columns: dict[str, Sequence[object]],
    rows: Sequence[int],
    once: Sequence[str],
) -> tuple[list[int], int]:
    """Which rows stay, in their order, and how many are the same submission once more.

    The latest by the time in the file stays; of two at the same time, the one whose content has the higher hash,
    so that neither the order of the records nor the key decides anything.
    """
    by_person: dict[object, list[int]] = {}
    for row in rows:
        by_person.setdefault(tuple(columns[name][row] for name in once), []).append(row)
    kept = []
    duplicate = 0
    content = [name for name in columns if name not in {"respondent", "submitted"}]
    for several in by_person.values():
        if len(several) == 1:
            kept += several
            continue
        first: dict[tuple[object, str], int] = {}
        for row in several:
            at = columns["submitted"][row] if "submitted" in columns else None
            first.setdefault((at or NEVER, content_hash(columns[name][row] for name in content)), row)
        duplicate += len(several) - len(first)
        kept.append(first[max(first)])
    return sorted(kept), duplicate


def content_hash(values: Iterable[object]) -> str:
    """What decides between two submissions of one moment: a hash of everything in them but that and who sent them."""
    return sha256("\x1f".join("" if value is None else str(value) for value in values).encode())


def _table(
    sheet: Sheet,
    survey: Survey,
    key: PseudonymKey,
    source: str,
    columns: dict[str, Sequence[object]],
    kept: Sequence[int],
) -> pa.Table:
    kinds = schema(survey, columns)
    whole = len(kept) == len(sheet.numbers)
    arrays = {
        name: pa.array(column if whole else [column[row] for row in kept], kinds.field(name).type)
        for name, column in columns.items()
    }
    arrays["record"] = pa.array([sheet.numbers[row] for row in kept], pa.int64())
    return table(survey, key, source, arrays, len(kept)).cast(kinds)


def schema(survey: Survey, names: Collection[str]) -> pa.Schema:
    """The columns of the responses; `names` are those that were read from the export."""
    texts = [name for name in ("unit", *(segment.id for segment in survey.file.segment)) if name in names]
    return pa.schema(
        [
            ("respondent", pa.string()),
            ("key_id", pa.string()),
            ("submitted", pa.timestamp("us", tz="UTC")),
            ("source", pa.string()),
            ("record", pa.int64()),
            *((name, pa.string()) for name in texts),
            *((item, pa.int16()) for item in survey.items),
        ],
    )


def table(survey: Survey, key: PseudonymKey, source: str, columns: dict[str, pa.Array], rows: int) -> pa.Table:
    """The responses: these columns, null where the export has none, and where they come from.

    Columns keep the types that they have.
    """
    kinds = schema(survey, columns)
    arrays = {"key_id": _always(key.id, rows), "source": _always(source, rows)} | columns
    found = [arrays[one.name] if one.name in arrays else pa.nulls(rows, one.type) for one in kinds]
    return pa.table(found, names=kinds.names)


def _always(text: str, rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), [text])
