"""Cuts: a segment (or several together) and one category of it, numbered; and in which of them a record lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.counting.nested import NOWHERE
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from pipeline.counting.arrays import Small, Whole
    from pipeline.counting.records import Records
    from pipeline.survey import Survey


@dataclass(frozen=True)
class Cuts:
    """`names` are (segment, category) by number, everybody first; `of` a number or NOWHERE, groupings x rows."""

    names: tuple[tuple[str, str], ...]
    of: tuple[Whole, ...]

    @classmethod
    def all(cls, survey: Survey, records: Records, order: Whole) -> Cuts:
        """Every cut that somebody lies in; a row is a record, in this order.

        Whoever is unknown in one segment of a crossing is in none of its cells.
        """
        size = len(order)
        known = {segment.id: _categories(records, segment.id, order) for segment in survey.file.segment}
        names = [(TOTAL, TOTAL)]
        of: list[Whole] = [np.zeros(size, dtype=np.int16)]
        for grouping in dict.fromkeys(survey.groupings):
            if not grouping:
                continue
            code, words = np.zeros(size, dtype=np.int32), [""]
            for number, segment in enumerate(grouping):
                more, further = known[segment]
                there = (code != NOWHERE) & (more != NOWHERE)
                code = np.where(there, code * len(further) + more, NOWHERE)
                words = [f"{left}*{right}" if number else right for left in words for right in further]
            used = np.flatnonzero(np.bincount(code + 1)[1:])
            numbered = np.full(len(words) + 1, NOWHERE, dtype=np.int16)  # the last one for NOWHERE
            numbered[used] = np.arange(len(names), len(names) + len(used))
            names += [("*".join(grouping), words[one]) for one in used.tolist()]
            of.append(numbered[code])
        return cls(tuple(names), tuple(of))


def _categories(records: Records, segment: str, order: Whole) -> tuple[Small, list[str]]:
    """The category of each row as a number, NOWHERE where it is unknown; and the words, in their order."""
    if segment not in records.source.schema.names:
        return np.full(len(order), NOWHERE, dtype=np.int32), []
    code, words = records.coded(segment)
    known = sorted(word for word in words if word)
    number = np.array([*(known.index(word) if word else NOWHERE for word in words), NOWHERE], dtype=np.int32)
    return number[code][order], known
