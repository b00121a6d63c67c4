"""A unit beside the unit above it, the whole organisation and units of its level, from published figures."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from pipeline import exactly
from pipeline.facts.cells import NOWHERE, Place
from pipeline.facts.verdicts import Differences

if TYPE_CHECKING:
    from pipeline.exactly import Bools, Doubles, Ints
    from pipeline.facts.cells import Cells
    from pipeline.organisation import Tree

MOVED = ("small", "large")
LEAST_UNITS = 10  # that a percentile is told among: with fewer, one place more is ten per cent
HALF = Fraction(1, 2)  # of a standard deviation: the medium effect of Cohen 1988


def parents(cells: Cells, tree: Tree | None) -> Ints:
    """For each row the row of the unit above, of the same category and measure; NOWHERE without one."""
    over = {} if tree is None else {unit.id: unit.parent for unit in tree.units}
    return _rows(cells, [over.get(place.unit) for place in cells.places])


def roots(cells: Cells, tree: Tree | None) -> Ints:
    """For each row but the organisation's own the row of the whole organisation; NOWHERE without one."""
    root = None if tree is None else tree.root
    return _rows(cells, [None if place.unit == root else root for place in cells.places])


def _rows(cells: Cells, above: list[str | None]) -> Ints:
    found = [
        NOWHERE if unit is None else cells.number.get(Place(unit, place.segment, place.category), NOWHERE)
        for unit, place in zip(above, cells.places, strict=True)
    ]
    place = np.array(found, dtype=np.int64)[cells.place]
    row: Ints = np.where(place == NOWHERE, NOWHERE, cells.at[place, cells.measure])
    return row


def differences(cells: Cells, mean: Ints, above: Ints) -> tuple[Bools, Ints, Ints, Ints]:
    """Which rows have a difference from the row above, the difference, which of them are judged, and the codes.

    A unit is part of what it is compared with: m_u - m_p = (1 - n_u / n_p) (m_u - m_r), r being the rest. So its
    squared error is (1 - n_u / n_p)^2 (S^2 (1/n_u - 1/N_u) + S^2 (1/n_r - 1/N_r)): that of two independent means
    (Cochran 1977, 5A.13, domains), times how much of the parent the rest is.
    """
    has = cells.free & (above != NOWHERE) & cells.free[above]
    found = np.where(has, mean - mean[above], 0)
    at = np.flatnonzero(has & ~cells.rate)
    of = cells.estimates
    others, unseen = _rest(cells, at, above[at])
    part = others / np.maximum(of.answered[above[at]], 1)
    error = part * part * of.spreads[at] * (of.unseen[at] + unseen)

    def exact(number: int) -> Fraction:
        row, over = int(at[number]), int(above[at[number]])
        unit, whole = of.exact(row), of.exact(over)
        others = max(whole.answered - unit.answered, 0)
        asked = None if unit.invited is None or whole.invited is None else whole.invited - unit.invited
        left = Fraction(1, max(others, 1)) - (Fraction(1) / asked if asked and asked > 0 else 0)
        return Fraction(others, whole.answered) ** 2 * unit.spread * (unit.unseen + max(left, Fraction(0)))

    matters = tuple(form.matters for form in cells.forms)
    judged = Differences(found[at], matters, cells.measure[at], error, error, exact)
    return has, found, at, judged.codes()


def _rest(cells: Cells, at: Ints, above: Ints) -> tuple[Ints, Doubles]:
    """Of those above who are not of the unit: how many answered, and 1/n - 1/N."""
    of = cells.estimates
    answered = np.maximum(of.answered[above] - of.answered[at], 0)
    asked = of.asked[above] - of.asked[at]
    known = (of.asked[above] > 0) & (of.asked[at] > 0) & (asked > 0)
    unseen = 1 / np.maximum(answered, 1) - np.divide(1.0, asked, out=np.zeros(len(asked)), where=known)
    return answered, np.maximum(unseen, 0)


def percentiles(cells: Cells, mean: Ints, tree: Tree | None) -> tuple[Ints, Bools]:
    """How many percent of the units of a level lie lower, ties counting half; and which rows have a percentile.

    Percentile rank with ties halved (Crocker and Algina 1986, 19): 100 (below + equal / 2) / all, whole numbers. Among
    all published figures of the same measure, category and depth of the tree, of which there are LEAST_UNITS or more.
    """
    depth = {} if tree is None else {unit: len(path) for unit, path in tree.path.items()}
    cuts: dict[tuple[object, ...], int] = {}
    group = np.array(
        [cuts.setdefault((depth.get(one.unit), *one[1:]), len(cuts)) for one in cells.places], dtype=np.int64
    )
    known = np.array([one.unit in depth for one in cells.places], dtype=np.bool_)[cells.place]
    at = np.flatnonzero(cells.free & known)
    level = group[cells.place[at]] * len(cells.forms) + cells.measure[at]
    width = int(mean.max(initial=0)) - int(mean.min(initial=0)) + 1
    key = level * width + (mean[at] - int(mean.min(initial=0)))
    ordered, starts = np.sort(key), np.sort(level)
    first = np.searchsorted(starts, level, side="left")
    count = np.searchsorted(starts, level, side="right") - first
    below = np.searchsorted(ordered, key, side="left") - first
    equal = np.searchsorted(ordered, key, side="right") - first - below
    found = np.zeros(len(mean), dtype=np.int64)
    found[at] = exactly.quotients(100 * (2 * below + equal), 2 * count)
    ranked = np.zeros(len(mean), dtype=np.bool_)
    ranked[at] = count >= LEAST_UNITS
    return found, ranked


def moved_by_the_silent(cells: Cells) -> tuple[Ints, Ints]:
    """Where it is known how many did not answer, and 1 where they could move the mean by what matters, else 0.

    With W the part that is silent, the mean is off by W times how far theirs lies from that of those who answered
    (Cochran 1977, 13.2). Nobody knows how far; the warning stands where half a standard deviation would be enough.
    """
    of = cells.estimates
    matters = [form.matters for form in cells.forms]
    most = (of.silent * of.silent) * of.spreads * float(HALF**2)
    needed = np.array([float(one) for one in matters])[cells.measure] ** 2

    def exact(row: int) -> bool:
        one = of.exact(row)
        silent = 1 - Fraction(one.answered) / (one.invited or 1)
        return matters[int(of.measure[row])] ** 2 <= HALF**2 * silent**2 * one.spread

    rows = np.flatnonzero(cells.free & ~cells.rate & (of.asked > 0))
    could = exactly.at_most(needed[rows], most[rows], needed[rows] + most[rows], lambda at: exact(int(rows[at])))
    return rows, could.astype(np.int64)
