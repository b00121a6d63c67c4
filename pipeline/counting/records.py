"""Which submissions count, whose they are, and who was invited and has none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from itertools import chain
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.counting.arrays import Ints, arrow, coded, numbers, text, whole
from pipeline.counting.equals import first_equal
from pipeline.counting.nested import NOWHERE
from pipeline.errors import OrganisationInvalid
from pipeline.locked import open_locked
from pipeline.parquet import in_parts

if TYPE_CHECKING:
    from pipeline.counting.arrays import Bools, Small, Whole
    from pipeline.survey import Survey


class Rows(Protocol):
    """A table, or whatever reads a column when it is asked for. Words may come as their numbers in a dictionary."""

    num_rows: int
    schema: pa.Schema

    def __getitem__(self, name: str) -> pa.ChunkedArray:
        """A column."""


@dataclass(frozen=True)
class Records:
    """The latest submissions of those who were invited, in the order of `responses`; then who has none.

    `submission` is a row of the responses, or NOWHERE; `origin` a row of what says where they are: the people file, or
    the responses themselves. The first `told` records are submissions. `kept` counts the latest submissions of all.
    """

    submission: Small
    origin: Small
    told: int
    kept: int
    about: pa.Array | None
    source: Rows
    roster: bool

    @classmethod
    def of(cls, survey: Survey, people: Rows | None, responses: Rows, threads: int | None) -> Records:
        """Finds them. `people` is None where the responses carry the units.

        Raises OrganisationInvalid when somebody stands twice in `people`: who would be invited twice, perhaps to two
        units.
        """
        once = survey.file.respondent.once_per
        about = text(responses["unit"]) if once == "unit" and people is None else None
        who, invited = _numbered(responses, people, threads)
        latest = _latest(who, about, responses, threads)
        kept = len(latest)
        if people is None:
            return cls(latest, latest, kept, kept, about, responses, roster=False)
        origin = who[latest]
        latest = latest[origin < invited]
        origin = origin[origin < invited]
        silent = np.ones(invited, dtype=np.bool_)
        silent[origin] = False
        away = np.flatnonzero(silent).astype(np.int32)
        submission = np.concatenate([latest, np.full(len(away), NOWHERE, dtype=np.int32)])
        told = len(origin)
        return cls(submission, np.concatenate([origin, away]), told, kept, None, people, roster=True)

    def here(self, name: str) -> pa.Array:
        """A column of what says where the records are, for each of them."""
        return text(whole(self.source[name]).take(arrow(self.origin)))

    def coded(self, name: str) -> tuple[Small, list[str]]:
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
        encoded = self.respondent.dictionary_encode()
        order = numbers(pc.sort_indices(encoded.dictionary))
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        return rank[numbers(encoded.indices)]


def _numbered(responses: Rows, people: Rows | None, threads: int | None) -> tuple[Small, int]:
    """The respondent of each response by number, and how many are invited: in `people`, whose rows have the first ones.

    Raises OrganisationInvalid when somebody stands twice in `people`.
    """
    invited = 0 if people is None else people.num_rows
    tables = [responses] if people is None else [people, responses]
    size = sum(one.num_rows for one in tables)
    number = first_equal(lambda: chain.from_iterable(in_parts(one, "respondent") for one in tables), size, threads)
    if (number[:invited] != np.arange(invited, dtype=np.int32)).any():
        msg = "somebody stands twice in the people file; its sender keeps one record a person and pushes it again"
        raise OrganisationInvalid(msg)
    return number[invited:], invited


def _latest(who: Small, about: pa.Array | None, responses: Rows, threads: int | None) -> Small:
    """The rows that no later submission of the same respondent (about the same) supersedes, ascending."""
    if about is not None:
        what, others = coded(about)
        both = who.astype(np.int64) * (len(others) + 1) + what
        who = np.unique(both, return_inverse=True)[1].astype(np.int32)
    again = (np.bincount(who) > 1)[who]
    rows = np.flatnonzero(again)
    if not len(rows):
        return np.arange(len(who), dtype=np.int32)
    at = arrow(rows)
    columns = {name: whole(responses[name]).take(at) for name in ("submitted", "source", "record")}
    columns["source"] = text(columns["source"])
    submissions = pa.table({"submission": at, "respondent": arrow(who[rows]), **columns})
    sql = (files("pipeline") / "sql" / "latest.sql").read_text("utf-8")
    with open_locked({"submissions": submissions}, threads) as database:
        last = numbers(database.execute(sql).to_arrow_table()["submission"])
    keep = ~again
    keep[last] = True
    return np.flatnonzero(keep).astype(np.int32)


def answering(codes: list[Whole], size: int) -> Bools:
    """Which records have any answer."""
    found = np.zeros(size, dtype=np.bool_)
    for code in codes:
        found |= code > 0
    return found
