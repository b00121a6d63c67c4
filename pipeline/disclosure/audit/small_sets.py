"""Sets of three or four small groups of which a sum or difference is determined, found by meeting in the middle.

If x_a + x_b - x_c - x_d is the same in every world, x_a + x_b and x_c + x_d agree in a random one. So the sums and
differences of all pairs are sorted, and those that meet are tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.disclosure.audit.elimination import PRIME, Row

if TYPE_CHECKING:
    from pipeline.disclosure.audit.crowd import Places
    from pipeline.disclosure.cells import Ints

# Pairs of this many groups are sorted in about a tenth of a second; larger components are not searched.
LARGEST_COMPONENT = 2_000

Unsigned = npt.NDArray[np.uint32]


def components(signature: Ints | Places) -> Ints:
    """A number for each group (groups x groupings), the same for groups that published cells connect."""
    label = np.arange(len(signature), dtype=np.int64)
    held = [(places >= 0, places[places >= 0]) for places in signature.T]
    while True:
        before = label.copy()
        least = np.full(int(signature.max(initial=0)) + 1, len(label), dtype=np.int64)
        for inside, places in held:
            np.minimum.at(least, places, label[inside])
        for inside, places in held:
            label[inside] = np.minimum(label[inside], least[places])
        label = label[label]  # whoever is connected with a group is connected with all that it is
        if (label == before).all():
            return label


def meeting(values: Ints) -> list[Row]:
    """Combinations of three or four of these rows (or of fewer, one of them twice) that are 0 in every world."""
    count = len(values)
    left, right = np.triu_indices(count, 1)
    one, other = _met(values[:, 0].astype(np.uint32), left, right)
    # Each entry written out as two rows and what they are multiplied with: itself alone, a sum, or a difference.
    everyone = np.arange(count)
    rows = np.column_stack([np.concatenate([everyone, left, left]), np.concatenate([everyone, right, right])])
    second = np.repeat([0, 1, PRIME - 1], [count, len(left), len(left)])
    found: dict[tuple[tuple[int, int], ...], Row] = {}
    for sign in (1, PRIME - 1):
        rest = sum(
            times * ((values[rows[entry, 0]] + second[entry, None] * values[rows[entry, 1]]) % PRIME) % PRIME
            for times, entry in ((1, one), (sign, other))
        )
        for place in np.flatnonzero(~(rest % PRIME).any(axis=1)).tolist():
            whole: Row = {}
            for times, entry in ((1, one[place]), (sign, other[place])):
                for group, factor in zip(rows[entry].tolist(), (1, int(second[entry])), strict=True):
                    whole[group] = (whole.get(group, 0) + times * factor) % PRIME
            whole = {group: times for group, times in sorted(whole.items()) if times}
            if whole:
                found.setdefault(tuple(whole.items()), whole)
    return list(found.values())


def _met(first: Unsigned, left: Ints, right: Ints) -> tuple[Ints, Ints]:
    """Pairs of entries that are equal up to their sign: the values themselves, sums, and differences of pairs."""
    prime = np.uint32(PRIME)
    one, other = first[left], first[right]
    plus, minus = one + other, np.maximum(one, other) - np.minimum(one, other)
    plus = np.where(plus >= prime, plus - prime, plus)
    key = np.concatenate([first, plus, minus])
    key = np.minimum(key, prime - key)
    # Equal entries write to the same slot and only the last stays, so whoever finds another there has company.
    slots = 1 << (len(key).bit_length() + 2)
    slot = (key & np.uint32(slots - 1)).astype(np.int64)
    last = np.empty(slots, dtype=np.int32)
    everyone = np.arange(len(key), dtype=np.int32)
    last[slot] = everyone
    crowded = np.flatnonzero(last[slot] != everyone)
    entries = np.unique(np.concatenate([crowded, last[slot[crowded]]]))
    order = entries[np.argsort(key[entries], kind="stable")]
    ordered = key[order]
    pairs = []
    distance = 1
    while (same := np.flatnonzero(ordered[distance:] == ordered[:-distance])).size:
        pairs.append(np.column_stack([order[same], order[same + distance]]))
        distance += 1
    met = np.concatenate(pairs) if pairs else np.zeros((0, 2), dtype=np.int64)
    return met[:, 0], met[:, 1]
