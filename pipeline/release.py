"""A release: the published rows of every wave so far, described so that they can be read, and named after its content.

Pure. What is published about people comes in as a ProtectedTable; there is no other way in.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import facts, parquet
from pipeline.content import sha256
from pipeline.disclosure.cells import addresses
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from pipeline.disclosure import ProtectedTable
    from pipeline.organisation import Tree
    from pipeline.survey import Category, Segment, Survey

FORMAT = "pulsverk-release/1"
MANIFEST = "manifest.json"
DISCLOSURE = "disclosure.json"

UNITS = pa.schema(
    [
        pa.field("wave", pa.string(), nullable=False),  # the tree is the wave's own
        pa.field("unit", pa.string(), nullable=False),
        pa.field("parent", pa.string()),  # null for the root
        pa.field("name", pa.string()),  # null where nothing is published about the unit as a whole
        pa.field("depth", pa.int32(), nullable=False),  # 0 for the root
        pa.field("path", pa.string(), nullable=False),  # ids from the root down, joined by "/"
    ],
)
SEGMENTS = pa.schema(
    [
        pa.field("segment", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("segment_nb", pa.string(), nullable=False),
        pa.field("segment_en", pa.string(), nullable=False),
        pa.field("category_nb", pa.string(), nullable=False),
        pa.field("category_en", pa.string(), nullable=False),
    ],
)
MEASURES = pa.schema(
    [
        pa.field("measure", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("scale", pa.string()),  # the scale an item counts in; null for the response rate
        pa.field("name_nb", pa.string(), nullable=False),
        pa.field("name_en", pa.string(), nullable=False),
        pa.field("low", pa.int32(), nullable=False),  # the range of a published mean
        pa.field("high", pa.int32(), nullable=False),
        pa.field("factor", pa.string()),  # of arbeidsmiljøloven § 4-3; null where the survey file names none
    ],
)
WAVES = pa.schema(
    [
        pa.field("wave", pa.string(), nullable=False),
        pa.field("name_nb", pa.string(), nullable=False),
        pa.field("name_en", pa.string(), nullable=False),
        pa.field("opens", pa.date32(), nullable=False),
        pa.field("closes", pa.date32(), nullable=False),
    ],
)
ACTIONS = pa.schema(
    [
        pa.field("wave", pa.string(), nullable=False),  # as they stood when this wave was published
        pa.field("action_id", pa.string(), nullable=False),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("owner", pa.string()),
        pa.field("created", pa.date32()),
        pa.field("due", pa.date32()),
        pa.field("status", pa.string(), nullable=False),  # open, done or dropped
        pa.field("scale", pa.string()),
    ],
)

# What tells two rows of a table apart; a row of the base that has no successor is carried into the next release.
KEYS = {
    "units": ("wave", "unit"),
    "segments": ("segment", "category"),
    "measures": ("measure",),
    "waves": ("wave",),
    "actions": ("wave", "action_id"),
}


@dataclass(frozen=True)
class Published:
    """One publication: the run of a wave that made a release."""

    wave: str
    run: str
    release: str


@dataclass(frozen=True)
class PublishedWave:
    """One wave of a release: the run that made it, what went in, the release it was built on, what the gates wrote.

    `supersedes` is the release that published the wave before, whose rows of it are replaced; None for the first time.
    """

    wave: str
    run: str
    base: str | None
    inputs: Any  # as the run wrote them down
    gates: str  # sha256 of gates.json
    supersedes: str | None = None


@dataclass(frozen=True)
class About:
    """Everything a manifest says besides its list of files. The last of `waves` is the one being published.

    `before` are all publications that led to the base, the first one first.
    """

    survey: Survey
    code_version: str
    base: str | None
    waves: tuple[PublishedWave, ...]
    before: tuple[Published, ...] = ()

    @property
    def published(self) -> PublishedWave:
        """The wave that this release adds to its base."""
        return self.waves[-1]


@dataclass(frozen=True)
class Release:
    """Files by path, the manifest among them; `id` is the first 16 hex digits of the manifest's sha256."""

    id: str
    files: Mapping[str, bytes]
    manifest: bytes


def tables(
    protected: ProtectedTable,
    survey: Survey,
    wave: str,
    tree: Tree,
    actions: pa.Table,
    base: Mapping[str, pa.Table] | None = None,
    *,
    again: bool = False,
) -> dict[str, pa.Table]:
    """The six tables of a release, by name: the rows of `base` as they stand, then those of this wave.

    A wave that is published `again` replaces its rows in the base, but for the facts that stay as they were.

    A unit is named, and its actions are listed, exactly when the facts state a figure about the unit as a whole.
    Every published figure rests on at least the minimum group size, so a named unit is never a smaller group, and
    a name left out tells nothing that the facts do not.

    Raises ValueError when the base holds the wave already, or does not though it is published again.
    """
    base = base or {}
    if again != (bool(base) and wave in base["waves"]["wave"].to_pylist()):
        msg = f"the base release holds wave {wave} already" if not again else f"no base release holds wave {wave}"
        raise ValueError(msg)
    earlier = earlier_wave(base["waves"], survey.wave(wave).closes) if base else None
    previous = of_wave(base["facts"], earlier) if earlier is not None else None
    ours = facts.facts(protected, survey, wave, previous)
    if again:
        ours = _staying(ours, of_wave(base["facts"], wave), protected.kept)
        base = {name: _of_others(table, wave) for name, table in base.items()}
    new = around(survey, wave, tree, actions, stated_units(ours))
    joined = {name: carried(base.get(name), table, KEYS[name]) for name, table in new.items()}
    return {"facts": pa.concat_tables([base["facts"], ours]) if base else ours, **joined}


def _staying(ours: pa.Table, before: pa.Table, kept: pa.Table) -> pa.Table:
    """The facts with the rows that stay exactly as they stand in the release before. Raises KeyError without one."""
    rows = {key: row for row, key in enumerate(addresses(before))}
    stays = set(addresses(kept))
    take = [ours.num_rows + rows[key] if key in stays else row for row, key in enumerate(addresses(ours))]
    return pa.concat_tables([ours, before.cast(ours.schema)]).take(pa.array(take, pa.int64())).combine_chunks()


def _of_others(table: pa.Table, wave: str) -> pa.Table:
    """The rows that are not of a wave."""
    return table.filter(pc.not_equal(table["wave"], wave)) if "wave" in table.schema.names else table


def around(survey: Survey, wave: str, tree: Tree, actions: pa.Table, named: frozenset[str]) -> dict[str, pa.Table]:
    """The tables that describe a wave's facts, by name; `named` are the units whose name and actions they tell."""
    return {
        "units": _units(tree, wave, named),
        "segments": _segments(survey),
        "measures": _measures(survey),
        "waves": _waves(survey, wave),
        "actions": _actions(actions, wave, named),
    }


def earlier_wave(waves: pa.Table, closes: Any) -> str | None:  # noqa: ANN401 - a date, as Arrow and Python hold it
    """The published wave that closed last before this date: what a change is measured against."""
    before = [row for row in waves.to_pylist() if row["closes"] < closes]
    return max(before, key=lambda row: (row["closes"], row["wave"]))["wave"] if before else None


def of_wave(table: pa.Table, wave: str) -> pa.Table:
    """The rows of one wave."""
    return table.filter(pc.equal(table["wave"], wave))


def stated_units(one_wave: pa.Table) -> frozenset[str]:
    """Units about which, as a whole, at least one figure is published in these facts."""
    stated = one_wave.filter(pc.and_(pc.equal(one_wave["segment"], TOTAL), pc.equal(one_wave["status"], "F")))
    return frozenset(stated["unit"].to_pylist())


def seal(files: Mapping[str, bytes], about: About) -> Release:
    """Adds the manifest to the files and names the release. The same input gives the same bytes and the same name."""
    file = about.survey.file
    manifest = canonical(
        {
            "format": FORMAT,
            "survey": about.survey.id,
            "organisation": file.organisation,
            "base": about.base,
            "code_version": about.code_version,
            "survey_sha256": about.survey.sha256,
            "minimum_group_size": {
                "mean": file.minimum_group_size.mean,
                "distribution": file.minimum_group_size.distribution,
            },
            "waves": [vars(one) for one in about.waves],
            "published": [vars(one) for one in about.before],
            "files": {path: {"sha256": sha256(data), "size": len(data)} for path, data in files.items()},
        },
    )
    return Release(sha256(manifest)[:16], {**files, MANIFEST: manifest}, manifest)


def to_files(made: Mapping[str, pa.Table]) -> dict[str, bytes]:
    """`tables/<name>.parquet` for each table."""
    return {path_of(name): parquet.to_bytes(table) for name, table in made.items()}


def path_of(table: str) -> str:
    """Where a table lies within a release."""
    return f"tables/{table}.parquet"


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON
    """JSON with sorted keys and one value a line: the same value, the same bytes."""
    return (json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def run_of(inputs: Mapping[str, Any]) -> str:
    """The name of the run that is made from these inputs: 16 hex digits."""
    return sha256(json.dumps(inputs, sort_keys=True, separators=(",", ":")).encode())[:16]


def carried(base: pa.Table | None, new: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """The rows of `base` that `new` has no row for, unchanged, then `new`."""
    if base is None:
        return new
    replaced = set(zip(*(new[name].to_pylist() for name in key), strict=True))
    keep = [row not in replaced for row in zip(*(base[name].to_pylist() for name in key), strict=True)]
    return pa.concat_tables([base.filter(pa.array(keep, pa.bool_())), new])


def _units(tree: Tree, wave: str, named: frozenset[str]) -> pa.Table:
    rows = [
        {
            "wave": wave,
            "unit": unit.id,
            "parent": unit.parent,
            "name": unit.name if unit.id in named else None,
            "depth": len(tree.path[unit.id]) - 1,
            "path": "/".join(tree.path[unit.id]),
        }
        for unit in tree.units
    ]
    return pa.Table.from_pylist(rows, UNITS)


def _segments(survey: Survey) -> pa.Table:
    """One row for every segment and category that a fact may stand under, crossings and the total included."""
    known = {segment.id: segment for segment in survey.file.segment}
    rows = [(TOTAL, TOTAL, "Alle", "Everyone", "Alle", "Everyone")]
    for grouping in survey.groupings[1:]:
        segments = [known[name] for name in grouping]
        for combination in itertools.product(*(segment.category for segment in segments)):
            address = "*".join(grouping), "*".join(one.id for one in combination)
            rows += [(*address, *_crossed(segments), *_crossed(combination))]
    return _of_rows(SEGMENTS, rows)


def _crossed(parts: Iterable[Segment | Category]) -> tuple[str, str]:
    """The names of what is crossed, nb and en."""
    names = [one.name for one in parts]
    return " × ".join(name.nb for name in names), " × ".join(name.en for name in names)


def _measures(survey: Survey) -> pa.Table:
    law = survey.file.law
    rows = [
        (one.id, one.kind, one.scale, one.name.nb, one.name.en, one.low, one.high, law.get(one.scale or ""))
        for one in survey.measures
    ]
    return _of_rows(MEASURES, rows)


def _waves(survey: Survey, wave: str) -> pa.Table:
    one = survey.wave(wave)
    return _of_rows(WAVES, [(one.id, one.name.nb, one.name.en, one.opens, one.closes)])


def _actions(actions: pa.Table, wave: str, named: frozenset[str]) -> pa.Table:
    rows = [{**row, "wave": wave} for row in actions.to_pylist() if row["unit"] in named]
    rows.sort(key=lambda row: (row["unit"], row["action_id"]))
    return pa.Table.from_pylist(rows, ACTIONS)


def _of_rows(schema: pa.Schema, rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    """A table from rows whose values stand in the order of the schema."""
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)
