"""The protected cells of a wave laid out as rows: which place, which measure, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import RunRefused
from pipeline.facts.columns import FREE, NOT_MEASURED, WHERE
from pipeline.statistics import Estimate, error, variance
from pipeline.survey import TOTAL, counted_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.exactly import Bools, Doubles, Ints
    from pipeline.facts.forms import Form
    from pipeline.survey import Survey

NOWHERE = -1
COUNTS = ("answered", "invited", "total", "squares", "favourable", "neutral", "unfavourable")


class Place(NamedTuple):
    """A unit cut by segments."""

    unit: str
    segment: str
    category: str


@dataclass(frozen=True)
class Estimates:
    """What the mean of each row was estimated with: the spread of its measure, its answers, and those asked.

    `spread` and `share` are by measure: s^2 in last decimals squared, and how many of those invited answered in the
    whole organisation, None where that is not published. `invited` is NOWHERE where it is withheld: then as many
    count as asked as if the organisation's share of them had answered. The width of an interval must not tell what
    is withheld; most rates are withheld because nearly all answered, so that this mostly errs on the wide side.
    """

    measure: Ints
    answered: Ints
    invited: Ints
    spread: Sequence[Fraction]
    share: Sequence[Fraction | None]

    def exact(self, row: int) -> Estimate:
        """Of one row, in fractions."""
        answered, invited, measure = int(self.answered[row]), int(self.invited[row]), int(self.measure[row])
        share = self.share[measure]
        asked = invited if invited != NOWHERE else answered / share if share else None
        return Estimate(self.spread[measure], answered, asked)

    @cached_property
    def spreads(self) -> Doubles:
        """s^2 of each row's measure."""
        return np.array([float(one) for one in self.spread])[self.measure]

    @cached_property
    def silent(self) -> Doubles:
        """Which part of those asked did not answer; 1 where it is not known how many were asked."""
        assumed = np.array([float(1 - (share or 0)) for share in self.share])[self.measure]
        counted = (self.invited - self.answered) / np.maximum(self.invited, 1)
        return np.where(self.invited == NOWHERE, assumed, counted)

    @cached_property
    def unseen(self) -> Doubles:
        """1/n - 1/N."""
        return self.silent / np.maximum(self.answered, 1)

    @cached_property
    def asked(self) -> Doubles:
        """How many were asked, or are taken to have been; 0 where nobody knows."""
        assumed = np.array([float(1 / share) if share else 0.0 for share in self.share])[self.measure]
        return np.where(self.invited == NOWHERE, self.answered * assumed, self.invited)

    @property
    def error(self) -> Doubles:
        """The squared standard error of each mean."""
        return self.spreads * self.unseen


@dataclass(frozen=True)
class Cells:
    """One row for every place and measure that the facts state; `counts` are 0 where null, but invited is NOWHERE."""

    forms: Sequence[Form]
    places: tuple[Place, ...]
    place: Ints
    measure: Ints
    status: pa.Array
    free: Bools  # it has a figure
    counts: Mapping[str, Ints]
    finer: Bools  # spread and shares are shown as well

    def of_measure(self, values: Sequence[int]) -> Ints:
        """A whole number of each measure, for each row."""
        return np.array(values, dtype=np.int64)[self.measure]

    @cached_property
    def rate(self) -> Bools:
        """Rows that state who answered: everybody who was asked is counted, so that nothing is uncertain."""
        found: Bools = np.array([one.measure.kind == "rate" for one in self.forms], dtype=np.bool_)[self.measure]
        return found

    @cached_property
    def at(self) -> Ints:
        """Places x measures: the row, or NOWHERE."""
        found = np.full((len(self.places), len(self.forms)), NOWHERE, dtype=np.int64)
        found[self.place, self.measure] = np.arange(len(self.place))
        return found

    @cached_property
    def number(self) -> Mapping[Place, int]:
        """Where each place stands."""
        return {place: number for number, place in enumerate(self.places)}

    @cached_property
    def whole(self) -> Ints:
        """Measure -> the row of everybody, or NOWHERE."""
        root = self.number.get(Place(self.places[0].unit, TOTAL, TOTAL)) if self.places else None
        return self.at[root] if root is not None else np.full(len(self.forms), NOWHERE, dtype=np.int64)

    @cached_property
    def estimates(self) -> Estimates:
        """How uncertain each mean is: by the spread of the organisation, not of the cell.

        A mean with its own spread and its n gives away the answers of a small group. Where not even the
        organisation's spread may be shown, the largest that there can be is used: it tells nothing, and the interval
        is too wide.
        """
        spread, share = [], []
        for form, row in zip(self.forms, self.whole.tolist(), strict=True):
            own = row != NOWHERE and self.finer[row]
            spread.append(self.variance(row) if own else form.most)
            invited = int(self.counts["invited"][row]) if row != NOWHERE else 0
            share.append(Fraction(int(self.counts["answered"][row]), invited) if invited > 0 else None)
        return Estimates(self.measure, self.counts["answered"], self.counts["invited"], spread, share)

    def variance(self, row: int) -> Fraction:
        """s^2 of the answers of a cell, in last decimals squared."""
        answered, total, squares = (int(self.counts[name][row]) for name in ("answered", "total", "squares"))
        return variance(answered, total, squares) * self.forms[int(self.measure[row])].a_step ** 2

    def mean(self, row: int) -> Fraction:
        """The mean of a cell, in last decimals."""
        form = self.forms[int(self.measure[row])]
        return form.start + Fraction(int(self.counts["total"][row]), int(self.counts["answered"][row])) * form.a_step

    def error(self, row: int) -> Fraction:
        """The squared standard error of a cell's mean."""
        of = self.estimates.exact(row)
        return error(of.spread, of.answered, of.invited)


def lay(protected: pa.Table, survey: Survey, wave: str, forms: Sequence[Form]) -> Cells:
    """The rows that the facts of a wave have, places in the order of the cells, measures in the order of the survey.

    A measure without a cell was not measured: it has a row wherever it could be counted. Raises RunRefused for a cell
    of a measure that the survey file does not have.
    """
    names = pa.array([one.measure.id for one in forms], pa.string())
    given = protected["measure"].combine_chunks()
    measure = pc.fill_null(pc.index_in(given, names), NOWHERE).to_numpy(zero_copy_only=False).astype(np.int64)
    if (measure == NOWHERE).any():
        unknown = sorted(set(given.unique().to_pylist()) - set(names.to_pylist()))
        msg = f"cells state {unknown[0]!r}, which is no measure of survey {survey.id}; aggregate wave {wave} again"
        raise RunRefused(msg)
    place, places = _places(protected)
    absent = np.setdiff1d(np.arange(len(forms)), measure)
    cell = np.full((len(places), len(forms)), NOWHERE, dtype=np.int64)
    cell[place, measure] = np.arange(protected.num_rows)
    states = cell != NOWHERE
    for at in absent.tolist():
        of = forms[at].measure
        states[:, at] = [counted_at(of, unit_is_root=one.unit == places[0].unit, segment=one.segment) for one in places]
    across, down = np.nonzero(states)
    rows = pa.array(cell[across, down], mask=cell[across, down] == NOWHERE)
    taken = protected.select([*COUNTS, "status"]).combine_chunks().take(rows)
    counts = {
        name: pc.fill_null(taken[name], NOWHERE if name == "invited" else 0).to_numpy().astype(np.int64)
        for name in COUNTS
    }
    status = pc.fill_null(taken["status"], NOT_MEASURED)
    free = pc.equal(status, FREE).to_numpy()
    finer = free & taken["squares"].is_valid().to_numpy()
    return Cells(forms, places, across, down, status.combine_chunks(), free, counts, finer)


def _places(table: pa.Table) -> tuple[Ints, tuple[Place, ...]]:
    """Each row's place, numbered in the order in which they come."""
    words = [table[name].combine_chunks().dictionary_encode() for name in WHERE]
    code = np.zeros(table.num_rows, dtype=np.int64)
    for one in words:
        code = code * max(len(one.dictionary), 1) + one.indices.to_numpy(zero_copy_only=False)
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    lead = table.select(list(WHERE)).take(pa.array(first[order]))
    return number[inverse.ravel()], tuple(map(Place, *(lead[name].to_pylist() for name in WHERE)))
