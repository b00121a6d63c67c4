"""Reads a wave and counts it, as Pulsverk does, with either engine; prints the checksum of what it counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from bench.aggregate.checksum import FIGURES, FIRST, Checksum
from bench.aggregate.instance import MINIMUM, read_survey
from pipeline import organisation, parquet
from pipeline.counting import engines
from pipeline.counting.arrays import numbers, valid
from pipeline.counting.records import Records
from pipeline.counting.wave import Wave

if TYPE_CHECKING:
    from pipeline.survey import Engine


def count(folder: Path, engine: Engine) -> None:
    """The wave that `bench.aggregate.instance` wrote into this folder."""
    survey = read_survey()
    people, responses = (
        parquet.Columns([(folder / f"{name}.parquet").read_bytes()], distinct=["respondent"])
        for name in ("people", "responses")
    )
    wave = Wave.of(
        survey,
        organisation.from_table(parquet.from_bytes((folder / "units.parquet").read_bytes())),
        responses,
        Records.of(survey, people, responses, None),
        MINIMUM,
    )
    del people, responses
    measures = [one.id for one in wave.plan.measures]
    unit_of = np.array(wave.plan.tree.units, dtype=np.int64)
    cut_of = np.array(
        [FIRST[segment] + int(category) if segment in FIRST else 0 for segment, category in wave.cuts.names]
    )
    checksum = Checksum()
    for tally in wave.tallies(engines.named(engine)):
        # Places without figures have no measure in which enough people answered.
        has = valid(tally["total"])
        figures = {
            name: numbers(tally[name].combine_chunks().flatten()).reshape(-1, len(measures)) for name in FIGURES[1:]
        }
        figures["respondents"] = figures["answered"] = figures["answered"][has]
        checksum.add(unit_of[numbers(tally["unit"])[has]], cut_of[numbers(tally["cut"])[has]], measures, figures)
    print(json.dumps(checksum.answer()))
