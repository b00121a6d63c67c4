"""Responses of a wave -> cells: exact integers, the same for every order of rows, files and threads. All private."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline import scoring
from pipeline.counting import engines
from pipeline.counting.records import Records
from pipeline.counting.told import members
from pipeline.counting.wave import Wave
from pipeline.errors import RunRefused
from pipeline.organisation import check_units

if TYPE_CHECKING:
    from pipeline.counting.records import Rows
    from pipeline.organisation import Tree
    from pipeline.survey import Engine, Survey

# One row for every unit x segment x category x measure that anybody of that unit could be in; exact integers.
CELLS = pa.schema(
    [
        pa.field("unit", pa.string(), nullable=False),
        pa.field("segment", pa.string(), nullable=False),  # "all", a segment id, or ids joined by "*"
        pa.field("category", pa.string(), nullable=False),  # "all", a category id, or ids joined by "*"
        pa.field("measure", pa.string(), nullable=False),
        pa.field("respondents", pa.int64(), nullable=False),  # different people; what a minimum is held against
        pa.field("answered", pa.int64(), nullable=False),  # answers; equal to respondents unless once_per = "unit"
        pa.field("invited", pa.int64()),  # people of the roster in the cell; null without a roster
        pa.field("total", pa.int64(), nullable=False),  # sum of the answers, in the measure's steps
        pa.field("squares", pa.int64(), nullable=False),  # sum of their squares
        pa.field("modal", pa.int64(), nullable=False),  # how many gave the most frequent answer; 0 for a rate
        pa.field("favourable", pa.int64(), nullable=False),
        pa.field("neutral", pa.int64(), nullable=False),
        pa.field("unfavourable", pa.int64(), nullable=False),
    ],
)


def members_schema(segments: tuple[str, ...], measures: tuple[str, ...]) -> pa.Schema:
    """One row an answer record that counts: who (a number within this table), where, and what was answered.

    Whoever was invited and did not answer has a row too, in which no measure is true; without a roster nobody has.
    Disclosure control reasons about these people, never about counts alone.
    """
    return pa.schema(
        [
            pa.field("respondent", pa.int64(), nullable=False),
            pa.field("unit", pa.string(), nullable=False),  # the deepest unit
            *(pa.field(segment, pa.string(), nullable=False) for segment in segments),  # category id, "" unknown
            *(pa.field(measure, pa.bool_(), nullable=False) for measure in measures),  # has a value for it
        ],
    )


def numbered_schema(segments: tuple[str, ...], measures: tuple[str, ...]) -> pa.Schema:
    """The same with numbers that stay the same from one release of the wave to the next (pipeline.numbers).

    `respondent` numbers people, `record` what each person answers about, and a measure has the version of the answer:
    two releases hold the same answer of a record when they hold the same version. Null where there is none.
    """
    return pa.schema(
        [
            pa.field("respondent", pa.int64(), nullable=False),
            pa.field("record", pa.int64(), nullable=False),
            pa.field("unit", pa.string(), nullable=False),
            *(pa.field(segment, pa.string(), nullable=False) for segment in segments),
            *(pa.field(measure, pa.int32()) for measure in measures),
        ],
    )


@dataclass(frozen=True)
class Accounts:
    """Where every accepted record of a wave went: `counted` + `superseded` + `not_invited` = `accepted`."""

    accepted: int
    superseded: int  # another submission of the same respondent is later
    not_invited: int  # the latest of its respondent, who is not in the people file
    counted: int


@dataclass(frozen=True)
class Counted:
    """A wave, counted. `cells` as CELLS and `members` as `members_schema`, both sorted; `respondents` are people.

    `members` holds those of the roster who did not answer as well; `respondents` and `accounts` do not count them.
    `answers` has a row for each of `members`: respondent (the pseudonym), about ("", or the unit where each is asked
    about several), and the value of every measure in steps, null where there is none.
    """

    cells: pa.Table
    members: pa.Table
    answers: pa.Table
    accounts: Accounts
    respondents: int


def count(  # noqa: PLR0913 - what a wave is, and how it is counted
    survey: Survey,
    tree: Tree,
    people: Rows | None,
    responses: Rows,
    threads: int | None = None,
    *,
    least: int = 1,
    engine: Engine = "local",
    branch: int | None = None,
) -> Counted:
    """Counts the latest submissions of the people of a wave. `people` is None where the export carries the units.

    There is a cell for every measure that anybody has a value for, wherever somebody was invited (or, without a people
    file, answered). `response_rate` counts those who answered anything: respondents = answered = total = squares,
    and modal, favourable, neutral and unfavourable are 0. Cells of fewer people than `least` are counted and have no
    figures: 0 for everything after `invited`. `engine` is where branches are counted, `branch` how many rows of answers
    go into one; neither changes a byte.

    Raises OrganisationInvalid when people stand twice in the people file or answers are about units that there are
    not, RunRefused when no answer can be counted, SurveyInvalid when a scale is too long to be counted exactly.
    """
    scoring.hold(survey, responses.num_rows)
    records = Records.of(survey, people, responses, threads)
    where, what = (responses, "answers are about") if people is None else (people, "people belong to")
    check_units(tree, where["unit"], what)
    accepted, counted = responses.num_rows, records.told
    accounts = Accounts(accepted, accepted - records.kept, records.kept - counted, counted)
    wave = Wave.of(survey, tree, responses, records, least, branch, threads)
    if not wave.plan.measures:
        raise RunRefused(_nothing(accounts))
    cells = wave.cells(engines.named(engine, threads)).cast(CELLS)
    known, given = members(survey, wave)
    segments = tuple(segment.id for segment in survey.file.segment)
    known = known.cast(members_schema(segments, tuple(measure.id for measure in survey.measures)))
    told = len(np.unique(records.person[:counted]))
    return Counted(cells, known, given, accounts, told)


def _nothing(accounts: Accounts) -> str:
    """Why there is nothing to count, and who can change that."""
    if accounts.not_invited == accounts.accepted - accounts.superseded:
        return (
            f"none of the {accounts.not_invited} respondents are in the people file: it belongs to another wave or "
            "names people otherwise than the exports do; the sender pushes the one that fits"
        )
    return f"none of the {accounts.counted} responses that count has an answer in it; the sender exports them again"
