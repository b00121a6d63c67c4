"""The rows of every wave published so far, and those of this wave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import facts, lineage, parquet
from pipeline.disclosure.cells import addresses
from pipeline.organisation import Tree, Unit
from pipeline.release import datapackage, dcat
from pipeline.release.dimensions import around
from pipeline.release.schemas import KEYS
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.disclosure import ProtectedTable, Written
    from pipeline.survey import Survey


def tables(  # noqa: PLR0913 - a wave, what is around it, and what came before it
    protected: ProtectedTable | Written,
    survey: Survey,
    wave: str,
    tree: Tree,
    actions: pa.Table,
    base: Mapping[str, pa.Table] | None = None,
    *,
    before: pa.Table | None = None,
    panel: facts.Panel = facts.NOBODY,
) -> dict[str, pa.Table]:
    """The tables of a release, by name: the rows of `base` as they stand, then those of this wave.

    A wave that is published again replaces its rows in the base, but for the facts that stay as they were `before`: in
    the release that published it last, which the base was not built on when it was taken back.

    A unit is named, and its actions are listed, exactly when the facts state a figure about the unit as a whole.
    Every published figure rests on at least the minimum group size, so a named unit is never a smaller group, and
    a name left out tells nothing that the facts do not.

    A unit is compared with the one of the wave before that it continues (pipeline.lineage); `panel` says who answered
    in both. Raises OrganisationInvalid for a unit that continues one which that wave does not have, and ValueError
    when the base holds the wave and there is nothing `before`.
    """
    base = base or {}
    if before is None and base and wave in base["waves"]["wave"].to_pylist():
        msg = f"the base release holds wave {wave} already"
        raise ValueError(msg)
    earlier = earlier_wave(base["waves"], survey.wave(wave).closes) if base else None
    previous = of_wave(base["facts"], earlier) if earlier is not None else None
    there = tree_of(base["units"], earlier) if earlier is not None else None
    predecessors = None if there is None else lineage.predecessors(tree, there.unit)
    ours = facts.facts(protected, survey, wave, previous, tree=tree, predecessors=predecessors, panel=panel)
    if before is not None:
        ours = _staying(ours, before, protected.kept)
        base = {name: _of_others(table, wave) for name, table in base.items()}
    figures = {"facts": ours, "distributions": facts.distributions(protected, survey, wave)}
    if base:
        figures = {name: pa.concat_tables([base[name], table]) for name, table in figures.items()}
    new = around(survey, wave, tree, actions, stated_units(ours), predecessors)
    return {**figures, **{name: carried(base.get(name), table, KEYS[name]) for name, table in new.items()}}


def tree_of(units: pa.Table, wave: str) -> Tree:
    """The tree of a published wave; without the names that are not published."""
    rows = of_wave(units, wave).select(["unit", "parent", "name"]).to_pylist()
    return Tree(tuple(Unit(row["unit"], row["parent"], row["name"] or "") for row in rows))


def _staying(ours: pa.Table, before: pa.Table, kept: pa.Table) -> pa.Table:
    """The facts with the rows that stay exactly as they stand in the release before. Raises KeyError without one."""
    rows = {key: row for row, key in enumerate(addresses(before))}
    stays = set(addresses(kept))
    take = [ours.num_rows + rows[key] if key in stays else row for row, key in enumerate(addresses(ours))]
    return pa.concat_tables([ours, before.cast(ours.schema)]).take(pa.array(take, pa.int64())).combine_chunks()


def _of_others(table: pa.Table, wave: str) -> pa.Table:
    """The rows that are not of a wave."""
    return table.filter(pc.not_equal(table["wave"], wave)) if "wave" in table.schema.names else table


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


def to_files(made: Mapping[str, pa.Table], survey: Survey) -> dict[str, bytes]:
    """`tables/<name>.parquet` for each table, and what describes them to readers of data packages and catalogues."""
    files = {path_of(name): parquet.to_bytes(table) for name, table in made.items()}
    return {
        **files,
        datapackage.PATH: datapackage.datapackage(survey),
        dcat.PATH: dcat.dcat(survey, made["waves"], files),
    }


def path_of(table: str) -> str:
    """Where a table lies within a release."""
    return f"tables/{table}.parquet"


def carried(base: pa.Table | None, new: pa.Table, key: tuple[str, ...]) -> pa.Table:
    """The rows of `base` that `new` has no row for, unchanged, then `new`."""
    if base is None:
        return new
    replaced = set(zip(*(new[name].to_pylist() for name in key), strict=True))
    keep = [row not in replaced for row in zip(*(base[name].to_pylist() for name in key), strict=True)]
    return pa.concat_tables([base.filter(pa.array(keep, pa.bool_())), new])
