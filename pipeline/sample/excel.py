"""CSV as a Norwegian Excel saves it: cp1252, semicolons, decimal comma, dd.mm.yyyy, some no-break spaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.sample.answers import QUESTIONS, SCALES
from pipeline.sample.export import Row, Vendor, plain, table

if TYPE_CHECKING:
    from pipeline.sample.answers import Submission
    from pipeline.survey import Survey

OWN = ("Ansattnr", "Innsendt", "Varighet (min)")
PASTED = 25  # one in so many numbers was pasted from a web page, with a no-break space after it


def vendor(survey: Survey) -> Vendor:
    """Its way of writing: headings that people typed, and whole numbers with a decimal."""
    typed = {scale.name.nb for scale in survey.scales if scale.id in SCALES} | {"Anbefaling"}
    items = {item: heading for heading, item in survey.columns.items() if heading.rstrip(" 0123456789") in typed}
    return Vendor(
        "excel",
        [[*OWN, *(items[one] for one in QUESTIONS)]],
        _row,
        (),
        "Ansattnr",
        "Innsendt",
        ",",
        lambda rows: table(rows, ";", "\r\n").encode("cp1252"),
    )


def _row(one: Submission) -> Row:
    number = one.person if int(one.person) % PASTED else f"{one.person}\xa0"
    answers = [f"{text},0" if text else "" for text in plain(one)]
    return [number, f"{one.at:%d.%m.%Y %H:%M}", f"{one.minutes:.1f}".replace(".", ","), *answers]
