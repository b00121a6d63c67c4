"""The tables that pass between aggregation and disclosure control, column by column. All private."""

from __future__ import annotations

import pyarrow as pa

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
        pa.field("modal", pa.int64(), nullable=False),  # how many gave the most frequent answer
        pa.field("favourable", pa.int64(), nullable=False),
        pa.field("neutral", pa.int64(), nullable=False),
        pa.field("unfavourable", pa.int64(), nullable=False),
    ],
)


def members_schema(segments: tuple[str, ...], measures: tuple[str, ...]) -> pa.Schema:
    """One row an answer record that counts: who (a number within this table), where, and what was answered.

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
