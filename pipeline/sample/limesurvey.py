"""LimeSurvey: CSV with semicolons, quotes around every cell and a byte order mark; answers as codes, times in UTC."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from pipeline.content import sha256
from pipeline.sample.answers import QUESTIONS
from pipeline.sample.export import Row, Vendor, marked, plain, table

if TYPE_CHECKING:
    from pipeline.sample.answers import Submission
    from pipeline.survey import Survey

OWN = ("id", "submitdate", "lastpage", "startlanguage", "seed", "token")
MARK = b"\xef\xbb\xbf"


def vendor(survey: Survey) -> Vendor:
    """Its way of writing: an answer that nobody sent in has no submitdate."""
    items = {item: heading for heading, item in survey.columns.items() if heading.startswith("G")}
    return Vendor(
        "limesurvey",
        [[*OWN, *(items[one] for one in QUESTIONS)]],
        _row,
        (marked(OWN.index("submitdate"), ""),),
        "token",
        "submitdate",
        ".",
        lambda rows: MARK + table(rows, ";", "\r\n", csv.QUOTE_ALL).encode(),
    )


def _row(one: Submission) -> Row:
    *codes, recommend = plain(one)
    number = int(sha256(f"{one.person} {one.at}".encode())[:7], 16)
    meta = [str(number), f"{one.at:%Y-%m-%d %H:%M:%S}", "3", "nb", str(number * 7), one.person]
    return [*meta, *(f"A{code}" if code else "" for code in codes), recommend]
