"""A wave's private cells once more, from the rows that are stored now: what explaining and verifying start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline import disclosure, facts, ledger
from pipeline.aggregate import recompute
from pipeline.disclosure import KEPT
from pipeline.disclosure.cells import columns, grid
from pipeline.disclosure.primary import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    import pyarrow as pa

    from pipeline.disclosure.cells import Grid
    from pipeline.organisation import Tree
    from pipeline.store import Store
    from pipeline.survey import Survey


@dataclass(frozen=True)
class Recount:
    """Private. The cells laid out, the people in them, and the rules that the wave is held to."""

    cells: pa.Table
    members: pa.Table
    tree: Tree
    grid: Grid
    rules: disclosure.Rules

    def shown(self, rows: Iterable[Mapping[str, Any]], finer: str) -> Shown:
        """What rows of facts or of a protected table show; a distribution where `finer` is not null.

        Raises KeyError for a shown row that has no cell.
        """
        number = {measure: row for row, measure in enumerate(self.grid.measures)}
        shown = Shown(np.zeros_like(self.grid.exists), np.zeros_like(self.grid.exists))
        for row in rows:
            if row["status"] == "F":
                where = number[row["measure"]], self.grid.at[row["unit"], row["segment"], row["category"]]
                shown.means[where] = True
                shown.distributions[where] = row[finer] is not None
        return shown

    def distributions(self, told: pa.Table, survey: Survey, wave: str) -> int:
        """How many rows of `told`, published distributions, are not those of the cells."""
        where = list(KEPT.names)
        own = self.cells.join(told.select(where), where, join_type="left semi", use_threads=False)
        rows = facts.of_cells(own, survey, wave).select(told.schema.names).to_pylist()
        ours = {tuple(row.values()) for row in rows}
        return sum(tuple(row.values()) not in ours for row in told.to_pylist())


def recount(
    store: Store,
    survey: Survey,
    wave_id: str,
    named: Mapping[str, Iterable[str]] | None = None,
) -> Recount:
    """Counts a wave again, from what is stored now or from the `named` keys by kind that a run wrote down.

    Raises RunRefused when a file that this needs is missing, NotStored when a named one is.
    """
    cells, members, tree = recompute(store, survey, wave_id, named)
    segments, measures = columns(members)
    return Recount(cells, members, tree, grid(cells, measures, segments, tree), rules(store, survey, wave_id))


def rules(store: Store, survey: Survey, wave_id: str) -> disclosure.Rules:
    """The minimum group sizes that a wave is held to: those it was frozen with.

    A minimum that was raised after a wave was published binds later waves; one that was lowered binds none.
    """
    frozen = ledger.wave(store, survey.id, wave_id)
    least = survey.file.minimum_group_size
    mean, finer = (frozen.minimum_mean, frozen.minimum_distribution) if frozen else (least.mean, least.distribution)
    return disclosure.Rules(mean, finer, disclosure.bounds(survey))
