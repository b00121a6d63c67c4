"""Changes since the wave before, from published figures, through units that were given another id or drawn anew."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.facts.cells import NOWHERE, Estimates, Place
from pipeline.facts.columns import FACTS, FREE, WHERE
from pipeline.facts.verdicts import Differences
from pipeline.statistics import error_of_change
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.exactly import Bools, Doubles, Ints
    from pipeline.facts.cells import Cells
    from pipeline.facts.forms import Form


@dataclass(frozen=True)
class Panel:
    """People who answered in both waves. Private: what is published of it is verdicts.

    `people` says of a place, under the names of this wave, how many answered in both, how many now, and how many
    then; only of places that passed the disclosure gate. `spread` is s^2 of the differences of a measure in the
    whole organisation, in its steps squared.
    """

    people: Mapping[Place, tuple[int, int, int]]
    spread: Mapping[str, Fraction]


NOBODY = Panel({}, {})


@dataclass(frozen=True)
class Changes:
    """Each row of `cells` beside the row of the wave before that it is compared with. `row` is NOWHERE without one."""

    cells: Cells
    mean: Ints  # of this wave
    shown: pa.Table  # the published figures before
    row: Ints
    panel: Panel

    @cached_property
    def has(self) -> Bools:
        """Rows that have a figure and had one."""
        found: Bools = self.cells.free & (self.row != NOWHERE)
        return found

    @cached_property
    def previous(self) -> Ints:
        """The mean before, in last decimals; 0 without one."""
        one = self.cells.of_measure([form.one for form in self.cells.forms])
        return np.where(self.has, np.rint(self._before("mean", 0.0) * one), 0).astype(np.int64)

    def verdicts(self) -> tuple[Ints, Ints]:
        """The rows that have a verdict, and its code."""
        at = np.flatnonzero(self.has & ~self.cells.rate)
        now, before = self._now(at), self._then(at)
        pairs, differences = self._pairs(at, now, before)
        error, size = _errors(now, before, pairs, differences)
        spread = self._spreads

        def exact(number: int) -> Fraction:
            of = spread[int(now.measure[number])]
            both = int(pairs[number]) if of is not None else 0
            return error_of_change(now.exact(number), before.exact(number), both, of or Fraction(0))

        matters = tuple(form.matters for form in self.cells.forms)
        found = self.mean[at] - self.previous[at]
        return at, Differences(found, matters, now.measure, error, size, exact).codes()

    def _before(self, name: str, otherwise: float) -> Doubles:
        values = pc.fill_null(self.shown[name], otherwise).to_numpy()
        return values[self.row] if len(values) else np.zeros(len(self.row))

    def _now(self, at: Ints) -> Estimates:
        of = self.cells.estimates
        return Estimates(of.measure[at], of.answered[at], of.invited[at], of.spread, of.share)

    def _then(self, at: Ints) -> Estimates:
        """The estimates of the wave before, from what was published."""
        forms = self.cells.forms
        whole = _whole(self.shown, forms)
        spread = [
            form.most if row is None or row["sd"] is None else Fraction(round(row["sd"] * form.one)) ** 2
            for form, row in zip(forms, whole, strict=True)
        ]
        share = [Fraction(row["answered"], row["invited"]) if row and row["invited"] else None for row in whole]
        answered, invited = (
            self._before(name, otherwise).astype(np.int64)[at] for name, otherwise in (("answered", 0), ("invited", -1))
        )
        return Estimates(self.cells.measure[at], answered, invited, spread, share)

    @cached_property
    def _spreads(self) -> Sequence[Fraction | None]:
        """s^2 of the differences of each measure, in last decimals squared."""
        spread = self.panel.spread
        return [
            spread[one.measure.id] * one.a_step**2 if one.measure.id in spread else None for one in self.cells.forms
        ]

    def _pairs(self, at: Ints, now: Estimates, before: Estimates) -> tuple[Ints, Doubles]:
        """At least so many people are behind both means, and s^2 of their differences.

        Of those who answered anything in both waves, whoever left out this measure in one of them is not a pair of
        it; at most as many as left it out at all. Fewer pairs make a change less certain, never more.
        """
        people = [self.panel.people.get(place, (0, 0, 0)) for place in self.cells.places]
        both, all_now, all_then = np.array(people or [(0, 0, 0)], dtype=np.int64)[self.cells.place[at]].T
        pairs = both - (all_now - now.answered) - (all_then - before.answered)
        known = np.array([one is not None for one in self._spreads])[now.measure]
        spreads = np.array([float(one or 0) for one in self._spreads])[now.measure]
        return np.where(known & (both > 0), np.maximum(pairs, 0), 0), spreads


def _errors(now: Estimates, before: Estimates, pairs: Ints, differences: Doubles) -> tuple[Doubles, Doubles]:
    """`statistics.error_of_change` in doubles, and the size of its terms."""
    largest = np.maximum(now.asked, before.asked)
    everybody = np.divide(1.0, largest, out=np.zeros(len(largest)), where=largest > 0)
    several = np.maximum(now.answered, 1) * np.maximum(before.answered, 1).astype(np.float64)
    shared = np.where(pairs > 0, pairs / several - everybody, 0.0)
    shared = np.minimum(shared, np.minimum(now.unseen, before.unseen))
    covered = now.spreads + before.spreads - differences
    less = shared * np.where(shared > 0, covered, np.maximum(covered, 0))
    return now.error + before.error - less, now.error + before.error + np.abs(less)


def _whole(shown: pa.Table, forms: Sequence[Form]) -> list[Mapping[str, Any] | None]:
    """What was published of each measure about everybody."""
    everybody = pc.and_(pc.equal(shown["segment"], TOTAL), shown["root"])
    rows = {row["measure"]: row for row in shown.filter(everybody).to_pylist()}
    return [rows.get(one.measure.id) for one in forms]


def changes(
    cells: Cells,
    mean: Ints,
    previous: pa.Table | None,
    predecessors: Mapping[str, str | None] | None,
    panel: Panel,
) -> Changes:
    """The rows of the wave before that each row is compared with: its own, or those of the unit that it continues.

    `previous` are the facts of that wave, `predecessors` say what each unit was called in it: without them, the same.
    """
    names = [*WHERE, "measure", "status", "mean", "sd", "answered", "invited"]
    before = (FACTS.empty_table() if previous is None else previous).select(names)
    root = before["unit"][0].as_py() if before.num_rows else ""  # facts stand in the order of the tree
    before = before.append_column("root", pc.equal(before["unit"], root))
    shown = before.filter(pc.equal(before["status"], FREE)).combine_chunks()
    return Changes(cells, mean, shown, _rows(cells, shown, predecessors), panel)


def _rows(cells: Cells, shown: pa.Table, predecessors: Mapping[str, str | None] | None) -> Ints:
    """For each row of the cells, the row of the figures before."""
    if not shown.num_rows:
        return np.full(len(cells.place), NOWHERE, dtype=np.int64)
    before = [_continued(place, predecessors) for place in cells.places]
    words = [shown[name].combine_chunks().dictionary_encode() for name in WHERE]
    sought = [pa.array([None if one is None else one[part] for one in before], pa.string()) for part in range(3)]
    there = np.zeros(shown.num_rows, dtype=np.int64)
    here = np.zeros(len(before), dtype=np.int64)
    known = np.ones(len(before), dtype=np.bool_)
    for one, wanted in zip(words, sought, strict=True):
        code = pc.fill_null(pc.index_in(wanted, one.dictionary), NOWHERE).to_numpy(zero_copy_only=False)
        known &= (code != NOWHERE) & wanted.is_valid().to_numpy(zero_copy_only=False)
        there = there * len(one.dictionary) + one.indices.to_numpy(zero_copy_only=False)
        here = here * len(one.dictionary) + code
    names = pa.array([one.measure.id for one in cells.forms], pa.string())
    measure = pc.fill_null(pc.index_in(shown["measure"].combine_chunks(), names), len(names))
    there = there * (len(names) + 1) + measure.to_numpy(zero_copy_only=False)
    wanted_rows = here[cells.place] * (len(names) + 1) + cells.measure
    order = np.argsort(there, kind="stable")
    at = np.minimum(np.searchsorted(there[order], wanted_rows), len(order) - 1)
    found: Ints = np.where(known[cells.place] & (there[order][at] == wanted_rows), order[at], NOWHERE)
    return found


def _continued(place: Place, predecessors: Mapping[str, str | None] | None) -> Place | None:
    """What a place was called in the wave before; None where it was not there, or was other people."""
    unit = place.unit if predecessors is None else predecessors.get(place.unit)
    return None if unit is None else Place(unit, place.segment, place.category)
