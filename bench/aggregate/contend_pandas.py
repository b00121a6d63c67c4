"""Pandas: `python -m bench.aggregate.contend_pandas FOLDER`, how often each value was given under every unit.

Each answer is joined with every unit above, one segment at a time, and grouped by unit, category and value.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from bench.aggregate.checksum import FIRST, Checksum
from bench.aggregate.figures import CODES, MOST, PASSIVE, PROMOTER, STEPS, of_answers, of_rate, of_steps
from bench.aggregate.instance import INDEX, INDEX_SCALE, ITEMS, MINIMUM, RATE, SCALES

people, responses, units = (
    pd.read_parquet(Path(sys.argv[1]) / f"{name}.parquet") for name in ("people", "responses", "units")
)
parent = dict(zip(units["unit"], units["parent"], strict=True))
pairs = []
for unit in parent:
    above = unit
    while isinstance(above, str):
        pairs.append((unit, int(above)))
        above = parent[above]
closure = pd.DataFrame(pairs, columns=["unit", "above"])

latest = responses.sort_values(["submitted", "source", "record"]).drop_duplicates("respondent", keep="last")
answers = latest[["respondent", *ITEMS]].copy()
answers[INDEX_SCALE] = np.select(
    [latest[INDEX] >= PROMOTER, latest[INDEX] >= PASSIVE, latest[INDEX] >= 0], [5.0, 3.0, 1.0], np.nan
)
answers = answers[answers[[*ITEMS, INDEX_SCALE]].notna().any(axis=1)]
for scale in SCALES:
    own = [f"{scale}_{one}" for one in CODES]
    answered = answers[own].notna().sum(axis=1)
    moved = (answers[own[:-1]] - 1).sum(axis=1) + (5 - answers[own[-1]]).fillna(0)
    answers[scale] = (moved * (STEPS // answered.clip(lower=1))).where(answered >= 3)  # noqa: PLR2004 - half of five
wave = answers.merge(people, on="respondent").merge(closure, on="unit")
checksum = Checksum()
for segment in (None, *FIRST):
    cut = pd.Series(0, index=wave.index) if segment is None else wave[segment].astype("float") + FIRST[segment]
    keys = [wave["above"], cut.rename("cut")]
    size = wave.groupby(keys).size()
    size = size[size >= MINIMUM]
    place = size.index.get_level_values(0).to_numpy(), size.index.get_level_values(1).to_numpy().astype("int64")
    for measure in (*ITEMS, INDEX_SCALE, *SCALES):
        given = wave.groupby([*keys, wave[measure]]).size().unstack(fill_value=0).reindex(size.index, fill_value=0)  # noqa: PD010 - one value a column
        if measure in SCALES:
            steps = given.columns.to_numpy().astype("int64")
            side = np.where(8 * steps >= 5 * MOST, 1, np.where(8 * steps <= 3 * MOST, -1, 0))
            checksum.add(*place, [measure], of_steps(given.to_numpy().T, steps, side))
        else:
            counts = given.reindex(columns=CODES, fill_value=0).to_numpy().T
            checksum.add(*place, [measure], of_answers(measure, list(counts)))
    checksum.add(*place, [RATE], of_rate(size.to_numpy()))
print(json.dumps(checksum.answer()))
