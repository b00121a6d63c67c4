"""What is added to rows of people and of cells, so that a suite can say what must hold of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from pipeline.survey import Wave

_MICROSECONDS_A_DAY = 86_400_000_000


def with_days(table: pa.Table, wave: Wave) -> pa.Table:
    """Adds `days_early` and `days_late`: whole and part days before the wave's first, and after its last, day."""
    submitted = table["submitted"].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    day = pc.divide(submitted.cast(pa.float64()), float(_MICROSECONDS_A_DAY))
    first, last = (float((one - type(one)(1970, 1, 1)).days) for one in (wave.opens, wave.closes))
    early = pc.max_element_wise(pc.subtract(first, day), 0.0, skip_nulls=False)
    late = pc.max_element_wise(pc.subtract(day, last + 1), 0.0, skip_nulls=False)
    return table.append_column("days_early", early).append_column("days_late", late)


def with_sums(table: pa.Table) -> pa.Table:
    """Adds what must agree between columns, so that a suite can say it.

    `bands` = favourable + neutral + unfavourable, which make up `answered`. `variance` = squares / answered -
    (total / answered)^2 in steps squared, never negative but for rounding in the last digits.
    """
    bands = pc.add(pc.add(table["favourable"], table["neutral"]), table["unfavourable"])
    answered, total, squares = (table[name].cast(pa.float64()) for name in ("answered", "total", "squares"))
    mean = pc.divide(total, answered)
    variance = pc.subtract(pc.divide(squares, answered), pc.multiply(mean, mean))
    return table.append_column("bands", bands).append_column("variance", variance)
