"""What the texts of one column mean: each is read once, in however many blocks of the file it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.exports.columns import Reason
from pipeline.exports.distinct import texts

REMEMBERED = 1 << 14  # texts of a column; one with more of them is read anew


class Meanings(NamedTuple):
    """Text `i` means `values[i]`, or nothing for the reason that `reasons` has under `i`."""

    values: pa.Array
    reasons: Mapping[int, str]

    def followed_by(self, more: Meanings) -> Meanings:
        """These, and then others."""
        reasons = {len(self.values) + at: reason for at, reason in more.reasons.items()}
        return Meanings(pa.concat_arrays([self.values, more.values]), {**self.reasons, **reasons})


def of(found: Sequence[object], kind: pa.DataType) -> Meanings:
    """What was found: values of this kind, and Reasons."""
    reasons = {at: str(one) for at, one in enumerate(found) if isinstance(one, Reason)}
    return Meanings(pa.array([None if isinstance(one, Reason) else one for one in found], kind), reasons)


class Known:
    """The texts that were seen until now. What two threads learn at once may be learned once more, and is the same."""

    def __init__(self, meaning: Callable[[bytes], object], kind: pa.DataType) -> None:
        """`meaning` reads one text, to a value of this kind or a Reason."""
        self._meaning = meaning
        self._kind = kind
        self._learned: dict[pa.DataType, tuple[pa.Array, Meanings]] = {}

    def read(self, keys: pa.Array) -> Meanings:
        """What different texts mean, whose keys `distinct` gives."""
        known, means = self._learned.get(keys.type) or (keys[:0], of([], self._kind))
        at = pc.index_in(keys, value_set=known)
        if at.null_count:
            known, means = self._learned[keys.type] = self._more(known, means, keys, keys.filter(at.is_null()))
            at = pc.index_in(keys, value_set=known)
        reasons = {}
        if means.reasons:
            places = enumerate(at.to_pylist())
            reasons = {place: means.reasons[one] for place, one in places if one in means.reasons}
        return Meanings(means.values.take(at), reasons)

    def _more(self, known: pa.Array, means: Meanings, keys: pa.Array, new: pa.Array) -> tuple[pa.Array, Meanings]:
        if len(known) + len(new) > REMEMBERED:
            return keys, self._meanings(keys)
        return pa.concat_arrays([known, new]), means.followed_by(self._meanings(new))

    def _meanings(self, keys: pa.Array) -> Meanings:
        return of([*map(self._meaning, texts(keys))], self._kind)
