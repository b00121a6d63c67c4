"""SurveyMonkey: a row of questions, each written once and then blank over its options, and a row of options below."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline.exports.rejection import reject
from pipeline.exports.table import Table, Vendor, lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.exports.sheet import Sheet

# The columns that SurveyMonkey adds, without blanks and capitals; most of them say who somebody is.
OWN = frozenset(
    [
        "respondentid",
        "collectorid",
        "startdate",
        "enddate",
        "datecreated",
        "datemodified",
        "ipaddress",
        "emailaddress",
        "firstname",
        "lastname",
        "customdata",
        *(f"customdata{number}" for number in range(1, 7)),
    ],
)
# What stands under a question that has one column.
ALONE = frozenset({"Response", "Open-Ended Response"})
_SHOWN = 60  # characters of a heading that a message repeats

_LETTERS = re.compile(r"[^0-9a-z]+")


def recognised(table: Table) -> bool:
    """Whether the first heading is the respondent's id, and a second row says what each column holds.

    The columns of SurveyMonkey itself have nothing in the second row and all others have something; and a heading is
    missing where the question goes on, or one column is said to hold the response.
    """
    questions, options = table.heading(), table.heading(1)
    if plain_name(questions[0]) != "respondentid" or len(options) != len(questions):
        return False
    if any((plain_name(question) in OWN) == bool(option) for question, option in zip(questions, options, strict=True)):
        return False
    return "" in questions or not ALONE.isdisjoint(options)


def plain_name(heading: str) -> str:
    """A heading without capitals, blanks and signs: it is written in several ways."""
    return _LETTERS.sub("", heading.lower())


def read(table: Table) -> Sheet:
    """The sheet; a column is called after its question, and `question [option]` where the question has several.

    Raises ExportRejected when its letters may be of Windows or of an old Mac: SurveyMonkey wrote both.
    """
    questions, options = table.heading(), table.heading(1)
    if table.text.encoding == "cp1252":
        _refuse_letters(table, [*questions, *options])
    own = frozenset(question for question in questions if plain_name(question) in OWN)
    return lay_out(table, Vendor("surveymonkey", 2, own=own), names(questions, options))


def names(questions: Sequence[str], options: Sequence[str]) -> list[str]:
    """One name a column, from the two rows of headings."""
    made: list[str] = []
    asked = ""
    for at, (question, option) in enumerate(zip(questions, options, strict=True)):
        asked = question or asked
        goes_on = not question or (at + 1 < len(questions) and not questions[at + 1])
        made.append(f"{asked} [{option}]" if option and (goes_on or option not in ALONE) else asked)
    return made


def _refuse_letters(table: Table, headings: Sequence[str]) -> None:
    one = next((heading for heading in headings if not heading.isascii()), "")
    first = next((at for at, letter in enumerate(one) if not letter.isascii()), 0)
    part = one[max(0, first - _SHOWN // 2) : first + _SHOWN // 2]
    shown = f", as in {part!r} or {part.encode('cp1252').decode('mac_roman')!r}" if part else ""
    msg = f"its letters may be those of Windows or of an old Mac{shown}; the sender exports it again as UTF-8"
    reject("encoding", msg, table.head + 1)
