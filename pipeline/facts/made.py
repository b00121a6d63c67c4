"""The facts of a wave, put together column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pipeline.facts import compared, means
from pipeline.facts.cells import NOWHERE, lay
from pipeline.facts.changes import NOBODY, changes
from pipeline.facts.columns import FACTS, NAMES
from pipeline.facts.forms import forms
from pipeline.facts.verdicts import CHANGES, DIFFERENCES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.disclosure import ProtectedTable, Written
    from pipeline.exactly import Bools, Ints
    from pipeline.facts.cells import Cells
    from pipeline.facts.changes import Panel
    from pipeline.organisation import Tree
    from pipeline.survey import Survey


def facts(
    protected: ProtectedTable | Written,
    survey: Survey,
    wave: str,
    previous: pa.Table | None,
    *,
    tree: Tree | None = None,
    predecessors: Mapping[str, str | None] | None = None,
    panel: Panel = NOBODY,
) -> pa.Table:
    """The published figures of a wave, as FACTS, in the order of the protected cells.

    `previous` are the facts of the published wave before, `predecessors` what each unit was called in it (the same,
    without them), `panel` who answered in both. Without a `tree` nothing is compared with units above. A measure
    without a cell was not measured: status N. Raises RunRefused for a cell of a measure that the survey file does
    not have.
    """
    if not protected.table.num_rows:
        return FACTS.empty_table()
    cells = lay(protected.table, survey, wave, forms(survey))
    mean = means.means(cells)
    low, high, uncertain = means.intervals(cells, mean)
    since = changes(cells, mean, previous, predecessors, panel)
    judged, verdict = since.verdicts()
    known, silence = compared.moved_by_the_silent(cells)
    one = cells.of_measure([form.one for form in cells.forms])
    columns: dict[str, Any] = {
        **_named(cells, survey, wave),
        "answered": _whole(cells.counts["answered"], cells.free),
        "invited": _whole(cells.counts["invited"], cells.free & (cells.counts["invited"] != NOWHERE)),
        "mean": _decimal(mean, one, cells.free),
        "sd": _decimal(means.deviations(cells), one, cells.finer),
        **{name: _decimal(share, means.A_WHOLE, cells.finer) for name, share in means.shares(cells).items()},
        "ci_low": _decimal(low, one, uncertain),
        "ci_high": _decimal(high, one, uncertain),
        "previous": _decimal(since.previous, one, since.has),
        "change": _decimal(mean - since.previous, one, since.has),
        "verdict": _words(CHANGES, verdict, judged, len(mean)),
        "nonresponse": _words(compared.MOVED, silence, known, len(mean)),
        "status": cells.status,
        **_beside(cells, mean, one, tree),
    }
    return pa.table([columns[name] for name in FACTS.names], schema=FACTS)


def _named(cells: Cells, survey: Survey, wave: str) -> dict[str, pa.Array]:
    rows = len(cells.place)
    found: dict[str, pa.Array] = {"survey": pa.repeat(survey.id, rows), "wave": pa.repeat(wave, rows)}
    for part, name in enumerate(NAMES[2:5]):
        found[name] = _taken([place[part] for place in cells.places], cells.place)
    found["measure"] = _taken([form.measure.id for form in cells.forms], cells.measure)
    found["kind"] = _taken([form.measure.kind for form in cells.forms], cells.measure)
    return found


def _beside(cells: Cells, mean: Ints, one: Ints, tree: Tree | None) -> dict[str, pa.Array]:
    """The columns that compare with units above and of the same level; null without a tree."""
    found: dict[str, pa.Array] = {}
    for name, above in (("parent", compared.parents(cells, tree)), ("organisation", compared.roots(cells, tree))):
        has, difference, judged, verdict = compared.differences(cells, mean, above)
        found[f"{name}_difference"] = _decimal(difference, one, has)
        found[f"{name}_verdict"] = _words(DIFFERENCES, verdict, judged, len(mean))
    percentile, ranked = compared.percentiles(cells, mean, tree)
    return found | {"percentile": _decimal(percentile, 1, ranked)}


def _taken(words: Sequence[str], code: Ints) -> pa.Array:
    return pa.array(words, pa.string()).take(pa.array(code))


def _whole(values: Ints, there: Bools) -> pa.Array:
    return pa.array(values, mask=~there)


def _decimal(values: Ints, one: Ints | int, there: Bools) -> pa.Array:
    return pa.array(values / one, mask=~there)


def _words(words: Sequence[str], code: Ints, at: Ints, rows: int) -> pa.Array:
    found = np.full(rows, NOWHERE, dtype=np.int64)
    found[at] = code
    return pa.array(words, pa.string()).take(pa.array(found, mask=found == NOWHERE))
