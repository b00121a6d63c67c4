"""A sheet of answers -> pseudonymised responses, one row a respondent (and unit, where one answers about several)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.content import sha256
from pipeline.exports import answers, mapping, times
from pipeline.exports.columns import Reason, category, erased_records, filled, person, settle, values
from pipeline.exports.reading import Reading
from pipeline.exports.rejection import reject

if TYPE_CHECKING:
    from pipeline.exports.mapping import Mapping
    from pipeline.exports.sheet import Fault, Sheet
    from pipeline.pseudonyms import PseudonymKey
    from pipeline.survey import Survey

_NEVER = datetime.min.replace(tzinfo=UTC)  # a submission without a time is older than any with one


def interpret(
    sheet: Sheet,
    survey: Survey,
    key: PseudonymKey,
    source: str,
    erased: Collection[str] = frozenset(),
) -> Reading:
    """Responses in the survey's own terms; `source` is the sha256 of the file, `erased` are pseudonyms to leave out.

    Of several submissions of one respondent the latest is kept. Raises ExportRejected for a file that is not this
    survey's, or holds no records.
    """
    places = mapping.columns(sheet, survey)
    if not sheet.rows and not sheet.faults and not sheet.accounts.excluded:
        reject("no_records", "the file has headings and no records; the sender exports it again")
    columns, faults = _read(sheet, survey, key, places)
    gone = {number for number, who in zip(sheet.numbers, columns["respondent"], strict=True) if who in erased}
    gone |= erased_records(sheet, key, survey.id, erased)
    bad = {fault.record for fault in faults} | gone
    whole = [index for index, number in enumerate(sheet.numbers) if number not in bad]
    once = ("respondent", "unit") if survey.file.respondent.once_per == "unit" and places.unit is not None else ()
    kept, duplicate = _latest(columns, whole, once or ("respondent",))
    counted, accounts = settle(
        sheet,
        faults,
        gone,
        duplicate=duplicate,
        superseded=len(whole) - len(kept) - duplicate,
    )
    return Reading(_table(sheet, survey, key, source, places, columns, kept), counted, accounts, places.missing)


def _read(
    sheet: Sheet,
    survey: Survey,
    key: PseudonymKey,
    places: Mapping,
) -> tuple[dict[str, Sequence[object]], list[Fault]]:
    """Every column that counts, by its name in the responses; cells that cannot be read are faults."""
    readers: dict[str, tuple[int, Callable[[str], object]]] = {
        "respondent": (places.person, person(key, survey.id)),
    }
    if places.submitted is not None:
        readers["submitted"] = (places.submitted, _moment(sheet, places.submitted))
    if places.unit is not None:
        readers["unit"] = (places.unit, filled("unknown_unit"))
    categories = {segment.id: segment.categories() for segment in survey.file.segment}
    readers |= {segment: (at, category(categories[segment])) for segment, at in places.segments.items()}
    scales = {item: scale for item, (scale, _) in survey.items.items()}
    readers |= {item: (at, answers.reader(scales[item], sheet)) for item, at in places.items.items()}
    columns: dict[str, Sequence[object]] = {}
    faults: list[Fault] = []
    for name, (at, read) in readers.items():
        columns[name], found = values(sheet, at, read)
        faults += found
    return columns, faults


def _moment(sheet: Sheet, index: int) -> Callable[[str], datetime | Reason | None]:
    name = sheet.columns[index]
    where = dict(sheet.zones).get(name)
    zone = times.zone(where, name) if where is not None else UTC

    def read(cell: str) -> datetime | Reason | None:
        if not cell.strip():
            return None
        return times.moment(cell, zone) or Reason("unreadable_time")

    return read


def _latest(
    columns: dict[str, Sequence[object]],
    rows: Sequence[int],
    once: Sequence[str],
) -> tuple[list[int], int]:
    """Which rows stay, in their order, and how many are the same submission once more.

    The latest by the time in the file stays; of two at the same time, the one whose content has the higher hash,
    so that the order of the records decides nothing.
    """
    by_person: dict[object, list[int]] = {}
    for row in rows:
        by_person.setdefault(tuple(columns[name][row] for name in once), []).append(row)
    kept = []
    duplicate = 0
    content = [name for name in columns if name != "submitted"]
    for several in by_person.values():
        if len(several) == 1:
            kept += several
            continue
        first: dict[tuple[object, str], int] = {}
        for row in several:
            text = "\x1f".join("" if columns[name][row] is None else str(columns[name][row]) for name in content)
            at = columns["submitted"][row] if "submitted" in columns else None
            first.setdefault((at or _NEVER, sha256(text.encode())), row)
        duplicate += len(several) - len(first)
        kept.append(first[max(first)])
    return sorted(kept), duplicate


def _table(
    sheet: Sheet,
    survey: Survey,
    key: PseudonymKey,
    source: str,
    places: Mapping,
    columns: dict[str, Sequence[object]],
    kept: Sequence[int],
) -> pa.Table:
    def column(name: str, kind: pa.DataType) -> pa.Array:
        if name not in columns:
            return pa.nulls(len(kept), kind)
        whole = len(kept) == len(columns[name])
        return pa.array(columns[name] if whole else [columns[name][row] for row in kept], kind)

    arrays = {
        "respondent": column("respondent", pa.string()),
        "key_id": pa.repeat(pa.scalar(key.id, pa.string()), len(kept)),
        "submitted": column("submitted", pa.timestamp("us", tz="UTC")),
        "source": pa.repeat(pa.scalar(source, pa.string()), len(kept)),
        "record": pa.array([sheet.numbers[row] for row in kept], pa.int64()),
    }
    texts = [*(["unit"] if places.unit is not None else []), *places.segments]
    arrays |= {name: column(name, pa.string()) for name in texts}
    arrays |= {item: column(item, pa.int16()) for item in survey.items}
    return pa.table(arrays)
