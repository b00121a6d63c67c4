"""The protected rows of a wave, measured: against the specification, and against the people counted once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.gates.people import People
from pipeline.gates.places import ADDRESS, Numbers
from pipeline.gates.sql import table
from pipeline.survey import RESPONSE_RATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.organisation import Tree
    from pipeline.survey import Survey

_COUNTS = (
    "rows",
    "expected",  # rows that the specification asks for: places where somebody was invited or answered, by measure
    "missing",  # of these, without a row
    "unexpected",  # rows that it does not ask for
    "repeated",  # rows with the address of another
    "unknown_status",
    "below_minimum",  # shown for fewer people than the minimum for a mean
    "finer_below_minimum",  # spread or shares shown for fewer than the minimum for a distribution
    "withheld_with_figures",
    "negative",
    "shares_off",  # favourable, neutral and unfavourable do not make up those who answered
    "spread_off",  # no answers have this sum together with this sum of squares
    "totals_off",  # counted cells that are not the sum of the people below them
    "unlike_counted",  # shown with another count than was counted
    "more_than_invited",
    "rate_alone",  # a response rate shown without those invited
)
# One row a table of the specification: `subject` is its segment, crossed ones joined by "*", "all" for none.
AGGREGATES = pa.schema(
    [
        pa.field("subject", pa.string(), nullable=False),
        *(pa.field(name, pa.int64(), nullable=False) for name in _COUNTS),
        pa.field("free", pa.float64()),  # share of the rows that are shown
    ],
)


def aggregates(survey: Survey, tree: Tree, candidate: Mapping[str, pa.Table]) -> pa.Table:
    """Measures as AGGREGATES of a candidate's `cells`, `members`, `protected` and `kept`.

    A table that has no rows and should have none has no measures. Raises KeyError for a column that is not there, and
    ValueError for more addresses than can be numbered.
    """
    minimum = survey.file.minimum_group_size
    people = People.of(survey, tree, candidate["members"])
    numbers = Numbers.of([candidate[name] for name in ("protected", "cells", "kept")], people.names)
    protected, numbered = candidate["protected"], numbers.numbered(candidate["protected"])
    figures = {name: protected[name] for name in protected.schema.names if name not in ADDRESS}
    rate = pc.equal(protected["measure"], RESPONSE_RATE.id)
    relations = {
        "protected": pa.table({**numbered, **figures, "rate": rate}),
        "repeated": pa.table(numbers.repeated(numbered["place"])),
        "cells": pa.table({**numbers.numbered(candidate["cells"]), "answered": candidate["cells"]["answered"]}),
        "kept": pa.table(numbers.numbered(candidate["kept"])),
        "expected": pa.table(people.counted(numbers)),
    }
    given = {
        "mean": minimum.mean,
        "distribution": minimum.distribution,
        "roster": survey.file.respondent.unit is None,
    }
    found = table("gates_aggregates", relations, given)
    subject = numbers.names["segment"].take(found["segment"].combine_chunks())
    return found.append_column("subject", subject).select(AGGREGATES.names).cast(AGGREGATES).sort_by("subject")
