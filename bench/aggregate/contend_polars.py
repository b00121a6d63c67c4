"""Polars: `python -m bench.aggregate.contend_polars FOLDER`, each answer joined with every unit above, then grouped.

One segment at a time; the most frequent scores of scales are not looked for.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

from bench.aggregate.checksum import FIRST, Checksum
from bench.aggregate.figures import CODES, MOST, PASSIVE, PROMOTER, STEPS, of_answers, of_rate
from bench.aggregate.instance import INDEX, INDEX_SCALE, ITEMS, MINIMUM, RATE, SCALES

folder = Path(sys.argv[1])
people, responses, units = (pl.scan_parquet(folder / f"{name}.parquet") for name in ("people", "responses", "units"))
parent = dict(units.select("unit", "parent").collect().iter_rows())
pairs = []
for unit in parent:
    above = unit
    while above is not None:
        pairs.append((int(unit), int(above)))
        above = parent[above]
closure = pl.DataFrame(pairs, schema={"unit": pl.Int32, "above": pl.Int32}, orient="row").lazy()

latest = (
    responses.select("respondent", "submitted", "source", "record")
    .with_row_index()
    .sort("submitted", "source", "record")
    .unique("respondent", keep="last")
)
score = []
for scale in SCALES:
    own = [pl.col(f"{scale}_{one}").cast(pl.Int16) for one in CODES]
    answered = pl.sum_horizontal(one.is_not_null() for one in own)
    moved = pl.sum_horizontal(*(one - 1 for one in own[:-1]), 5 - own[-1])
    score.append(pl.when(answered >= 3).then(moved * (STEPS // answered)).cast(pl.Int64).alias(scale))  # noqa: PLR2004 - half of five
index = (
    pl.when(pl.col(INDEX) >= PROMOTER).then(5).when(pl.col(INDEX) >= PASSIVE).then(3).when(pl.col(INDEX) >= 0).then(1)
)
wave = (
    responses.with_row_index()
    .join(latest.select("index"), on="index", how="semi")
    .select("respondent", *(pl.col(one).cast(pl.Int8) for one in ITEMS), index.cast(pl.Int8).alias(INDEX_SCALE), *score)
    .filter(pl.any_horizontal(pl.col(*ITEMS, INDEX_SCALE).is_not_null()))
    .join(people.with_columns(pl.col("unit").cast(pl.Int32)), on="respondent")
    .collect()
)
sums = [(pl.col(one) == code).sum().alias(f"{one}/{code}") for one in (*ITEMS, INDEX_SCALE) for code in CODES]
for scale in SCALES:
    steps = pl.col(scale)
    sums += [
        steps.count().alias(f"{scale}/answered"),
        steps.sum().alias(f"{scale}/total"),
        (steps**2).sum().alias(f"{scale}/squares"),
        (8 * steps >= 5 * MOST).sum().alias(f"{scale}/favourable"),
        (8 * steps <= 3 * MOST).sum().alias(f"{scale}/unfavourable"),
    ]
checksum = Checksum()
for segment in (None, *FIRST):
    cut = pl.lit(0) if segment is None else pl.col(segment).cast(pl.Int32) + FIRST[segment]
    found = (
        wave.lazy()
        .with_columns(cut=cut)
        .drop_nulls("cut")
        .join(closure, on="unit")
        .group_by("above", "cut")
        .agg(pl.len().alias(RATE), *sums)
        .filter(pl.col(RATE) >= MINIMUM)
        .collect()
    )
    place = found["above"].to_numpy(), found["cut"].to_numpy()
    for one in (*ITEMS, INDEX_SCALE):
        counts = [found[f"{one}/{code}"].to_numpy().astype("int64") for code in CODES]
        checksum.add(*place, [one], of_answers(one, counts))
    for one in SCALES:
        figures = {
            name: found[f"{one}/{name}"].to_numpy().astype("int64")[:, None]
            for name in ("answered", "total", "squares", "favourable", "unfavourable")
        }
        figures["respondents"] = figures["answered"]
        figures["neutral"] = figures["answered"] - figures["favourable"] - figures["unfavourable"]
        checksum.add(*place, [one], figures)
    checksum.add(*place, [RATE], of_rate(found[RATE].to_numpy().astype("int64")))
print(json.dumps(checksum.answer()))
