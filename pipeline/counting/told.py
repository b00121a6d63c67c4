"""Who answered what: the members of a wave, and their answers in steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pipeline.counting.arrays import arrow, arrow_bools, numbers, ranks
from pipeline.counting.measures import codes, items, values

if TYPE_CHECKING:
    from pipeline.counting.wave import Wave
    from pipeline.survey import Survey


def members(survey: Survey, wave: Wave) -> tuple[pa.Table, pa.Table]:
    """Who answered what without the answers, and those; by respondent, who are numbered by pseudonym, and unit."""
    records = wave.records
    unit = wave.unit
    person = records.person[wave.record]
    order = np.lexsort((ranks(wave.plan.tree.units)[unit], person))
    at = arrow(wave.record[order])
    asked = items(survey)
    given = [numbers(wave.rows[f"item_{number}"]) for number in range(len(asked))]
    highest = [one.high - one.low + 1 for one in asked]
    segments = [segment.id for segment in survey.file.segment]
    unknown = pa.repeat(pa.scalar(""), len(order))
    where = {
        name: records.here(name).fill_null("").take(at) if name in records.source.schema.names else unknown
        for name in segments
    }
    has: dict[str, pa.Array] = {}
    answers: dict[str, pa.Array] = {}
    measures = values(survey)
    for measure, code in zip(measures, codes(measures, given, highest), strict=True):
        mine = code[order]
        there = mine > 0
        has[measure.id] = arrow_bools(there)
        answers[measure.id] = arrow(np.concatenate([[0], measure.steps])[mine], ~there)
    about = (
        pa.repeat(pa.scalar(""), len(order))
        if records.about is None
        else records.about.take(arrow(records.submission)).take(at)
    )
    told = {"respondent": records.respondent.take(at), "about": about, **answers}
    lead = {"respondent": arrow(person[order]), "unit": records.here("unit").take(at), **where}
    return pa.table(lead | has), pa.table(told)
