"""Sums and differences of two numbers that agree with another: tens of millions of them, without sorting any.

Sorting them takes most of the time of a large audit. Here each writes its own number into a slot that its value says,
and whoever finds another's there has company; what only shared a slot by chance is told apart in other slots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.disclosure.audit.crowd import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.disclosure.audit.worlds import Floats
    from pipeline.disclosure.cells import Ints

Words = npt.NDArray[np.uint32]

# Values are rounded to whole units of 2 ** -_POINT. Two that agree within TOLERANCE are then at most TOLERANCE * 2 **
# _POINT + 2 units apart, which is less than half a bin of 2 ** _BIN units: they are in one bin, or in one of the bins
# that are moved by a half.
_POINT, _BIN = 24, 3
UNIT, HALF_A_BIN = 2.0**-_POINT, 1 << (_BIN - 1)
# Odd, with well mixed digits (Knuth, The Art of Computer Programming, vol. 3, 6.4: multiplicative hashing).
_MIX = (np.uint32(0x9E3779B1), np.uint32(0x85EBCA77), np.uint32(0xC2B2AE3D))
_PAIRS_AT_ONCE = 40_000
_SLOTS = 4  # for each entry, so that few share one by chance


def agreeing(value: Floats, room: Ints) -> Iterator[tuple[Ints, Ints, Ints, Ints]]:
    """Entries that may agree with another of their room, but for the sign, within TOLERANCE.

    `room` is parallel to `value` and in order. An entry is a value alone, or the sum or the difference of two of one
    room. Yields the rooms bit by bit, as (first, second, times, room) of each entry: value[first] + times *
    value[second]; `times` is 0 for one alone. None that agrees is left out; some that do not are there.
    """
    fixed = np.rint(value / UNIT).astype(np.int64).astype(np.uint32)
    for start, end in _bits(room):
        mine = fixed[start:end]
        follow = np.searchsorted(room[start:end], room[start:end], "right") - np.arange(1, end - start + 1)
        first = np.repeat(np.arange(end - start, dtype=np.int32), follow)
        begins = np.cumsum(follow) - follow
        behind = begins - np.arange(end - start) - 1
        second = np.arange(len(first), dtype=np.int32) - np.repeat(behind.astype(np.int32), follow)
        one, other = mine[first], mine[second]
        amount = np.concatenate([mine, one + other, one - other])
        amount = np.minimum(amount, np.uint32(0) - amount)
        door = (room[start:end] - room[start]).astype(np.uint32) * _MIX[2]
        entries = _in_company(amount, np.concatenate([door, door[first], door[first]]))
        pair = (entries - (end - start)).clip(min=-1)
        sign = np.where(pair < len(first), 1, -1)
        alone = pair < 0
        pair %= max(len(first), 1)
        left, right = (np.where(alone, entries, side[pair]) if len(side) else entries for side in (first, second))
        yield left + start, right + start, np.where(alone, 0, sign), room[left + start]


def _bits(room: Ints) -> Iterator[tuple[int, int]]:
    """Runs of whole rooms with about as many pairs as are held at once."""
    edges = np.concatenate([np.flatnonzero(np.diff(room, prepend=OUTSIDE)), [len(room)]])
    pairs = np.cumsum(np.diff(edges) ** 2)
    start = 0
    while start < len(pairs):
        done = pairs[start - 1] if start else 0
        end = max(int(np.searchsorted(pairs, done + 2 * _PAIRS_AT_ONCE, "right")), start + 1)
        yield int(edges[start]), int(edges[end])
        start = end


def _in_company(amount: Words, door: Words) -> Ints:
    """Which entries have another in their bin behind the same door; and some that only seem to."""
    found = np.zeros(len(amount), dtype=np.bool_)
    bits = max((_SLOTS * len(amount)).bit_length(), 1)
    last = np.empty(1 << bits, dtype=np.int32)  # no slot is read that was not written to just before
    for shift in (0, HALF_A_BIN):
        address = ((amount + np.uint32(shift)) >> np.uint32(_BIN)) + door
        entries = np.arange(len(amount), dtype=np.int32)
        for mix in _MIX[:2]:
            slot = ((address[entries] * mix) >> np.uint32(32 - bits)).astype(np.intp)
            last[slot] = entries
            stands = last[slot]
            company = np.flatnonzero(stands != entries)
            crowded = np.zeros(len(amount), dtype=np.bool_)
            crowded[entries[company]] = True
            crowded[stands[company]] = True  # who wrote last finds itself there
            entries = np.flatnonzero(crowded).astype(np.int32)
        found[entries] = True
    return np.flatnonzero(found)
