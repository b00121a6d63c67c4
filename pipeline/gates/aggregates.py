"""The protected rows of a wave, measured: against the specification, and against the people counted once more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.gates.sql import table
from pipeline.survey import TOTAL

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

    A table that has no rows and should have none has no measures. Raises KeyError for a column that is not there.
    """
    minimum = survey.file.minimum_group_size
    address = ["unit", "segment", "category", "measure"]
    relations = {
        "protected": candidate["protected"],
        "cells": candidate["cells"].select([*address, "answered"]),
        "kept": candidate["kept"].select(address),
        "expected": _expected(survey, tree, candidate["members"]),
    }
    given = {
        "mean": minimum.mean,
        "distribution": minimum.distribution,
        "roster": survey.file.respondent.unit is None,
    }
    return table("gates_aggregates", relations, given).select(AGGREGATES.names).cast(AGGREGATES)


def _expected(survey: Survey, tree: Tree, members: pa.Table) -> pa.Table:
    """Every address that the specification asks for, with how many have a value there, counted from the people."""
    ids = [one.id for one in survey.measures]
    # Null for no value, whether members hold versions of answers or only whether there is one.
    values = {one: pc.if_else(_has(members[one]), 1, None) for one in ids if one in members.schema.names}
    measured = {f"m{ids.index(one)}": column for one, column in values.items() if column.null_count < len(column)}
    pairs = [(unit, above) for unit, path in tree.path.items() for above in path]
    ancestors = pa.table({"unit": [unit for unit, _ in pairs], "ancestor": [above for _, above in pairs]})
    found = []
    for grouping in dict.fromkeys(survey.groupings):
        placed = pa.table({"unit": members["unit"], "category": _category(members, grouping), **measured})
        here = table("gates_places", {"placed": placed, "ancestors": ancestors})
        segment = pa.repeat(pa.scalar("*".join(grouping) or TOTAL), here.num_rows)
        found.append(here.append_column("segment", segment))
    every = pa.concat_tables(found)
    code = every["measure"].combine_chunks().dictionary_encode()
    names = pa.array([ids[int(one[1:])] for one in code.dictionary.to_pylist()], pa.string())
    return every.set_column(every.schema.get_field_index("measure"), "measure", names.take(code.indices))


def _has(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(column, fill_value=False) if pa.types.is_boolean(column.type) else pc.is_valid(column)


def _category(members: pa.Table, grouping: tuple[str, ...]) -> pa.Array:
    """What each is counted under in a table; "" for whoever is unknown in one of its segments."""
    if not grouping:
        return pa.repeat(pa.scalar(TOTAL), members.num_rows)
    joined = pc.binary_join_element_wise(*(members[one] for one in grouping), "*")
    known = members[grouping[0]]
    unknown = pc.equal(known, "")
    for one in grouping[1:]:
        unknown = pc.or_(unknown, pc.equal(members[one], ""))
    return pc.if_else(unknown, "", joined)
