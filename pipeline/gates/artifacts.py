"""A release that is to be published, measured: its manifest, its reports, its facts, and whether it names anybody.

Pure: files by path in, a small table out.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import parquet, release
from pipeline.content import sha256
from pipeline.gates.figures import STATUSES
from pipeline.gates.places import ADDRESS
from pipeline.gates.roster import Roster
from pipeline.gates.texts import said
from pipeline.reports import file_of
from pipeline.reports.names import slugs
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pipeline.survey import Survey

# `subject` is a path, a unit, or the name of a table, as `kind` says. Null: not about this kind.
ARTIFACTS = pa.schema(
    [
        pa.field("subject", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # file, unit, roster or facts
        pa.field("listed", pa.int64()),  # 1 when the manifest has the file
        pa.field("intact", pa.int64()),  # 1 when the file is there with the size and the sha256 of the manifest
        pa.field("searched", pa.int64()),  # 1 when we could look into it for people
        pa.field("identifiers", pa.int64()),  # different ids of people in it
        pa.field("people", pa.int64()),  # of the roster: ids that were searched for; 0 when none were kept
        pa.field("reported", pa.int64()),  # 1 when the unit has a report in every language
        pa.field("rows", pa.int64()),
        pa.field("unknown_status", pa.int64()),
        pa.field("below_minimum", pa.int64()),
        pa.field("withheld_with_figures", pa.int64()),
        pa.field("shares_off", pa.int64()),  # the three shares do not sum to 1, but for their rounding
        pa.field("distributions_off", pa.int64()),  # not of a row with shares, of other numbers, or too fine
    ],
)
FIGURES = ("answered", "invited", "mean", "sd", "favourable", "neutral", "unfavourable")
_ROUNDED = 0.015 + 1e-6  # three shares, each rounded to hundredths, and what binary fractions leave


def artifacts(
    files: Mapping[str, bytes],
    survey: Survey,
    wave: str,
    names: pa.Table | None,
    pseudonyms: Collection[str] = (),
) -> pa.Table:
    """Measures as ARTIFACTS of a release's files, its manifest among them; `wave` is the one being published.

    `names` are fingerprints of the people of the roster, None where there are none. Raises KeyError and ValueError for
    a release without a manifest or facts.
    """
    roster = Roster.of(names, pseudonyms, _own(files, survey))
    listed = json.loads(files[release.MANIFEST])["files"]
    found = [_file(path, files.get(path), listed.get(path), roster) for path in sorted({*files, *listed})]
    facts = release.of_wave(parquet.from_bytes(files[release.path_of("facts")]), wave)
    units = release.of_wave(parquet.from_bytes(files[release.path_of("units")]), wave)
    found += _units(files, survey, facts, units["unit"].to_pylist())
    distributions = release.of_wave(parquet.from_bytes(files[release.path_of("distributions")]), wave)
    found.append(_facts(facts, survey) | {"distributions_off": _distributions_off(distributions, facts, survey)})
    if survey.file.respondent.unit is None:
        found.append({"subject": "roster", "kind": "roster", "people": names.num_rows if names else 0})
    return pa.Table.from_pylist(found, schema=ARTIFACTS)


def _own(files: Mapping[str, bytes], survey: Survey) -> Iterator[str]:
    """Ids that a release states of itself: of units, segments, categories, measures, waves and actions."""
    yield survey.id
    for table, columns in {"measures": ("measure",), "waves": ("wave",), "actions": ("action_id",)}.items():
        yield from _ids(files, table, columns)
    yield from _ids(files, "units", ("unit",))
    yield from _ids(files, "segments", ("segment", "category"))


def _ids(files: Mapping[str, bytes], table: str, columns: tuple[str, ...]) -> Iterator[str]:
    read = parquet.from_bytes(files[release.path_of(table)])
    for column in columns:
        yield from pc.unique(read[column]).to_pylist()


def _file(path: str, data: bytes | None, listed: Mapping[str, Any] | None, roster: Roster) -> dict[str, Any]:
    manifest = path == release.MANIFEST
    told = said(path, data) if data is not None else None
    names = roster.in_text(path.rpartition("/")[2])  # a file may be called after somebody
    if told is not None:
        names = names.union(*(roster.in_text(one) for one in told.texts), *(roster.in_cell(one) for one in told.cells))
    intact = data is not None and (
        manifest or (listed is not None and (listed["sha256"], listed["size"]) == (sha256(data), len(data)))
    )
    return {
        "subject": path,
        "kind": "file",
        "listed": int(manifest or listed is not None),
        "intact": int(intact),
        "searched": int(told is not None),
        "identifiers": len(names),
    }


def _units(files: Mapping[str, bytes], survey: Survey, facts: pa.Table, units: list[str]) -> Iterator[dict[str, Any]]:
    """The units about which as a whole a theme or an index is published: each has a report in every language."""
    themes = [one.id for one in survey.measures if one.kind in {"scale", "index"}]
    stated = pc.and_(pc.equal(facts["segment"], TOTAL), pc.equal(facts["status"], "F"))
    named = set(facts.filter(pc.and_(stated, pc.is_in(facts["measure"], pa.array(themes))))["unit"].to_pylist())
    folders = slugs(units)
    pages = [file_of("leader", language, survey) for language in survey.file.languages]
    for unit in sorted(named):
        there = all(f"reports/{folders[unit]}/{page}" in files for page in pages)
        yield {"subject": unit, "kind": "unit", "reported": int(there)}


def _facts(facts: pa.Table, survey: Survey) -> dict[str, Any]:
    free = pc.equal(facts["status"], "F")
    stated = pc.invert(pc.is_null(pc.coalesce(*(facts[one].cast(pa.float64()) for one in FIGURES))))
    few = pc.fill_null(pc.less(facts["answered"], survey.file.minimum_group_size.mean), fill_value=True)
    shares = pc.add(pc.add(facts["favourable"], facts["neutral"]), facts["unfavourable"])
    return {
        "subject": "facts",
        "kind": "facts",
        "rows": facts.num_rows,
        "unknown_status": _count(pc.invert(pc.is_in(facts["status"], pa.array(STATUSES)))),
        "below_minimum": _count(pc.and_(free, few)),
        "withheld_with_figures": _count(pc.and_(pc.invert(free), stated)),
        "shares_off": _count(pc.greater(pc.abs(pc.subtract(shares, 1.0)), _ROUNDED)),
    }


def _distributions_off(distributions: pa.Table, facts: pa.Table, survey: Survey) -> int:
    """How many distributions are not of a row with shares and as many answers, with no answer given just once."""
    lone = pc.equal(distributions["answered"], 1)
    lone = pc.or_(lone, pc.less(distributions["answered"], 0)).cast(pa.int64())
    each = distributions.append_column("lone", lone).group_by(list(ADDRESS), use_threads=False)
    told = each.aggregate([("answered", "sum"), ("lone", "sum")])
    finer = facts.filter(pc.and_(pc.equal(facts["status"], "F"), facts["favourable"].is_valid()))
    beside = told.join(finer.select([*ADDRESS, "answered"]), list(ADDRESS), use_threads=False)
    fine = pc.and_(
        pc.and_(pc.equal(beside["answered_sum"], beside["answered"]), pc.equal(beside["lone_sum"], 0)),
        pc.greater_equal(beside["answered_sum"], survey.file.minimum_group_size.distribution),
    )
    return _count(pc.invert(pc.fill_null(fine, fill_value=False)))


def _count(rows: pa.ChunkedArray) -> int:
    return int(pc.sum(rows.cast(pa.int64())).as_py() or 0)
