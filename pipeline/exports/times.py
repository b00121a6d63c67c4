"""When something was sent in, or is due: the ways of writing it that can be read in one way only."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.exports.rejection import reject

if TYPE_CHECKING:
    from pipeline.survey import Dates

_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?",
)
# With dots it is day, month, year wherever it is used; with slashes it is not, unless the year comes first.
_DOTTED = re.compile(
    r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?:[ T]([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2}))?)?",
)
_SLASHED = re.compile(
    r"([0-9]{1,4})/([0-9]{1,2})/([0-9]{1,4})"
    r"(?:,? ([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?(?: ?([ap])\.?m\.?)?"
    r"(?: (?:GMT|UTC)([+-][0-9]{1,2})?(?::([0-9]{2}))?)?)?",
    re.IGNORECASE,
)
_NOON = 12
YEARS = range(1990, 2100)  # written in full, and no answer of ours is older; others are what programs put for "none"


def moment(text: str, zone: tzinfo = UTC, dates: Dates | None = None) -> datetime | None:
    """A time in UTC; one without an offset is in `zone`. None when it cannot be read for certain.

    With slashes and the year last it can only be read with `dates`.
    """
    text = text.strip()
    try:
        if _ISO.fullmatch(text):
            at = datetime.fromisoformat(text)
        elif dotted := _DOTTED.fullmatch(text):
            date_, month, year, hour, minute, second = (int(digits or 0) for digits in dotted.groups())
            at = datetime(year, month, date_, hour, minute, second, tzinfo=zone)
        elif slashed := _SLASHED.fullmatch(text):
            at = _slashed(slashed, zone, dates)
        else:
            return None
        if at.year not in YEARS:
            return None
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def is_ambiguous(text: str) -> bool:
    """Whether it is a date that somebody has to say the order of, day or month first."""
    found = _SLASHED.fullmatch(text.strip())
    return found is not None and [len(found[at]) for at in (1, 3)] in ([1, 4], [2, 4])


def _slashed(found: re.Match[str], zone: tzinfo, dates: Dates | None) -> datetime:
    """Raises ValueError for what is no time, and for one that only `dates` could tell."""
    one, two, three = found[1], found[2], found[3]
    if len(one) == 4 and len(three) <= 2:  # noqa: PLR2004 - digits of a year, and of a day
        year, month, day_ = one, two, three
    elif dates is not None and len(one) <= 2 and len(three) == 4:  # noqa: PLR2004 - the same
        year, month, day_ = (three, two, one) if dates == "day_first" else (three, one, two)
    else:
        raise ValueError
    hour, minute, second = (int(found[at] or 0) for at in (4, 5, 6))
    if found[7]:
        if not 1 <= hour <= _NOON:
            raise ValueError
        hour = hour % _NOON + (_NOON if found[7].lower() == "p" else 0)
    if found[8]:
        ahead = timedelta(hours=abs(int(found[8])), minutes=int(found[9] or 0))
        zone = timezone(-ahead if found[8].startswith("-") else ahead)
    elif found[0].upper().endswith(("GMT", "UTC")):
        zone = UTC
    return datetime(int(year), int(month), int(day_), hour, minute, second, tzinfo=zone)


def day(text: str) -> date | None:
    """A date, written alone; None when it cannot be read for certain."""
    text = text.strip()
    return at.date() if len(text) <= len("2026-08-01") and (at := moment(text)) is not None else None


def zone(name: str, column: str) -> tzinfo:
    """The time zone of this IANA name. Raises ExportRejected, naming the column whose times are in it."""
    if name in {"Z", "UTC", "GMT"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reject(
            "unknown_time_zone",
            "the time zone in its heading is unknown; the sender exports with times in UTC",
            None,
            column,
        )
