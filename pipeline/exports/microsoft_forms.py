"""Microsoft Forms: a workbook whose first columns are ID, start and completion time, then e-mail and name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.exports.table import Table, Vendor, lay_out

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet

# The first three headings, in the language of whoever exported.
FIRST = (
    ("ID", "Start time", "Completion time"),
    ("ID", "Starttidspunkt", "Fullføringstidspunkt"),
    ("Id", "Start time", "Completion time"),
    ("Id", "Starttidspunkt", "Fullføringstidspunkt"),
)
# What Forms itself adds, in English and Norwegian; most of it says who somebody is.
OWN = frozenset(
    [
        *(name for three in FIRST for name in three),
        *("Email", "Name", "Last modified time", "Language", "Total points", "Quiz feedback"),
        *("E-post", "E-postadresse", "Navn", "Tidspunkt for siste endring", "Språk"),
        *("Totalt antall poeng", "Tilbakemelding på test"),
    ],
)


def recognised(table: Table) -> bool:
    """Whether its first three headings are those of Forms, in one language."""
    return tuple(table.heading()[:3]) in FIRST


def read(table: Table) -> Sheet:
    """The sheet. An answer of several choices stays the one text `a;b;` that Forms writes."""
    return lay_out(table, Vendor("microsoft_forms", 1, own=OWN), table.heading())
