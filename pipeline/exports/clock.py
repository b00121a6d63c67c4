"""Times that differ from record to record: the day is read by the reader of times, the hour by its digits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pipeline.exports.distinct import of_matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
QUARTERS = range(0, 24 * 60, 15)  # minutes after midnight at which a day is looked at
_WRITTEN = len("2026-08-01 10:00:00")
_DAY = len("2026-08-01")
_COLONS = (13, 16)
_DIGITS = (11, 12, 14, 15, 17, 18)
_SECONDS = np.array([36000, 3600, 600, 60, 10, 1], np.int64)


class Times(NamedTuple):
    """Microseconds since 1970 of the rows that could be read in this way; the others are `left`."""

    micros: NDArray[np.int64]
    left: NDArray[np.bool_]


def microseconds(at: datetime) -> int:
    """Since 1970, in UTC."""
    return (at - EPOCH) // MICRO


def read_days(letters: NDArray[np.uint8], days_of: Callable[[bytes], int | None]) -> Times | None:
    """The times in rows of letters like `2026-08-01 10:00:00`, with an offset behind it or without.

    `days_of` is `midnights` of the reader of these times. A day on which the zone's offset changes is left, as is all
    that is written in another way. None when the rows are too short for it.
    """
    if letters.shape[1] < _WRITTEN:
        return None
    digits = letters[:, _DIGITS] - np.uint8(ord("0"))
    good = (digits <= 9).all(axis=1) & (letters[:, _COLONS] == ord(":")).all(axis=1)  # noqa: PLR2004 - a digit
    good &= (digits[:, 0] < 2) | ((digits[:, 0] == 2) & (digits[:, 1] < 4))  # noqa: PLR2004 - 24 hours
    good &= (digits[:, 2] < 6) & (digits[:, 4] < 6)  # noqa: PLR2004 - 60 minutes and seconds
    around = np.concatenate((letters[:, : _DAY + 1], letters[:, _WRITTEN:]), axis=1)
    days = of_matrix(around)
    begins = np.zeros(len(days.texts), np.int64)
    whole = np.zeros(len(days.texts), bool)
    for place, text in enumerate(days.texts):
        if (midnight := days_of(text)) is not None:
            begins[place], whole[place] = midnight, True
    good &= whole[days.codes]
    return Times(begins[days.codes] + digits.astype(np.int64) @ _SECONDS * 1_000_000, ~good)


def midnights(moment: Callable[[str], object]) -> Callable[[bytes], int | None]:
    """A function from a day, and what stands behind its time, to when it begins; it remembers."""
    return lru_cache(maxsize=1 << 12)(partial(_midnight, moment=moment))


def _midnight(around: bytes, moment: Callable[[str], object]) -> int | None:
    """When the day begins, when every quarter of it is as far from its beginning as the hands of the clock say."""
    if not around.isascii() or around[4:5] != b"-":
        return None
    day, tail = around[: _DAY + 1].decode(), around[_DAY + 1 :].decode()
    first = None
    for minute in (*QUARTERS, 24 * 60 - 1):
        at = moment(f"{day}{minute // 60:02}:{minute % 60:02}:00{tail}")
        if not isinstance(at, datetime):
            return None
        passed = microseconds(at)
        first = passed if first is None else first
        if passed - first != minute * 60_000_000:
            return None
    return first
