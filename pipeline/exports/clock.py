"""Times that differ from record to record: the day is read by the reader of times, the hour by its digits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from pipeline.exports.distinct import WIDE, WORD, distinct, of_words, rows_of, texts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from pipeline.exports.distinct import Distinct
    from pipeline.exports.lattice import Places

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICRO = timedelta(microseconds=1)
QUARTERS = range(0, 24 * 60, 15)  # minutes after midnight at which a day is looked at
_WRITTEN = len("2026-08-01 10:00:00")
_DAY = len("2026-08-01 ")
_SECONDS = np.array([36000, 3600, 0, 600, 60, 0, 10, 1], np.int64)  # of each letter of an hour
_MIDNIGHT = 24 * 60 * 60


def _word(letters: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(letters, "little"))


_ZERO = _word(b"00:00:00")
_HIGHEST = bytes([2, 9, 0, 5, 9, 0, 5, 9])  # above `_ZERO`
_ROOM = _word(bytes(0x7F - highest for highest in _HIGHEST))
_TOP_BITS = _word(b"\x80" * WORD)
_REST_OF_DAY = _word(b"\xff" * (_DAY - WORD))


class Times(NamedTuple):
    """Microseconds since 1970 of the rows that could be read in this way; the others are `left`."""

    micros: NDArray[np.int64]
    left: NDArray[np.bool_]


def microseconds(at: datetime) -> int:
    """Since 1970, in UTC."""
    return (at - EPOCH) // MICRO


def read_days(
    data: NDArray[np.uint8], starts: Places, ends: Places, days_of: Callable[[bytes], int | None]
) -> Times | None:
    """The times in cells like `2026-08-01 10:00:00`, with an offset behind it or without.

    `days_of` is `midnights` of the reader of these times. A day on which the zone's offset changes is left, as is all
    that is written in another way; None when no cell is as long. `data` has WIDE bytes behind the last cell.
    """
    lengths = ends - starts
    is_long = (lengths >= _WRITTEN) & (lengths <= WIDE)
    if not is_long.any():
        return None
    if not is_long.all():
        starts, ends = starts[is_long], ends[is_long]
    first, second, third = rows_of(data, starts, 3).T
    hands = ((second >> np.uint64(24)) | (third << np.uint64(40))) ^ _ZERO
    seconds = hands.view(np.uint8).reshape(-1, WORD) @ _SECONDS
    days = of_words(first), of_words(second & _REST_OF_DAY), distinct(data, starts + _WRITTEN, ends)
    begins, is_day = _begins(days, days_of)
    times = Times(np.zeros(lengths.size, np.int64), np.ones(lengths.size, bool))
    times.micros[is_long] = begins + seconds * 1_000_000
    times.left[is_long] = ~(_are_digits(hands) & (seconds < _MIDNIGHT) & is_day)
    return times


def _are_digits(hands: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which words were like `10:00:00`, now that what `_ZERO` has is taken away."""
    # A byte that is higher than it may be has its top bit, or gains it here; and no byte that has not carries further.
    is_written: NDArray[np.bool_] = ((hands + _ROOM) | hands) & _TOP_BITS == 0
    return is_written


def _begins(
    parts: Sequence[Distinct], days_of: Callable[[bytes], int | None]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """When the days begin whose texts are made of these parts, and where that is known."""
    shape = [len(part.keys) for part in parts]
    varied = [part for part in parts if len(part.keys) > 1]
    if len(varied) > 1:
        days = pa.array(np.ravel_multi_index([part.codes for part in parts], shape)).dictionary_encode()
        places, codes = np.unravel_index(days.dictionary.to_numpy(), shape), days.indices.to_numpy()
    else:  # then each of its texts is a day of its own
        codes = (varied or parts)[0].codes
        places = np.unravel_index(np.arange(max(shape)), shape)
    written = [
        [letters[at] for at in several]
        for letters, several in zip((texts(part.keys) for part in parts), places, strict=True)
    ]
    found = [days_of(b"".join(around)) for around in zip(*written, strict=True)]
    return np.array([one or 0 for one in found])[codes], np.array([one is not None for one in found])[codes]


def midnights(moment: Callable[[str], object]) -> Callable[[bytes], int | None]:
    """A function from a day, and what stands behind its time, to when it begins; it remembers."""
    return lru_cache(maxsize=1 << 12)(partial(_midnight, moment=moment))


def _midnight(around: bytes, moment: Callable[[str], object]) -> int | None:
    """When the day begins, when every quarter of it is as far from its beginning as the hands of the clock say."""
    if not around.isascii() or around[4:5] != b"-":
        return None
    day, tail = around[:_DAY].decode(), around[_DAY:].decode()
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
