"""The published facts as a report looks them up: what is withheld cannot be asked for."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from pipeline.instruments import Localised
from pipeline.survey import TOTAL, Wave

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

WHERE = ("wave", "unit", "segment", "category", "measure")
STATED = (
    "mean",
    "answered",
    "invited",
    "favourable",
    "neutral",
    "unfavourable",
    "ci_low",
    "ci_high",
    "previous",
    "change",
    "verdict",
)


@dataclass(frozen=True, slots=True)
class Fact:
    """One published figure, in the units of its measure; shares lie between 0 and 1.

    `previous`, `change` and `verdict` are None without an earlier figure, the shares where a distribution is withheld.
    """

    mean: float
    answered: int | None
    invited: int | None
    favourable: float | None
    neutral: float | None
    unfavourable: float | None
    ci_low: float | None
    ci_high: float | None
    previous: float | None
    change: float | None
    verdict: str | None


@dataclass(frozen=True)
class Figures:
    """Facts with status F: of whole units in every wave, of single segments in the report's wave.

    A unit is asked for by its id in the report's wave; `called` says by wave what it was called there, if it was.
    """

    facts: Mapping[tuple[str, ...], Fact]
    withheld: frozenset[str]  # units about which something is withheld in the report's wave
    called: Mapping[str, Mapping[str, str]]
    statuses: Mapping[tuple[str, ...], str]  # unit, segment, category, measure -> why it has no figure in that wave

    def shown(self, wave: str, unit: str, measure: str, segment: str = TOTAL, category: str = TOTAL) -> Fact | None:
        """The published figure; None where it is withheld or was not measured, or where the unit continues no other."""
        return self.facts.get((wave, self.called[wave].get(unit, ""), segment, category, measure))

    def status(self, unit: str, measure: str, segment: str = TOTAL, category: str = TOTAL) -> str | None:
        """`C` withheld, `N` not measured, None where there is a figure, or nobody, in the report's wave."""
        return self.statuses.get((unit, segment, category, measure))


def read(table: pa.Table, units: pa.Table, waves: Sequence[Wave]) -> Figures:
    """Figures for the reports of the last of these waves, from the facts and the units of a release."""
    wave = waves[-1].id
    ours = pc.equal(table["wave"], wave)
    total = pc.equal(table["segment"], TOTAL)
    whole = pc.is_in(table["kind"], pc.cast(["scale", "index"], table["kind"].type))
    single = pc.invert(pc.match_substring(table["segment"], "*"))
    free = table.filter(
        pc.and_(pc.equal(table["status"], "F"), pc.or_(total, pc.and_(ours, pc.and_(whole, single)))),
    )
    without = table.filter(pc.and_(ours, pc.not_equal(table["status"], "F")))
    hidden = without.filter(pc.equal(without["status"], "C"))
    return Figures(
        dict(zip(_rows(free, WHERE), (Fact(*row) for row in _rows(free, STATED)), strict=True)),
        frozenset(hidden["unit"].unique().to_pylist()),
        continued(units, [one.id for one in waves]),
        {row[:-1]: row[-1] for row in _rows(without, (*WHERE[1:], "status"))},
    )


def continued(units: pa.Table, waves: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """By wave what each unit of the last one was called in it, as long as each continues one of the wave before."""
    own: dict[str, dict[str, str | None]] = {one: {} for one in waves}
    for row in units.select(["wave", "unit", "continues"]).to_pylist():
        if row["wave"] in own:
            own[row["wave"]][row["unit"]] = row["continues"]
    found = {waves[-1]: {unit: unit for unit in own[waves[-1]]}}
    for later, before in itertools.pairwise(reversed(waves)):
        named = ((unit, own[later][now]) for unit, now in found[later].items())
        found[before] = {unit: one for unit, one in named if one is not None and one in own[before]}
    return found


def names(table: pa.Table, wave: str) -> Mapping[str, Mapping[str, Any]]:
    """Unit id -> its row of the release's units table in this wave, parents before children."""
    return {row["unit"]: row for row in table.filter(pc.equal(table["wave"], wave)).to_pylist()}


def waves(table: pa.Table, wave: str) -> tuple[Wave, ...]:
    """The waves of a release that closed no later than this one, in that order; this one is last."""
    found = [
        Wave(
            id=row["wave"],
            name=Localised(nb=row["name_nb"], en=row["name_en"]),
            opens=row["opens"],
            closes=row["closes"],
        )
        for row in table.to_pylist()
    ]
    last = next(one.closes for one in found if one.id == wave)
    earlier = [one for one in found if one.closes <= last]
    return tuple(sorted(earlier, key=lambda one: (one.closes, one.id == wave, one.id)))


def actions(table: pa.Table, wave: str) -> Mapping[str, list[Mapping[str, Any]]]:
    """Unit id -> the rows of the release's actions table in this wave."""
    found = defaultdict(list)
    for row in table.filter(pc.equal(table["wave"], wave)).to_pylist():
        found[row["unit"]].append(row)
    return found


def _rows(table: pa.Table, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))
