"""The tables around the facts, column by column, and what tells two rows of one apart."""

from __future__ import annotations

import pyarrow as pa

UNITS = pa.schema(
    [
        pa.field("wave", pa.string(), nullable=False),  # the tree is the wave's own
        pa.field("unit", pa.string(), nullable=False),
        pa.field("parent", pa.string()),  # null for the root
        pa.field("name", pa.string()),  # null where nothing is published about the unit as a whole
        pa.field("depth", pa.int32(), nullable=False),  # 0 for the root
        pa.field("path", pa.string(), nullable=False),  # ids from the root down, joined by "/"
    ],
)
SEGMENTS = pa.schema(
    [
        pa.field("segment", pa.string(), nullable=False),
        pa.field("category", pa.string(), nullable=False),
        pa.field("segment_nb", pa.string(), nullable=False),
        pa.field("segment_en", pa.string(), nullable=False),
        pa.field("category_nb", pa.string(), nullable=False),
        pa.field("category_en", pa.string(), nullable=False),
    ],
)
MEASURES = pa.schema(
    [
        pa.field("measure", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("scale", pa.string()),  # the scale an item counts in; null for the response rate
        pa.field("name_nb", pa.string(), nullable=False),
        pa.field("name_en", pa.string(), nullable=False),
        pa.field("low", pa.int32(), nullable=False),  # the range of a published mean
        pa.field("high", pa.int32(), nullable=False),
        pa.field("direction", pa.string(), nullable=False),  # high_is_good or high_is_bad
        pa.field("factor", pa.string()),  # of arbeidsmiljøloven § 4-3; null where the survey file names none
    ],
)
WAVES = pa.schema(
    [
        pa.field("wave", pa.string(), nullable=False),
        pa.field("name_nb", pa.string(), nullable=False),
        pa.field("name_en", pa.string(), nullable=False),
        pa.field("opens", pa.date32(), nullable=False),
        pa.field("closes", pa.date32(), nullable=False),
    ],
)
ACTIONS = pa.schema(
    [
        pa.field("wave", pa.string(), nullable=False),  # as they stood when this wave was published
        pa.field("action_id", pa.string(), nullable=False),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("owner", pa.string()),
        pa.field("created", pa.date32()),
        pa.field("due", pa.date32()),
        pa.field("status", pa.string(), nullable=False),  # open, done or dropped
        pa.field("scale", pa.string()),
    ],
)

# What tells two rows of a table apart; a row of the base that has no successor is carried into the next release.
KEYS = {
    "units": ("wave", "unit"),
    "segments": ("segment", "category"),
    "measures": ("measure",),
    "waves": ("wave",),
    "actions": ("wave", "action_id"),
}
