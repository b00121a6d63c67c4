"""The views over a release's tables: the same SQL in the DuckDB file and, transpiled, in Athena."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from pipeline.instruments import Localised

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SQL = resources.files("pipeline").joinpath("sql", "views")
_HERE = "\n    -- and the mean of each measure\n"

# In the order in which each may build on those before it.
VIEWS: Mapping[str, Localised] = {
    "facts_labelled": Localised(
        nb="Alle tall i lang form, med navn på enhet, segment, mål og status. Overordnede enheter inneholder de under.",
        en="All figures in long form, with the names of unit, segment, measure and status. Units contain those below.",
    ),
    "facts_current": Localised(
        nb="Tallene fra målingen som sist ble avsluttet.",
        en="The figures of the wave that closed last.",
    ),
    "facts_wide": Localised(
        nb="En rad per enhet og kategori, en kolonne per mål (mean_...). Tomt er tilbakeholdt eller ikke målt.",
        en="A row a unit, segment and category, a column a measure (mean_...). Empty is withheld or not measured.",
    ),
    "distributions_labelled": Localised(
        nb="Hvor mange som ga hvert svar, der det kan vises, med navn på enhet, segment og spørsmål.",
        en="How many gave each answer, where that may be shown, with the names of unit, segment and question.",
    ),
    "unit_path": Localised(
        nb="Hver enhet med alle over seg, seg selv også (distance 0): filtrer på ancestor for alt under en enhet.",
        en="Each unit with all above it and itself (distance 0): filter by ancestor for everything under a unit.",
    ),
    "facts_additive": Localised(
        nb="Rader som kan legges sammen: de minste enheter som er alle. Snitt er sum(points)/sum(weight).",
        en="Rows that may be added: the smallest units that are everybody. The mean is sum(points)/sum(weight).",
    ),
    "unit_parts": Localised(
        nb="Hvor mange deler en enhet har og hvor mange som er tilbakeholdt; answered er tomt når minst en del er det.",
        en="How many parts a unit has and how many are withheld; answered is empty when at least one of them is.",
    ),
}


@dataclass(frozen=True)
class View:
    """A view by its name, as DuckDB's SQL over the tables and the views before it, and what it is for."""

    name: str
    sql: str
    about: Localised


def views_of(measures: Iterable[str]) -> tuple[View, ...]:
    """Every view of a release that has these measures, ids in report order. The same measures, the same text."""
    found = {name: _SQL.joinpath(f"{name}.sql").read_text("utf-8") for name in VIEWS}
    columns = [
        f',\n    max(CASE WHEN measure = {_text(one)} THEN mean END) AS "mean_{_quoted(one)}"' for one in measures
    ]
    found["facts_wide"] = found["facts_wide"].replace(_HERE, "".join(columns) + "\n")
    return tuple(View(name, sql, VIEWS[name]) for name, sql in found.items())


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return name.replace('"', '""')
