"""Rows whose respondent may stand in the file more than once: found without keeping everybody in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pipeline.exports.lattice import Places

TOGETHER = 1 << 20  # keys that are sorted at a time
CHUNK = 1 << 17  # keys that are read at a time


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
