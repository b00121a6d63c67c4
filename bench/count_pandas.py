"""Pandas: join each answer with every unit above, then group by unit and segment; items alone."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa

from bench.wave import COUNTS, ITEMS, SEGMENTS, digest

folder, items = Path(sys.argv[1]), list(ITEMS)
people, responses, ancestors = (
    pd.read_parquet(folder / f"{name}.parquet") for name in ("people", "responses", "ancestors")
)
people["all"] = "all"
wave = responses[["respondent", *items]].merge(people, on="respondent").merge(ancestors, on="unit")
answers = wave[items]
figures = {
    "answered": answers.notna(),
    "total": answers,
    "squares": answers**2,
    "favourable": answers > 3,  # noqa: PLR2004 - the middle of five
    "neutral": answers == 3,  # noqa: PLR2004
    "unfavourable": answers < 3,  # noqa: PLR2004
}
cells = []
for segment in ("all", *SEGMENTS):
    keys = [wave["ancestor"], wave[segment]]
    counted = pd.concat({name: figures[name].groupby(keys).sum().stack() for name in COUNTS}, axis=1).reset_index()  # noqa: PD013 - one item a row
    counted.columns = pd.Index(["unit", "category", "measure", *COUNTS])
    cells.append(counted.assign(segment=segment))
print(json.dumps(digest(pa.Table.from_pandas(pd.concat(cells), preserve_index=False))))
