"""A release as a workbook: a sheet of its figures, and one that says how they are to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.bi.duck import with_views
from pipeline.bi.xlsx import MOST_ROWS, Cell, Sheet, to_bytes
from pipeline.errors import Refused
from pipeline.facts import COLUMNS
from pipeline.instruments import Localised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

# The columns of the figures in their order, by their name in the view `facts_labelled`, with their headings.
HEADINGS: Mapping[str, Localised] = {
    "wave": Localised(nb="Måling, id", en="Wave, id"),
    "wave_nb": Localised(nb="Måling", en="Wave (Norwegian)"),
    "wave_en": Localised(nb="Måling (engelsk)", en="Wave"),
    "unit": Localised(nb="Enhet, id", en="Unit, id"),
    "unit_name": Localised(nb="Enhet", en="Unit"),
    "depth": Localised(nb="Nivå", en="Level"),
    "path": Localised(nb="Sti", en="Path"),
    "segment": Localised(nb="Delt etter, id", en="Cut by, id"),
    "segment_nb": Localised(nb="Delt etter", en="Cut by (Norwegian)"),
    "segment_en": Localised(nb="Delt etter (engelsk)", en="Cut by"),
    "category": Localised(nb="Del, id", en="Part, id"),
    "category_nb": Localised(nb="Del", en="Part (Norwegian)"),
    "category_en": Localised(nb="Del (engelsk)", en="Part"),
    "measure": Localised(nb="Mål, id", en="Measure, id"),
    "measure_nb": Localised(nb="Mål", en="Measure (Norwegian)"),
    "measure_en": Localised(nb="Mål (engelsk)", en="Measure"),
    "kind": Localised(nb="Slag", en="Kind"),
    "status": Localised(nb="Status", en="Status"),
    "answered": Localised(nb="Svar", en="Answered"),
    "invited": Localised(nb="Inviterte", en="Invited"),
    "mean": Localised(nb="Snitt", en="Mean"),
    "sd": Localised(nb="Standardavvik", en="Standard deviation"),
    "favourable": Localised(nb="Andel gunstige", en="Share favourable"),
    "neutral": Localised(nb="Andel nøytrale", en="Share neutral"),
    "unfavourable": Localised(nb="Andel ugunstige", en="Share unfavourable"),
    "ci_low": Localised(nb="Snitt, fra (95 %)", en="Mean, from (95%)"),
    "ci_high": Localised(nb="Snitt, til (95 %)", en="Mean, to (95%)"),
    "previous": Localised(nb="Forrige snitt", en="Previous mean"),
    "change": Localised(nb="Endring", en="Change"),
    "verdict": Localised(nb="Endringen er", en="The change is"),
    "parent_difference": Localised(nb="Avvik fra enheten over", en="Difference from the unit above"),
    "parent_verdict": Localised(nb="Avviket fra den er", en="From which it is"),
    "organisation_difference": Localised(nb="Avvik fra hele", en="Difference from the whole"),
    "organisation_verdict": Localised(nb="Avviket fra hele er", en="From the whole it is"),
    "percentile": Localised(nb="Prosent som ligger lavere", en="Percent that lie lower"),
    "nonresponse": Localised(nb="De som ikke svarte", en="Those silent"),
}
# What stands where a reader looks for a figure that there is not; nothing stands in the other columns of the row.
INSTEAD = {"C": "tilbakeholdt / withheld", "N": "ikke målt / not measured"}
_SAID = ("answered", "mean")
_NARROW, _WIDE = 12, 26
_NAMES = ("unit_name", "path", *(f"{one}_{language}" for one in ("category", "measure") for language in ("nb", "en")))
_ABOUT = {
    "withheld": Localised(
        nb="«tilbakeholdt»: tallet er ikke vist, så ingen kan finnes igjen. Det er ikke 0, og raden mangler ikke: alle "
        "andre tall i den er tomme.",
        en="'withheld': the figure is not shown, so that nobody can be found. It is not 0, and the row is not missing: "
        "all other figures in it are empty.",
    ),
    "not measured": Localised(
        nb="«ikke målt»: det ble ikke spurt om dette i målingen.",
        en="'not measured': this was not asked in the wave.",
    ),
    "sums": Localised(
        nb="Ikke legg sammen rader og ikke ta snitt av dem: en enhet inneholder dem under seg, og det som er "
        "tilbakeholdt, mangler i summen. Hver enhet og hele organisasjonen har sin egen rad.",
        en="Do not add rows up, nor average them: a unit contains those below it, and what is withheld is missing from "
        "the sum. Each unit and the whole organisation have a row of their own.",
    ),
}
_MINIMUM = Localised(
    nb="Ikke noe snitt er av færre enn {mean} som svarte, og ingen fordeling av færre enn {distribution}. Mer er "
    "tilbakeholdt der det ellers kunne regnes ut.",
    en="No mean is of fewer than {mean} people who answered, and no distribution of fewer than {distribution}. More is "
    "withheld where it could be calculated otherwise.",
)


def to_xlsx(tables: Mapping[str, pa.Table], release: str, minimum: Mapping[str, int] | None) -> bytes:
    """The tables of this release as a workbook; the same release gives the same bytes.

    `minimum` are the smallest counts for a `mean` and for a `distribution`, None where the release does not say them.
    Raises Refused for more rows than a sheet holds.
    """
    labelled = with_views(tables)["facts_labelled"]
    shown = [name for name in HEADINGS if name in labelled.schema.names]
    if labelled.num_rows + 2 > MOST_ROWS:
        msg = f"{labelled.num_rows} rows are more than a sheet holds; take --csv or --duckdb, which hold them all"
        raise Refused(msg)
    headings = [[HEADINGS[name].nb for name in shown], [HEADINGS[name].en for name in shown]]
    columns = [_column(labelled, name) for name in shown]
    widths = [_WIDE if name in _NAMES else _NARROW for name in shown]
    figures = Sheet("Facts", [*headings, *zip(*columns, strict=True)], widths, headings=2)
    about = Sheet("Les meg - Read me", list(_about(tables, release, minimum, shown)), (24, 70, 70), wrapped=True)
    return to_bytes([figures, about])


def _column(labelled: pa.Table, name: str) -> list[Cell]:
    values: list[Cell] = labelled[name].to_pylist()
    if name not in _SAID:
        return values
    return [INSTEAD.get(status, one) for status, one in zip(labelled["status"].to_pylist(), values, strict=True)]


def _about(
    tables: Mapping[str, pa.Table], release: str, minimum: Mapping[str, int] | None, shown: list[str]
) -> Iterator[tuple[Cell, Cell, Cell]]:
    yield "", "Norsk", "English"
    for survey in tables["facts"]["survey"].unique().to_pylist():
        yield "survey", survey, survey
    yield "release", release, release
    for wave in sorted(tables["waves"].to_pylist(), key=lambda one: (one["opens"], one["wave"])):
        days = f"{wave['opens']} – {wave['closes']}"
        yield wave["wave"], f"{wave['name_nb']}, {days}", f"{wave['name_en']}, {days}"
    for name, text in _ABOUT.items():
        yield name, text.nb, text.en
    if minimum is not None:
        yield "minimum", _MINIMUM.nb.format(**minimum), _MINIMUM.en.format(**minimum)
    for name in shown:
        if name in COLUMNS:
            heading, text = HEADINGS[name], COLUMNS[name]
            yield name, f"{heading.nb}: {text.nb}", f"{heading.en}: {text.en}"
