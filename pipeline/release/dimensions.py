"""The tables that describe the facts: units, segments, measures, waves and actions."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline.release.schemas import ACTIONS, MEASURES, SEGMENTS, UNITS, WAVES
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pipeline.organisation import Tree
    from pipeline.survey import Category, Segment, Survey


def around(
    survey: Survey,
    wave: str,
    tree: Tree,
    actions: pa.Table,
    named: frozenset[str],
    predecessors: Mapping[str, str | None] | None = None,
) -> dict[str, pa.Table]:
    """The tables that describe a wave's facts, by name; `named` are the units whose name and actions they tell.

    `predecessors` are what units continue of the published wave before, None without one.
    """
    return {
        "units": _units(tree, wave, named, predecessors or {}),
        "segments": _segments(survey),
        "measures": _measures(survey),
        "waves": _waves(survey, wave),
        "actions": _actions(actions, wave, named),
    }


def _units(tree: Tree, wave: str, named: frozenset[str], predecessors: Mapping[str, str | None]) -> pa.Table:
    rows = [
        {
            "wave": wave,
            "unit": unit.id,
            "parent": unit.parent,
            "name": unit.name if unit.id in named else None,
            "depth": len(tree.path[unit.id]) - 1,
            "path": "/".join(_escaped(one) for one in tree.path[unit.id]),
            "continues": predecessors.get(unit.id),
        }
        for unit in tree.units
    ]
    return pa.Table.from_pylist(rows, UNITS)


def _escaped(unit: str) -> str:
    """An id as a part of a path, so that one path begins with another exactly when it lies under it."""
    return unit.replace("%", "%25").replace("/", "%2F")


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
        (
            one.id,
            one.kind,
            one.scale,
            one.name.nb,
            one.name.en,
            one.low,
            one.high,
            one.direction,
            law.get(one.scale or ""),
        )
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
