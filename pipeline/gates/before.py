"""What was published of the wave before about the whole organisation: what drift is measured against.

Not from the rows of that wave: they may be erased, and a run that is made again must find what it found before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from pipeline import release
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from pipeline.survey import Wave


@dataclass(frozen=True)
class Before:
    """One measure: published answers, mean, and shares (favourable, neutral, unfavourable); None where withheld."""

    answered: int | None
    mean: float | None
    shares: tuple[float, float, float] | None


def before(tables: Mapping[str, pa.Table] | None, wave: Wave) -> dict[str, Before]:
    """By measure, of the published wave that closed last before this one; empty without one."""
    earlier = release.earlier_wave(tables["waves"], wave.closes) if tables else None
    if tables is None or earlier is None:
        return {}
    units = release.of_wave(tables["units"], earlier)
    roots = units.filter(pc.is_null(units["parent"]))["unit"]
    facts = release.of_wave(tables["facts"], earlier)
    whole = facts.filter(pc.and_(pc.equal(facts["segment"], TOTAL), pc.is_in(facts["unit"], roots.combine_chunks())))
    return {row["measure"]: _of(row) for row in whole.to_pylist() if row["status"] == "F"}


def _of(row: Mapping[str, float | int | None]) -> Before:
    shares = (row["favourable"], row["neutral"], row["unfavourable"])
    whole = None if None in shares else tuple(float(one or 0) for one in shares)
    answered, mean = row["answered"], row["mean"]
    return Before(None if answered is None else int(answered), mean, whole)  # type: ignore[arg-type]  # three shares
