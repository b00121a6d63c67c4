"""Which format a file has, by its content alone and by evidence that no other format leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.exports import (
    excel_no,
    google_forms,
    limesurvey,
    microsoft_forms,
    ndjson,
    plain,
    qualtrics,
    qualtrics_legacy,
    strict,
    surveymonkey,
)
from pipeline.exports.rejection import reject
from pipeline.exports.sources import Source, open_source
from pipeline.exports.table import tabulate
from pipeline.exports.uncertain import set_aside

if TYPE_CHECKING:
    from pipeline.exports.sheet import Sheet
    from pipeline.exports.table import Table

# In the order of their certainty; yet a file that two of them know is refused and not given to the first.
_VENDORS = {
    "Qualtrics": qualtrics,
    "Qualtrics as it was": qualtrics_legacy,
    "LimeSurvey": limesurvey,
    "SurveyMonkey": surveymonkey,
    "Microsoft Forms": microsoft_forms,
    "Google Forms": google_forms,
}


def read(data: bytes) -> Sheet:
    """The text cells of a file, each record accounted for.

    Raises ExportRejected when the file can be read in more than one way, or in none.
    """
    source = open_source(data)
    if source.kind == "ndjson":
        sheet = ndjson.read(source.data)
    elif source.kind == "text":
        sheet = of_table(tabulate(source.data))
    else:
        sheet = _of_parsed(source)
    if not source.wrapping and sheet.dialect.kind == source.kind:
        return sheet
    # Without the vendor: its rules are for records of the file itself, and these are records of what was in it.
    dialect = replace(sheet.dialect, kind=source.kind, wrapping=source.wrapping)
    return replace(sheet, dialect=dialect, vendor=None)


def of_table(table: Table) -> Sheet:
    """The sheet of a table of text, by the rules of the vendor who wrote it. Raises ExportRejected."""
    _refuse_second_look(table)
    if excel_no.recognised(table) and microsoft_forms.recognised(table):
        return excel_no.read(table)  # the workbook of Forms, saved as CSV in Norway: both are true
    known = {name: one for name, one in _VENDORS.items() if one.recognised(table)}
    if len(known) > 1:
        names = " or of ".join(known)
        reject("two_formats", f"this may be an export of {names}; the sender says which, and exports it in another way")
    for one in known.values():
        sheet: Sheet = one.read(table)
        return sheet
    return excel_no.read(table) if excel_no.recognised(table) else plain.read(table)


def _of_parsed(source: Source) -> Sheet:
    """The sheet of what a child read: its records must be as many as the child says, and certain."""
    table = tabulate(source.data)
    if table.physical != source.records:
        reject("records_lost", "its two counts of records differ; whoever runs us looks at the file")
    sheet = set_aside(of_table(table), source, table.heading())
    return replace(sheet, format="spss") if source.kind == "sav" and sheet.format == "plain" else sheet


def _refuse_second_look(table: Table) -> None:
    """Raises ExportRejected for headings that are not what they look like, or are divided otherwise than declared."""
    heading = table.heading()
    if any("\ufeff" in name for name in heading):
        message = "a byte order mark stands inside a heading, as where files were joined; the sender exports it again"
        reject("mark_in_heading", message, table.head + 1)
    if table.declared and len(heading) == 1 and any(one in heading[0] for one in strict.DELIMITERS):
        message = "its first line names a character that does not divide its headings; the sender exports it again"
        reject("delimiter", message, table.head + 1)
