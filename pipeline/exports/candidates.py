"""Rows whose respondent may stand in the file more than once: found without keeping everybody in memory."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from pipeline.exports.distinct import MASKS, WORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from pipeline.exports.lattice import Places

TOGETHER = 1 << 20  # keys that are sorted at a time
CHUNK = 1 << 17  # keys that are read at a time
# Odd and without a pattern: 512 bits of the golden ratio.
_GOLDEN = (math.isqrt(5 << 1024) + (1 << 512) >> 1) % (1 << 512)
_FACTORS = np.frombuffer(_GOLDEN.to_bytes(64), ">u8").astype(np.uint64) | np.uint64(1)


@dataclass
class Candidates:
    """A key of every row, in an empty `file`: rows of one respondent have the same, and few others do."""

    file: BinaryIO
    size: int = 0

    def add(self, keys: Places) -> None:
        """Takes the keys of the next rows, evenly spread whole numbers."""
        self.file.write(keys.tobytes())
        self.size += keys.size

    def find(self, together: int = TOGETHER) -> Places:
        """The numbers of the rows whose key another row has too, in order."""
        parts = self.size // together + 1
        several = [np.zeros(0, np.int64)]
        for part in range(parts):
            keys = np.sort(np.concatenate([several[0][:0], *(some[some % parts == part] for some in self._keys())]))
            several.append(np.unique(keys[1:][keys[1:] == keys[:-1]]))
        known = np.sort(np.concatenate(several))
        if not known.size:
            return known
        found = [known[:0]]
        before = 0
        for some in self._keys():
            place = np.minimum(np.searchsorted(known, some), known.size - 1)
            found.append(before + np.flatnonzero(known[place] == some))
            before += some.size
        return np.concatenate(found)

    def _keys(self) -> Iterator[Places]:
        self.file.seek(0)
        for start in range(0, self.size, CHUNK):
            yield np.frombuffer(self.file.read(min(CHUNK, self.size - start) * 8), np.int64)


def spread(texts: pa.BinaryArray) -> Places:
    """A number for each text: the same for the same, hardly ever the same for others, and evenly spread.

    A sum of its words, each times a factor of its own (Carter and Wegman 1979), of which every bit is then spread over
    all. Whoever makes up texts that collide has them compared, and nothing else.
    """
    bounds = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    starts, lengths = bounds[:-1], np.diff(bounds)
    longest = int(lengths.max(initial=0))
    width = WORD * _FACTORS.size
    letters = np.frombuffer(b"".join((texts.buffers()[2] or b"", bytes(width))), np.uint8)
    words = np.ndarray((letters.size - WORD + 1,), "<u8", letters, strides=(1,))
    found = np.zeros(len(texts), np.uint64)
    for factor, at in zip(_FACTORS, range(0, min(longest, width), WORD), strict=False):
        found += (words[starts + at] & MASKS[np.clip(lengths - at, 0, WORD)]) * factor
    for row in np.flatnonzero(lengths > width).tolist():
        found[row] = int.from_bytes(hashlib.sha256(texts[row].as_py()).digest()[:WORD])
    for shift in (32, 29):
        found = (found ^ (found >> np.uint64(shift))) * _FACTORS[0]
    return (found ^ (found >> np.uint64(32))).view(np.int64)
