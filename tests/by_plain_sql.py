"""A wave counted by plain SQL over a closure of the tree: slow, and so simple that the kernel is held against it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import scoring
from pipeline.locked import open_locked
from pipeline.survey import TOTAL
from pipeline.tables import CELLS, members_schema

if TYPE_CHECKING:
    from waves import Collected

    from pipeline.organisation import Tree
    from pipeline.survey import Survey

SQL = Path(__file__).parent / "plain_sql"
# A survey may have no scale in points, so the types are named.
STEPS = pa.schema(
    [
        pa.field("scale", pa.string(), nullable=False),
        pa.field("answered", pa.int64(), nullable=False),
        pa.field("factor", pa.int64(), nullable=False),  # steps that one point of the answers' sum is worth
        pa.field("span", pa.int64(), nullable=False),  # steps from the lowest score to the highest
        pa.field("good", pa.int64(), nullable=False),  # the side of a high score: 1 favourable, -1 not
    ],
)


def count(wave: Collected) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Cells, members and their answers, as pipeline.tables.Counted has them."""
    survey, people, responses = wave.survey, wave.people, wave.responses
    origins = _origins(survey, people, responses)
    submissions = _submissions(survey, people, responses)
    parameters = _parameters(survey, wave.tree, roster=people is not None)
    with open_locked({**parameters, "submissions": submissions, "origins": origins}, 1) as database:
        latest = database.execute(_sql("latest")).to_arrow_table()
        counted = latest.filter(pc.is_valid(latest["origin"]))
        answers = responses.select(list(survey.items)).take(counted["submission"])
        database.register("counted", counted)
        database.register("answers", answers.add_column(0, "submission", counted["submission"]))
        scores = database.execute(_sql("scores")).to_arrow_table()
        database.register("scores", scores)
        cells = database.execute(_sql("cells")).to_arrow_table().cast(CELLS)
    everybody = _with_silent(counted, people)
    members, given = _members(survey, everybody, origins, scores, roster=people is not None)
    return cells.combine_chunks(), members, given


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
        "items": _items(survey),
        "scale_steps": _steps(survey),
        "ancestors": pa.table(dict(zip(("unit", "ancestor"), zip(*ancestors, strict=True), strict=True))),
        "crossings": pa.table(
            dict(zip(("crossing", "segment", "position", "segments"), zip(*crossings, strict=True), strict=True)),
        ),
        "rates": pa.table({"measure": pa.array(rates, pa.string())}),
        "collection": pa.table({"roster": [roster]}),
    }


def _items(survey: Survey) -> pa.Table:
    """The items of a survey, one row each."""
    rows = [
        {
            "item": item.id,
            "scale": scale.id,
            "score": scale.score,
            "low": scale.low,
            "high": scale.high,
            "reverse": item.reverse,
            "good": scoring.good(scale),
        }
        for scale, item in survey.items.values()
    ]
    return pa.Table.from_pylist(rows)


def _steps(survey: Survey) -> pa.Table:
    """The scales of a survey, by how many of their items were answered."""
    rows = [
        {
            "scale": scale.id,
            "answered": answered,
            "factor": scoring.steps_a_point(scale) // answered,
            "span": scoring.span(scale),
            "good": scoring.good(scale),
        }
        for scale in survey.scales
        if scale.score == "points"
        for answered in range(scoring.least_answered(scale), len(scale.item) + 1)
    ]
    return pa.Table.from_pylist(rows, STEPS)


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


def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text("utf-8")
