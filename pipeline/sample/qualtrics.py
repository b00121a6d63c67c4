"""Qualtrics: CSV with three header records, choice numbers, times in the zone of the project."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipeline.content import sha256
from pipeline.sample.answers import QUESTIONS
from pipeline.sample.export import Row, Vendor, marked, plain, table

if TYPE_CHECKING:
    from pipeline.sample.answers import Submission
    from pipeline.survey import Survey

ZONE = "Europe/Oslo"
# Heading and ImportId of what Qualtrics itself puts in front of the answers.
OWN = (
    ("StartDate", "startDate"),
    ("EndDate", "endDate"),
    ("Status", "status"),
    ("IPAddress", "ipAddress"),
    ("Progress", "progress"),
    ("Duration (in seconds)", "duration"),
    ("Finished", "finished"),
    ("RecordedDate", "recordedDate"),
    ("ResponseId", "_recordId"),
    ("ExternalReference", "externalDataReference"),
    ("DistributionChannel", "distributionChannel"),
    ("UserLanguage", "userLanguage"),
)


def vendor(survey: Survey) -> Vendor:
    """Its way of writing: IP addresses and all, and previews and spam among the answers."""
    own = [name for name, _ in OWN]
    items = {item: heading for heading, item in survey.columns.items() if heading.startswith("Q")}
    texts = {item.id: item.text.nb for _, item in survey.items.values() if item.text is not None}
    ids = [_import_id(one) for _, one in OWN]
    ids += [json.dumps({"ImportId": f"QID{at}"}, separators=(",", ":")) for at in range(1, len(QUESTIONS) + 1)]
    header = [[*own, *(items[one] for one in QUESTIONS)], [*own, *(texts[one] for one in QUESTIONS)], ids]
    status = own.index("Status")
    return Vendor(
        "qualtrics",
        header,
        _row,
        (marked(status, "Survey Preview"), marked(status, "Spam")),
        "ExternalReference",
        "RecordedDate",
        ".",
        lambda rows: table(rows).encode(),
    )


def _row(one: Submission) -> Row:
    at = f"{one.at.astimezone(ZoneInfo(ZONE)):%Y-%m-%d %H:%M:%S}"
    digest = sha256(f"{one.person} {at}".encode())
    meta = [at, at, "IP Address", f"192.0.2.{int(digest[:2], 16)}", "100", f"{one.minutes * 60:.0f}", "True", at]
    return [*meta, f"R_{digest[:15]}", one.person, "email", "NO", *plain(one)]


def _import_id(one: str) -> str:
    zone = {"timeZone": ZONE} if one.endswith("Date") else {}
    return json.dumps({"ImportId": one, **zone}, separators=(",", ":"))
