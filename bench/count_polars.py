"""Polars: join each answer with every unit above, then group by unit and segment; items alone, lazily."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

from bench.wave import COUNTS, ITEMS, SEGMENTS, digest

people, responses, ancestors = (
    pl.scan_parquet(Path(sys.argv[1]) / f"{name}.parquet") for name in ("people", "responses", "ancestors")
)
wave = (
    responses.select("respondent", *ITEMS)
    .join(people.with_columns(all=pl.lit("all")), on="respondent")
    .join(ancestors, on="unit")
)
figures = []
for item in ITEMS:
    given = pl.col(item).cast(pl.Int64)
    of = (given.count(), given.sum(), (given**2).sum(), (given > 3).sum(), (given == 3).sum(), (given < 3).sum())  # noqa: PLR2004 - the middle of five
    figures.append(pl.struct(*(one.alias(name) for name, one in zip(COUNTS, of, strict=True))).alias(item))
cells = [
    wave.group_by(unit="ancestor", category=segment)
    .agg(figures)
    .unpivot(list(ITEMS), index=["unit", "category"], variable_name="measure")
    .unnest("value")
    .with_columns(segment=pl.lit(segment))
    for segment in ("all", *SEGMENTS)
]
print(json.dumps(digest(pl.concat(pl.collect_all(cells)).to_arrow())))
