"""What the texts of one column mean: each is read once, in however many blocks of the file it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.exports.columns import Reason
from pipeline.exports.distinct import texts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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

    def read(self, cells: pa.UInt64Array | pa.BinaryArray) -> tuple[Meanings, NDArray[np.int32]]:
        """What the texts of `distinct.cells` mean: cell `i` is the text of the number that stands in row `i`."""
        known, means = self._learned.get(cells.type) or (cells[:0], of([], self._kind))
        at = pc.index_in(cells, value_set=known)
        if at.null_count:
            new = cells.filter(at.is_null()).unique()
            if len(known) + len(new) > REMEMBERED:
                known, means, new = cells[:0], of([], self._kind), cells.unique()
            known, means = pa.concat_arrays([known, new]), means.followed_by(self._meanings(new))
            self._learned[cells.type] = known, means
            at = pc.index_in(cells, value_set=known)
        codes: NDArray[np.int32] = at.to_numpy()
        return means, codes

    def _meanings(self, keys: pa.Array) -> Meanings:
        return of([*map(self._meaning, texts(keys))], self._kind)
