"""LimeSurvey: `id`, `submitdate`, answers as codes; a blank submitdate is an answer that nobody sent in."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.exports.table import Table, Vendor, lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence

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


ENOUGH, LOOKED_AT = 10, 100  # answers

# A heading of code and text, as LimeSurvey puts the two together.
_CODE_AND_TEXT = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:\[[^\]]*\]|_[A-Za-z0-9]+)*)\. (.*)", re.DOTALL)


def recognised(table: Table) -> bool:
    """Whether the headings start with LimeSurvey's own, or stand under a row of group titles."""
    columns = codes(table.heading())
    return (columns[0] in FIRST and any(name in SUBMITTED for name in columns)) or _has_group_titles(table)


def read(table: Table) -> Sheet:
    """The sheet; answers that were never sent in are excluded. A heading `code. text` is called after its code."""
    rows = 2 if _has_group_titles(table) else 1
    columns = codes(table.heading(rows - 1))
    sent = next((index for index, name in enumerate(columns) if name in SUBMITTED), None)
    vendor = Vendor("limesurvey", rows, own=OWN)
    if sent is not None:
        vendor = replace(vendor, excludes=lambda row: not row[sent].strip(), watched=sent)
    return lay_out(table, vendor, columns)


def codes(headings: Sequence[str]) -> list[str]:
    """The codes of headings that are all written `code. text`, of which the first is `id. ...`; others as they are."""
    parts = [_CODE_AND_TEXT.fullmatch(heading) for heading in headings]
    if parts and all(parts) and parts[0] is not None and parts[0][1] == "id" and parts[0][2] in FIRST:
        return [part[1] for part in parts if part is not None]
    return list(headings)


def _has_group_titles(table: Table) -> bool:
    """A row with more blanks than titles above a row in which no name is missing, which is certainly no answer.

    Certain it is when there are answers enough, most columns repeat some of them, and none repeats its name.
    """
    titles, names = table.heading(), table.heading(1)
    if not titles.count("") * 2 > len(titles) == len(names) or "" in names or any(map(_is_number, names)):
        return False
    answers = [row for row in table.rows[table.head + 2 :][:LOOKED_AT] if len(row) == len(names)]
    columns = [[cell.strip() for cell in column] for column in zip(*answers, strict=True)]
    repeating = sum(len(set(filter(None, column))) < len(list(filter(None, column))) for column in columns)
    return (
        len(answers) >= ENOUGH
        and repeating * 2 > len(names)
        and not any(name in column for name, column in zip(names, columns, strict=True))
    )


def _is_number(name: str) -> bool:
    return name.replace(",", "").replace(".", "").isdigit()
