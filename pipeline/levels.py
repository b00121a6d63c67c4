"""Cells that a measure does not have: answers about health are stated of the whole organisation alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.survey import counted_at

if TYPE_CHECKING:
    from pipeline.organisation import Tree
    from pipeline.survey import Survey


def at_their_level(cells: pa.Table, survey: Survey, tree: Tree) -> pa.Table:
    """The cells that there may be, before disclosure control sees any. One of an unknown measure stays."""
    whole = {one.id for one in survey.measures if one.whole_only}
    if not whole:
        return cells
    by_id = {one.id: one for one in survey.measures}
    columns = (cells.column(name).to_pylist() for name in ("unit", "segment", "measure"))
    stays = [
        measure not in whole or counted_at(by_id[measure], unit_is_root=unit == tree.root, segment=segment)
        for unit, segment, measure in zip(*columns, strict=True)
    ]
    return cells.filter(pa.array(np.array(stays, dtype=np.bool_))).combine_chunks()
