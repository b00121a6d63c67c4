"""LimeSurvey: `id`, `submitdate`, answers as codes; a blank submitdate is an answer that nobody sent in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.exports.table import Table, Vendor, lay_out

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet

FIRST = frozenset({"id", "Response ID", "Svar-ID", "Antwort ID"})
SUBMITTED = frozenset({"submitdate", "Date submitted", "Dato sendt inn", "Datum Abgeschickt"})
# The columns that LimeSurvey itself adds; some of them say who somebody is.
OWN = (
    frozenset(
        [
            "lastpage",
            "startlanguage",
            "seed",
            "token",
            "startdate",
            "datestamp",
            "ipaddr",
            "refurl",
            "interviewtime",
            "firstname",
            "lastname",
            "email",
        ],
    )
    | {"Last page", "Start language", "Seed", "Access code", "Token", "Date started", "Date last action"}
    | {"IP address", "Referrer URL", "Total time", "First name", "Last name", "Email address"}
    | {"Siste side", "Startspråk", "Letzte Seite", "Start-Sprache", "Zugangscode", "Datum gestartet"}
    | {"Datum letzte Aktivität", "IP-Adresse", "Weiterleitungs-URL"}
    | FIRST
    | SUBMITTED
)


def recognised(table: Table) -> bool:
    """Whether the headings start with LimeSurvey's own, or stand under a row of group titles."""
    columns = table.heading()
    return (columns[0] in FIRST and any(name in SUBMITTED for name in columns)) or _has_group_titles(table)


def read(table: Table) -> Sheet:
    """The sheet; answers that were never sent in are excluded."""
    rows = 2 if _has_group_titles(table) else 1
    columns = table.heading(rows - 1)
    sent = next((index for index, name in enumerate(columns) if name in SUBMITTED), None)
    vendor = Vendor("limesurvey", rows, own=OWN)
    if sent is not None:
        vendor = replace(vendor, excludes=lambda row: not row[sent].strip())
    return lay_out(table, vendor, columns)


def _has_group_titles(table: Table) -> bool:
    """A row with more blanks than titles, none of them a column's name, above a row in which no name is missing."""
    titles, names = table.heading(), table.heading(1)
    return titles.count("") * 2 > len(titles) == len(names) and "" not in names and not any(map(_is_number, names))


def _is_number(name: str) -> bool:
    return name.replace(",", "").replace(".", "").isdigit()
