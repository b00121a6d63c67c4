"""Which submissions count, whose they are, and who was invited and has none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.counting.arrays import Ints, arrow, coded, numbers, ranks, valid, whole
from pipeline.counting.nested import NOWHERE
from pipeline.locked import open_locked

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.counting.arrays import Bools, Whole
    from pipeline.survey import Survey


@dataclass(frozen=True)
class Records:
    """The latest submissions of those who were invited, in the order of `responses`; then who has none.

    `submission` is a row of the responses, or NOWHERE; `origin` a row of what says where they are: the people file, or
    the responses themselves. The first `told` records are submissions. `kept` counts the latest submissions of all.
    """

    submission: Ints
    origin: Ints
    told: int
    kept: int
    about: pa.Array | None
    source: pa.Table
    roster: bool

    @classmethod
    def of(
        cls, survey: Survey, people: pa.Table | None, responses: Mapping[str, pa.ChunkedArray], threads: int | None
    ) -> Records:
        """Finds them. `people` is None where the responses carry the units."""
        once = survey.file.respondent.once_per
        respondent = whole(responses["respondent"])
        about = whole(responses["unit"]) if once == "unit" and people is None else None
        latest = _latest(respondent, about, responses, threads)
        kept = len(latest)
        if people is None:
            return cls(latest, latest, kept, kept, about, responses, roster=False)
        origin = pc.index_in(respondent.take(arrow(latest)), value_set=whole(people["respondent"]))
        invited = valid(origin)
        origin = numbers(origin, NOWHERE).astype(np.int64)[invited]
        silent = np.ones(people.num_rows, dtype=np.bool_)
        silent[origin] = False
        away = np.flatnonzero(silent)
        submission = np.concatenate([latest[invited], np.full(len(away), NOWHERE)])
        told = len(origin)
        return cls(submission, np.concatenate([origin, away]), told, kept, None, people, roster=True)

    def here(self, name: str) -> pa.Array:
        """A column of what says where the records are, for each of them."""
        return whole(self.source[name]).take(arrow(self.origin))

    def coded(self, name: str) -> tuple[Ints, list[str]]:
        """The same as numbers of different words, and these; NOWHERE where there is none."""
        code, words = coded(self.source[name])
        return code[self.origin], words

    @cached_property
    def respondent(self) -> pa.Array:
        """The pseudonym of each record."""
        return self.here("respondent")

    @cached_property
    def person(self) -> Ints:
        """The same as numbers, in the order of the pseudonyms."""
        code, words = coded(self.respondent)
        return ranks(words)[code]


def _latest(
    respondent: pa.Array, about: pa.Array | None, responses: Mapping[str, pa.ChunkedArray], threads: int | None
) -> Ints:
    """The rows that no later submission of the same respondent (about the same) supersedes, ascending."""
    who, words = _numbered(respondent)
    if about is not None:
        what, others = _numbered(about)
        who = np.unique(who * max(others, 1) + what, return_inverse=True)[1]
        words = int(who.max(initial=-1)) + 1
    again = np.bincount(who, minlength=words)[who] > 1
    rows = np.flatnonzero(again)
    if not len(rows):
        return np.arange(len(who))
    at = arrow(rows)
    columns = {name: whole(responses[name]).take(at) for name in ("submitted", "source", "record")}
    submissions = pa.table({"submission": at, "respondent": arrow(who[rows]), **columns})
    sql = (files("pipeline") / "sql" / "latest.sql").read_text("utf-8")
    with open_locked({"submissions": submissions}, threads) as database:
        last = numbers(database.execute(sql).to_arrow_table()["submission"])
    keep = ~again
    keep[last] = True
    return np.flatnonzero(keep)


def _numbered(column: pa.Array) -> tuple[Ints, int]:
    """Numbers of different words, and how many there are."""
    encoded = column.dictionary_encode(null_encoding="encode")
    return numbers(encoded.indices).astype(np.int64), len(encoded.dictionary)


def answering(codes: list[Whole], size: int) -> Bools:
    """Which records have any answer."""
    found = np.zeros(size, dtype=np.bool_)
    for code in codes:
        found |= code > 0
    return found
