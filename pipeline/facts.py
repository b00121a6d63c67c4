"""Published figures from protected cells: means, intervals, shares and changes, each rounded once and exactly.

Scales are rounded to 0.1 points, those on a short range such as 1..5 and items to 0.01, indexes such as eNPS and
rates to whole numbers, shares to 0.01. What is computed from what is published (a change, a verdict) starts from the
rounded figures, so that a reader who takes them apart gets the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pipeline import scoring, statistics
from pipeline.errors import RunRefused
from pipeline.instruments import Localised
from pipeline.survey import TOTAL, counted_at

if TYPE_CHECKING:
    from pipeline.disclosure import ProtectedTable
    from pipeline.survey import Measure, Survey

FREE, NOT_MEASURED = "F", "N"
# The smallest change that a verdict calls one, as a part of the measure's range: 5 points of 100.
MATTERS = Fraction(5, 100)
_SHARES = 100  # shares are counted in hundredths

# What each column says, for whoever reads the table without us.
COLUMNS: Mapping[str, Localised] = {
    "survey": Localised(nb="Undersøkelsens id", en="Id of the survey"),
    "wave": Localised(nb="Målingens id", en="Id of the wave"),
    "unit": Localised(nb="Enhetens id", en="Id of the unit"),
    "segment": Localised(
        nb="Hva enheten er delt etter; «all» når den ikke er delt, flere er skilt med *",
        en="What the unit is cut by; 'all' when it is not cut, several are joined by *",
    ),
    "category": Localised(
        nb="Hvilken del det gjelder; «all» for alle, i samme rekkefølge som segmentene",
        en="Which part of it; 'all' for everybody, in the order of the segments",
    ),
    "measure": Localised(nb="Hva som er målt", en="What was measured"),
    "kind": Localised(
        nb="scale: tema; item: spørsmål; index: eNPS, -100 til 100; rate: svarprosent. Skalaene står i measures",
        en="scale: theme; item: question; index: eNPS, -100 to 100; rate: response rate in percent. Ranges: measures",
    ),
    "answered": Localised(nb="Antall svar", en="Number of answers"),
    "invited": Localised(
        nb="Antall inviterte; tomt der svarprosenten er tilbakeholdt, og når ingen er invitert ved navn",
        en="Number of people invited; empty where the response rate is withheld, and when nobody is invited by name",
    ),
    "mean": Localised(
        nb="Snitt: tema til 0,1 (0,01 på korte skalaer som 1 til 5), spørsmål til 0,01, eNPS og svarprosent hele tall",
        en="Mean: themes to 0.1 (0.01 on short ranges such as 1 to 5), questions to 0.01, eNPS and the rate whole",
    ),
    "sd": Localised(
        nb="Standardavvik (n - 1) for svarene; bare der en fordeling kan vises",
        en="Standard deviation (n - 1) of the answers; only where a distribution may be shown",
    ),
    "favourable": Localised(
        nb="Andel gunstige svar, 0 til 1: for spørsmål forbi midten, for tema minst 62,5 % mot gunstig side, eNPS 9-10",
        en="Share of favourable answers, 0 to 1: questions beyond the middle, themes 62.5% to the good end, eNPS 9-10",
    ),
    "neutral": Localised(nb="Andel nøytrale svar, 0 til 1", en="Share of neutral answers, 0 to 1"),
    "unfavourable": Localised(
        nb="Andel ugunstige svar, 0 til 1: for spørsmål før midten, for tema høyst 37,5 % mot gunstig side, eNPS 0-6",
        en="Share of unfavourable answers, 0 to 1: questions short of it, themes at most 37.5% to it, 0-6 for eNPS",
    ),
    "ci_low": Localised(
        nb="Nedre grense for snittet (95 %), med organisasjonens spredning, og dens svarprosent der invited er tomt",
        en="Lower limit of the mean (95%), with the organisation's spread; its response rate where invited is empty",
    ),
    "ci_high": Localised(
        nb="Øvre grense for snittet (95 %), med organisasjonens spredning, og dens svarprosent der invited er tomt",
        en="Upper limit of the mean (95%), with the organisation's spread; its response rate where invited is empty",
    ),
    "previous": Localised(nb="Snittet i forrige publiserte måling", en="The mean in the published wave before"),
    "change": Localised(nb="Snittet minus det forrige", en="The mean minus the previous one"),
    "verdict": Localised(
        nb="up, down: minst 5 % av skalaen og større enn usikkerheten; same: sikkert under 5 %; unsure: kan ikke sies",
        en="up, down: at least 5% of the range and beyond uncertainty; same: surely under 5%; unsure: cannot be told",
    ),
    "status": Localised(
        nb="F: vist; C: tilbakeholdt, så ingen kan finnes igjen; N: ikke målt",
        en="F: shown; C: withheld, so that nobody can be found; N: not measured",
    ),
}
_WHERE = ("unit", "segment", "category")
_NAMES = ("survey", "wave", *_WHERE, "measure", "kind")
_INTEGERS = ("answered", "invited")
_TEXTS = ("verdict", "status")


def _field(name: str, text: Localised) -> pa.Field:
    kind = pa.string() if name in {*_NAMES, *_TEXTS} else pa.int64() if name in _INTEGERS else pa.float64()
    described = {"description_nb": text.nb, "description_en": text.en}
    return pa.field(name, kind, nullable=name not in {*_NAMES, "status"}, metadata=described)


# One row for every unit x segment x category x measure of a wave. Every figure is null unless status is F.
FACTS = pa.schema([_field(name, text) for name, text in COLUMNS.items()])


def facts(protected: ProtectedTable, survey: Survey, wave: str, previous: pa.Table | None) -> pa.Table:
    """The published figures of a wave, as FACTS, in the order of the protected cells.

    `previous` are the facts of the published wave before. A measure without a cell was not measured: status N.
    Raises RunRefused for a cell of a measure that the survey file does not have.
    """
    rows = protected.table.to_pylist()
    places: dict[tuple[str, ...], dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        places.setdefault(tuple(row[name] for name in _WHERE), {})[row["measure"]] = row
    measured = {row["measure"] for row in rows}
    unknown = sorted(measured - {measure.id for measure in survey.measures})
    if unknown:
        msg = f"cells state {unknown[0]!r}, which is no measure of survey {survey.id}; aggregate wave {wave} again"
        raise RunRefused(msg)
    root = next(iter(places), ("", TOTAL, TOTAL))[0]  # cells stand in the order of the tree
    whole = places.get((root, TOTAL, TOTAL), {})
    before = _Before.of(previous)
    figures = [_Figure(form, whole.get(form.measure.id), before) for form in _forms(survey)]
    made = []
    for place, cells in places.items():
        for figure in figures:
            measure = figure.form.measure
            cell = cells.get(measure.id)
            here = counted_at(measure, unit_is_root=place[0] == root, segment=place[1])
            if cell is not None or (here and measure.id not in measured):
                names = (survey.id, wave, *place, measure.id, measure.kind)
                made.append(dict(zip(_NAMES, names, strict=True)) | figure.stated(place, cell))
    return pa.Table.from_pylist(made, FACTS)


@dataclass(frozen=True)
class _Form:
    """How a measure is published: in whole numbers of its last decimal, so many of them a step.

    `start` is where no steps at all are: the lowest score of a scale. The steps of other measures are their values.
    """

    measure: Measure
    a_step: Fraction

    @cached_property
    def start(self) -> int:
        return self.measure.low * self.one if self.measure.kind == "scale" else 0

    @cached_property
    def one(self) -> int:
        """What 1 is in the last decimal."""
        return int(10**self.measure.decimals)

    @cached_property
    def range(self) -> int:
        return (self.measure.high - self.measure.low) * self.one

    @property
    def most(self) -> Fraction:
        """The largest variance that values within the range can have (Popoviciu 1935): a quarter of its square."""
        return Fraction(self.range**2, 4)

    def within(self, value: int) -> float:
        """A whole number of last decimals as it is published; never outside the range."""
        low, high = self.measure.low * self.one, self.measure.high * self.one
        return min(max(value, low), high) / self.one


def _forms(survey: Survey) -> list[_Form]:
    spans = {scale.id: scoring.span(scale) for scale in survey.scales}
    forms = []
    for measure in survey.measures:
        steps = spans.get(measure.scale or "", 1) if measure.kind in {"scale", "index"} else 1
        width = measure.high - measure.low if measure.kind in {"scale", "index"} else 1
        forms.append(_Form(measure, Fraction(width * 10**measure.decimals, steps)))
    return forms


@dataclass(frozen=True)
class _Before:
    """The published facts of the wave before: what is shown, and of the whole organisation the spread and the share."""

    shown: Mapping[tuple[str, ...], Mapping[str, Any]]
    spread: Mapping[str, float]
    share: Mapping[str, Fraction]

    @classmethod
    def of(cls, table: pa.Table | None) -> _Before:
        rows = [] if table is None else [row for row in table.to_pylist() if row["status"] == FREE]
        shown = {(*(row[name] for name in _WHERE), row["measure"]): row for row in rows}
        root = "" if table is None or not table.num_rows else table["unit"][0].as_py()
        whole = [row for (unit, segment, *_), row in shown.items() if (unit, segment) == (root, TOTAL)]
        spread = {row["measure"]: row["sd"] for row in whole if row["sd"] is not None}
        return cls(shown, spread, {row["measure"]: share for row in whole if (share := _share(row))})


def _share(whole: Mapping[str, Any] | None) -> Fraction | None:
    """Which share of those invited answered, in the whole organisation; None where that is not published."""
    if whole is None or not whole["invited"]:
        return None
    return Fraction(whole["answered"], whole["invited"])


def _asked(row: Mapping[str, Any], share: Fraction | None) -> int | Fraction | None:
    """How many were asked; where that is withheld, as many as if the whole organisation's share of them had answered.

    The width of an interval must not tell what is withheld. Most rates are withheld because nearly all answered, so
    that this mostly errs on the wide side.
    """
    asked: int | None = row["invited"]
    return row["answered"] / share if asked is None and share else asked


class _Figure:
    """One measure of a wave, and how uncertain its means are: by the spread of the organisation, not of the cell.

    A mean with its own spread and its n gives away the answers of a small group. Where not even the organisation's
    spread may be shown, the largest that there can be is used: it tells nothing, and the interval is too wide.
    """

    def __init__(self, form: _Form, whole: Mapping[str, Any] | None, before: _Before) -> None:
        self.form = form
        self.before = before
        self.share = _share(whole)
        self.spread = form.most
        if whole is not None and whole["squares"] is not None:
            self.spread = self._variance(whole)
        sd = before.spread.get(form.measure.id)
        self.spread_before = form.most if sd is None else Fraction(round(sd * form.one)) ** 2

    def _variance(self, cell: Mapping[str, Any]) -> Fraction:
        return statistics.variance(cell["answered"], cell["total"], cell["squares"]) * self.form.a_step**2

    def stated(self, place: tuple[str, ...], cell: Mapping[str, Any] | None) -> dict[str, Any]:
        """What is published of a cell; None: it was not measured."""
        if cell is None or cell["status"] != FREE:
            return {"status": NOT_MEASURED if cell is None else cell["status"]}
        found = {name: cell[name] for name in ("status", *_INTEGERS)}
        earlier = self.before.shown.get((*place, self.form.measure.id))
        if self.form.measure.kind == "rate":
            # Everybody who was asked is counted: there is nothing uncertain about it, and so nothing to judge.
            mean = round(Fraction(100 * cell["answered"], cell["invited"]))
            return found | {"mean": float(mean), **self._change(mean, earlier)}
        exact = self.form.start + Fraction(cell["total"], cell["answered"]) * self.form.a_step
        error = statistics.error(self.spread, cell["answered"], _asked(cell, self.share))
        limits = statistics.interval(exact, error)
        mean = round(exact)
        found |= {
            "mean": mean / self.form.one,
            "ci_low": self.form.within(limits.low),
            "ci_high": self.form.within(limits.high),
            **self._change(mean, earlier),
        }
        if earlier is not None:
            asked = _asked(earlier, self.before.share.get(self.form.measure.id))
            before = statistics.error(self.spread_before, earlier["answered"], asked)
            change = Fraction(round(found["change"] * self.form.one))
            found["verdict"] = statistics.verdict(change, error + before, MATTERS * self.form.range)
        return found | (self._finer(cell) if cell["squares"] is not None else {})

    def _change(self, mean: int, earlier: Mapping[str, Any] | None) -> dict[str, float]:
        if earlier is None:
            return {}
        one = self.form.one
        return {"previous": earlier["mean"], "change": (mean - round(earlier["mean"] * one)) / one}

    def _finer(self, cell: Mapping[str, Any]) -> dict[str, float]:
        """Spread and shares, which disclosure control lets through together."""
        sd = statistics.rounded_sum(Fraction(0), self._variance(cell))
        shares = {
            name: round(Fraction(_SHARES * cell[name], cell["answered"])) / _SHARES
            for name in ("favourable", "neutral", "unfavourable")
        }
        return {"sd": sd / self.form.one, **shares}
