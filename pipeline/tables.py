"""Responses of a wave -> cells: exact integers, the same for every order of rows, files and threads. All private."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import scoring
from pipeline.errors import OrganisationInvalid, RunRefused
from pipeline.organisation import check_units
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from pipeline.organisation import Tree
    from pipeline.survey import Survey

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


# Nothing in a query can reach a file, the network, an extension or a variable of ours; the last one locks the others.
_LOCKED = (
    "SET temp_directory = ''",  # rows of people are never spilt to a disk
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET python_enable_replacements = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)


def open_locked(relations: Mapping[str, pa.Table], threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """A database in memory that sees these tables and nothing else; `threads` is as many as there are cores if None."""
    connection = duckdb.connect(":memory:")
    if threads is not None:
        connection.execute(f"SET threads = {threads:d}")
    for statement in _LOCKED:
        connection.execute(statement)
    for name, table in relations.items():
        connection.register(name, table)
    return connection


def count(
    survey: Survey,
    tree: Tree,
    people: pa.Table | None,
    responses: pa.Table,
    threads: int | None = None,
) -> Counted:
    """Counts the latest submissions of the people of a wave. `people` is None where the export carries the units.

    There is a cell for every measure that anybody has a value for, wherever somebody was invited (or, without a people
    file, answered). `response_rate` counts those who answered anything: respondents = answered = total = squares,
    and modal, favourable, neutral and unfavourable are 0.

    Raises OrganisationInvalid when people stand twice in the people file or answers are about units that there are
    not, RunRefused when no answer can be counted, SurveyInvalid when a scale is too long to be counted exactly.
    """
    scoring.hold(survey, responses.num_rows)
    _check_once(people)
    origins = _origins(survey, people, responses)
    check_units(tree, origins["unit"], "answers are about" if people is None else "people belong to")
    submissions = _submissions(survey, people, responses)
    relations = {**_parameters(survey, tree, roster=people is not None), "submissions": submissions, "origins": origins}
    with open_locked(relations, threads) as database:
        latest = database.execute(_sql("latest")).to_arrow_table()
        counted = latest.filter(pc.is_valid(latest["origin"]))
        accepted, kept, invited = submissions.num_rows, latest.num_rows, counted.num_rows
        accounts = Accounts(accepted, accepted - kept, kept - invited, invited)
        answers = responses.select(list(survey.items)).take(counted["submission"])
        database.register("counted", counted)
        database.register("answers", answers.add_column(0, "submission", counted["submission"]))
        scores = database.execute(_sql("scores")).to_arrow_table()
        if not scores.num_rows:
            raise RunRefused(_nothing(accounts))
        database.register("scores", scores)
        cells = database.execute(_sql("cells")).to_arrow_table().cast(CELLS)
    members, given = _members(survey, _with_silent(counted, people), origins, scores, roster=people is not None)
    told = pc.count_distinct(counted["respondent"]).as_py()
    return Counted(cells.combine_chunks(), members, given, accounts, told)


def _origins(survey: Survey, people: pa.Table | None, responses: pa.Table) -> pa.Table:
    """Where answers come from, one row each: a person of the roster, or a response that says so itself.

    origin (a number), unit, `all`, and a category for each segment ("" unknown).
    """
    source = responses if people is None else people
    unknown = pa.repeat(pa.scalar(""), source.num_rows)
    segments = {
        segment.id: pc.fill_null(source[segment.id], "") if segment.id in source.schema.names else unknown
        for segment in survey.file.segment
    }
    everybody = {"unit": source["unit"], TOTAL: pa.repeat(pa.scalar(TOTAL), source.num_rows)}
    return pa.table({"origin": _numbers(source), **everybody, **segments})


def _submissions(survey: Survey, people: pa.Table | None, responses: pa.Table) -> pa.Table:
    """Every response with its origin, null for whoever was not invited, and what it is about if that tells it apart."""
    respondent = survey.file.respondent
    about = respondent.once_per == "unit" and people is None
    columns = {name: responses[name] for name in ("respondent", "submitted", "source", "record")}
    number = _numbers(responses)
    origin = number if people is None else pc.index_in(responses["respondent"], people["respondent"].combine_chunks())
    return pa.table(
        {
            "submission": number,
            "origin": origin.cast(pa.int64()),
            "about": responses["unit"] if about else pa.repeat(pa.scalar(""), responses.num_rows),
            **columns,
        },
    )


def _numbers(table: pa.Table) -> pa.Array:
    return pa.array(np.arange(table.num_rows, dtype=np.int64))


def _check_once(people: pa.Table | None) -> None:
    """Raises OrganisationInvalid: whoever stands twice would be invited twice, perhaps to two units."""
    if people is not None and pc.count_distinct(people["respondent"]).as_py() < people.num_rows:
        msg = "somebody stands twice in the people file; its sender keeps one record a person and pushes it again"
        raise OrganisationInvalid(msg)


def _parameters(survey: Survey, tree: Tree, *, roster: bool) -> dict[str, pa.Table]:
    """What the queries join with, by name."""
    ancestors = [(unit, above) for unit, path in tree.path.items() for above in path]
    crossings = [
        ("*".join(grouping) or TOTAL, segment, position, max(len(grouping), 1))
        for grouping in dict.fromkeys(survey.groupings)
        for position, segment in enumerate(grouping or (TOTAL,))
    ]
    rates = [measure.id for measure in survey.measures if measure.kind == "rate"]
    return {
        "items": scoring.items(survey),
        "scale_steps": scoring.steps(survey),
        "ancestors": pa.table(dict(zip(("unit", "ancestor"), zip(*ancestors, strict=True), strict=True))),
        "crossings": pa.table(
            dict(zip(("crossing", "segment", "position", "segments"), zip(*crossings, strict=True), strict=True)),
        ),
        "rates": pa.table({"measure": pa.array(rates, pa.string())}),
        "collection": pa.table({"roster": [roster]}),
    }


def _with_silent(counted: pa.Table, people: pa.Table | None) -> pa.Table:
    """The submissions that count, and after them one without a number for everybody of the roster who has none."""
    if people is None:
        return counted
    number = _numbers(people)
    silent = pc.invert(pc.is_in(number, counted["origin"].combine_chunks()))
    who = people["respondent"].filter(silent)
    nothing = {"submission": pa.nulls(len(who), pa.int64()), "about": pa.repeat(pa.scalar(""), len(who))}
    rows = pa.table({**nothing, "respondent": who, "origin": number.filter(silent)})
    return pa.concat_tables([counted, rows.select(counted.schema.names).cast(counted.schema)])


def _members(
    survey: Survey, counted: pa.Table, origins: pa.Table, scores: pa.Table, *, roster: bool
) -> tuple[pa.Table, pa.Table]:
    """Who answered what, without the answers, and those. Respondents are numbered in the order of their pseudonyms.

    With a roster those stay who answered nothing.
    """
    segments = tuple(segment.id for segment in survey.file.segment)
    measures = tuple(measure.id for measure in survey.measures)
    row = pc.index_in(scores["submission"], counted["submission"].combine_chunks()).to_numpy()
    column = pc.index_in(scores["measure"], pa.array(measures)).to_numpy()
    has = np.zeros((counted.num_rows, len(measures)), dtype=np.bool_)
    has[row, column] = True
    steps = np.zeros(has.shape, dtype=np.int64)
    steps[row, column] = scores["steps"].to_numpy()
    where = origins.take(counted["origin"])
    people = pc.rank(counted["respondent"].combine_chunks(), tiebreaker="dense").cast(pa.int64())
    columns = {
        "respondent": pc.subtract(people, 1),
        **{name: where[name] for name in ("unit", *segments)},
        **{measure: pa.array(has[:, number]) for number, measure in enumerate(measures)},
    }
    table = pa.table(columns, schema=members_schema(segments, measures))
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in table.schema.names])
    if not roster:
        order = order.filter(pa.array(has.any(axis=1)).take(order))
    answers = {
        "respondent": counted["respondent"],
        "about": counted["about"],
        **{one: pa.array(steps[:, number], mask=~has[:, number]) for number, one in enumerate(measures)},
    }
    return table.take(order).combine_chunks(), pa.table(answers).take(order).combine_chunks()


def _nothing(accounts: Accounts) -> str:
    """Why there is nothing to count, and who can change that."""
    if accounts.not_invited == accounts.accepted - accounts.superseded:
        return (
            f"none of the {accounts.not_invited} respondents are in the people file: it belongs to another wave or "
            "names people otherwise than the exports do; the sender pushes the one that fits"
        )
    return f"none of the {accounts.counted} responses that count has an answer in it; the sender exports them again"


def _sql(name: str) -> str:
    return (files(__package__) / "sql" / f"{name}.sql").read_text("utf-8")
