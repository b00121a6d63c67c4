"""When a schedule of EventBridge Scheduler fires: the daily kind, which is the only one we deploy."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_DAILY = re.compile(r"cron\((?P<minute>[0-9]{1,2}) (?P<hour>[0-9]{1,2}) \* \* (?:\?|\*) \*\)")


def last_before(expression: str, zone: str, now: datetime) -> datetime:
    """The last time, in UTC, at which `cron(MINUTE HOUR * * ? *)` fired up to `now`. Raises ValueError for others."""
    found = _DAILY.fullmatch(expression)
    if found is None:
        msg = f"only daily schedules are known here, and this is {expression}"
        raise ValueError(msg)
    here = now.astimezone(ZoneInfo(zone))
    fires = here.replace(hour=int(found["hour"]), minute=int(found["minute"]), second=0, microsecond=0)
    if fires > here:
        fires -= timedelta(days=1)
    return fires.astimezone(UTC)
