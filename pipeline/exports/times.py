"""When something was sent in, or is due: the ways of writing it that can be read in one way only."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.exports.rejection import reject

_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?",
)
# With dots it is day, month, year wherever it is used; with slashes it is not.
_DOTTED = re.compile(
    r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?:[ T]([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2}))?)?",
)


def moment(text: str, zone: tzinfo = UTC) -> datetime | None:
    """A time in UTC; one without an offset is in `zone`. None when it cannot be read for certain."""
    text = text.strip()
    try:
        if _ISO.fullmatch(text):
            at = datetime.fromisoformat(text)
        elif dotted := _DOTTED.fullmatch(text):
            date_, month, year, hour, minute, second = (int(digits or 0) for digits in dotted.groups())
            at = datetime(year, month, date_, hour, minute, second, tzinfo=zone)
        else:
            return None
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


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
