"""Qualtrics: names, question texts, and a third row of headings that holds an ImportId for each column."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.exports.rejection import reject
from pipeline.exports.table import Table, Vendor, lay_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.exports.sheet import Sheet

# The columns that Qualtrics adds to every export, by ImportId; many of them say who somebody is.
OWN_IDS = frozenset(
    [
        "startDate",
        "endDate",
        "status",
        "ipAddress",
        "progress",
        "duration",
        "finished",
        "recordedDate",
        "_recordId",
        "recipientLastName",
        "recipientFirstName",
        "recipientEmail",
        "externalDataReference",
        "locationLatitude",
        "locationLongitude",
        "distributionChannel",
        "userLanguage",
    ],
)
# Those it adds as embedded data, by name.
OWN_NAMES = frozenset(
    [
        "Q_RecaptchaScore",
        "Q_RelevantIDDuplicate",
        "Q_RelevantIDDuplicateScore",
        "Q_RelevantIDFraudScore",
        "Q_RelevantIDLastStartDate",
        "Q_BallotBoxStuffing",
        "Q_DuplicateRespondent",
        "Q_TotalDuration",
        "Q_Language",
    ],
)
NO_ANSWER = frozenset({"Survey Preview", "Survey Test", "Spam", "Possible Spam", "Offline Survey Preview"})
ANSWER = frozenset({"IP Address", "Imported", "Offline"})
PREVIEW, TEST, SPAM = 1, 2, 8  # the bits of a Status that is written as a number

_BRACES = re.compile(r"\{.*\}", re.DOTALL)


def recognised(table: Table) -> bool:
    """Whether every cell of the third row is an object with an ImportId.

    Raises ExportRejected when only some are: then we cannot tell headings from answers.
    """
    third = table.heading(2)
    if third and len(third) == len(table.heading()) and all(_import_id(cell) is not None for cell in third):
        return True
    if any(_import_id(cell) is not None for index in range(4) for cell in table.heading(index)):
        reject(
            "broken_header",
            "the three rows of headings of a Qualtrics export are not complete; the sender exports the file again",
            table.head + 1,
        )
    return False


def read(table: Table) -> Sheet:
    """The sheet; previews, tests and spam are excluded."""
    columns = table.heading()
    ids = [_import_id(cell) or {} for cell in table.heading(2)]
    labelled = list(zip(columns, ids, strict=True))
    own = {name for name, about in labelled if about.get("ImportId") in OWN_IDS} | OWN_NAMES
    zones = tuple((name, about["timeZone"]) for name, about in labelled if "timeZone" in about)
    status = next((index for index, about in enumerate(ids) if about.get("ImportId") == "status"), None)
    vendor = Vendor("qualtrics", 3, own=frozenset(own), zones=zones)
    return lay_out(table, vendor if status is None else watch_status(vendor, columns, status), columns)


def watch_status(vendor: Vendor, columns: Sequence[str], status: int) -> Vendor:
    """These rules, with previews, tests and spam excluded and a status nobody has heard of in quarantine."""
    return replace(
        vendor,
        excludes=lambda row: _is_no_answer(row[status]),
        flaw=(columns[status], "unknown_status", lambda row: _is_unheard_of(row[status])),
        watched=status,
    )


def _import_id(cell: str) -> dict[str, str] | None:
    """The object in a cell of the third row, which some exports write as Python does; None when it is none."""
    if not _BRACES.fullmatch(cell) or "ImportId" not in cell:
        return None
    try:
        about = json.loads(cell)
    except ValueError:
        try:
            about = ast.literal_eval(cell)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    if not isinstance(about, dict) or not all(isinstance(part, str) for part in about.values()):
        return None
    return about if "ImportId" in about else None


def _is_no_answer(status: str) -> bool:
    status = status.strip()
    return bool(int(status) & (PREVIEW | TEST | SPAM)) if _is_number(status) else status in NO_ANSWER


def _is_unheard_of(status: str) -> bool:
    status = status.strip()
    return not _is_number(status) and status not in NO_ANSWER | ANSWER


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 3  # noqa: PLR2004 - a few bits
