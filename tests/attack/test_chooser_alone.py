"""Whatever the auditor would mend afterwards, the lines that the chooser promises to close are closed by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from villages import examples, villages

from pipeline.disclosure import Rules
from pipeline.disclosure.audit import Auditor
from pipeline.disclosure.cells import columns, grid
from pipeline.disclosure.choose import Chooser
from pipeline.disclosure.primary import allowed

if TYPE_CHECKING:
    from village import Village


@pytest.mark.parametrize("families", [False, True])
@pytest.mark.parametrize("several", [False, True])
def test_no_residual_is_left_for_the_auditor(*, families: bool, several: bool) -> None:
    @examples(40, 1000)
    @given(villages(people=14, families=families, several=several), st.integers(3, 5))
    def holds(village: Village, k: int) -> None:
        segments, measures = columns(village.members)
        cells = grid(village.cells, measures, segments, village.tree)
        rules = Rules(k, k + 1)
        shown = Chooser(cells, village.members, village.tree, rules, village.families).choose(allowed(cells, rules))
        found = Auditor(cells, village.members, village.tree, rules, village.families).audit(shown)
        assert [one for one in found if one.found_by == "residual"] == []
        for scale, items in village.families.items():
            rows = [measures.index(name) for name in (scale, *items)]
            whole = [
                number
                for number, place in enumerate(cells.places)
                if all(
                    len(village.records[one].answers) in {0, len(items)}
                    for one in village.places[place.unit, place.segment, place.category]
                )
            ]
            # Where nobody answered in part, one row of the family that is missing follows from the others.
            assert 1 not in (~shown.means[rows][:, whole]).sum(axis=0)

    holds()
