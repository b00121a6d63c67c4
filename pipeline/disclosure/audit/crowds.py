"""The people of a wave over all its releases: each answer record once, with its places in every release.

A measure that somebody answered otherwise since is about two records of that person: the answer that left and the one
that came. Most measures share one crowd, in which nobody changed an answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.disclosure.audit.crowd import OUTSIDE, Crowd
from pipeline.disclosure.audit.linked import Links
from pipeline.disclosure.past import UNANSWERED, UNASKED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.disclosure.cells import Bools, Ints
    from pipeline.disclosure.past import Answers


@dataclass(frozen=True)
class Part:
    """One release: its own crowd, the first of its places among those of all releases, and which answers it holds."""

    crowd: Crowd
    offset: int
    answers: Answers


class Crowds:
    """Hands out the crowd of a measure, or of several that are looked at together."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.parts = tuple(parts)
        self._made: dict[bytes, tuple[Crowd, Ints, Ints]] = {}
        if len(self.parts) > 1:
            record = np.concatenate([part.answers.record for part in self.parts])
            self._base, self._record = _numbered(record)
            person = np.concatenate([part.answers.person for part in self.parts])
            self._person = np.unique(person, return_inverse=True)[1].astype(np.int64)
            self._part = np.repeat(np.arange(len(self.parts)), [len(part.answers.record) for part in self.parts])
            self._atom = np.concatenate([part.crowd.atom for part in self.parts])
            self._version = np.concatenate([part.answers.version for part in self.parts])

    def of(self, rows: tuple[int, ...]) -> Crowd:
        """The crowd in which two releases share a record when it holds the same answers to all of these measures."""
        if len(self.parts) == 1:
            return self.parts[0].crowd
        return self._of(rows)[0]

    def links(self, rows: tuple[int, ...]) -> Links | None:
        """Which records of that crowd are of one person about one thing; None when no answer was ever changed."""
        if len(self.parts) == 1:
            return None
        _, base, joint = self._of(rows)
        if len(base) == self._base:
            return None
        version = np.full((len(base), len(rows)), UNASKED, dtype=np.int64)
        np.maximum.at(version, joint, self._version[:, list(rows)])
        return Links(base, version)

    def _of(self, rows: tuple[int, ...]) -> tuple[Crowd, Ints, Ints]:
        """The crowd; the record of the wave of each of its records; and its record for each one of each release."""
        which = self._which(rows)
        key = which.tobytes()
        if key not in self._made:
            self._made[key] = self._joined(which)
        return self._made[key]

    def _which(self, rows: tuple[int, ...]) -> Ints:
        """For each record of each release: 0 where its answers never changed, else a number for what they are."""
        version = self._version[:, list(rows)]
        asked = (version != UNASKED).any(axis=1)
        what = 1 + np.unique(np.where(version == UNASKED, UNANSWERED, version), axis=0, return_inverse=True)[1].ravel()
        low = np.full(self._base, np.iinfo(np.int64).max)
        high = np.zeros(self._base, dtype=np.int64)
        np.minimum.at(low, self._record[asked], what[asked])
        np.maximum.at(high, self._record[asked], what[asked])
        return np.where((low < high)[self._record], what * asked, 0).astype(np.int64)

    def _joined(self, which: Ints) -> tuple[Crowd, Ints, Ints]:
        """One record for each record of the wave and each of `which`, in the places of all releases that hold it."""
        pairs = self._record * (int(which.max(initial=0)) + 1) + which
        count, joint = _numbered(pairs)
        person, base = np.zeros((2, count), dtype=np.int64)
        person[joint], base[joint] = self._person, self._record
        atoms = np.full((count, len(self.parts)), OUTSIDE, dtype=np.int64)
        atoms[joint, self._part] = self._atom
        kinds, atom = np.unique(atoms, axis=0, return_inverse=True)
        inside = []
        for number, part in enumerate(self.parts):
            mine = kinds[:, number]
            for levels in part.crowd.inside:
                padded = np.column_stack([levels, np.full(len(levels), OUTSIDE, dtype=np.int64)])
                found = padded[:, mine]  # OUTSIDE is the last of the columns
                inside.append(np.where(found == OUTSIDE, OUTSIDE, found + part.offset))
        answers: Bools = np.zeros((count, self._version.shape[1]), dtype=np.bool_)
        np.logical_or.at(answers, joint, self._version >= 0)
        return Crowd(person, atom.ravel().astype(np.int64), answers, tuple(inside)), base, joint


def _numbered(values: Ints) -> tuple[int, Ints]:
    """How many different values there are, and the number of each."""
    found, number = np.unique(values, return_inverse=True)
    return len(found), number.astype(np.int64)
