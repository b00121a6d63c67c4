"""73,421 real ratings counted by polars from the file itself: every figure of every cell with enough people is ours."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow.compute as pc
import pytest

from examples.insteval.prepare import prepare
from pipeline import exports, facts, survey, tables
from pipeline.exports import organisation, responses
from pipeline.organisation import from_table
from pipeline.pseudonyms import PseudonymKey

RATINGS = Path(__file__).parents[2] / "shared/real/insteval.csv"
KEY = PseudonymKey("k1", b"0" * 32)
SEGMENTS = ("studage", "lectage", "service")
MINIMUM = 5
CELL = ("unit", "segment", "category")
UNITS = (pl.lit("university"), pl.concat_str(pl.lit("dept-"), pl.col("dept")), pl.col("d").cast(pl.String))
FIGURES = ("respondents", "answered", "total", "squares", "modal", "favourable", "neutral", "unfavourable")


def placed(ratings: pl.DataFrame) -> pl.DataFrame:
    """Each rating stands in its lecturer, the department and the university, once for everybody and once a segment."""
    places = pl.concat(ratings.with_columns(unit=unit) for unit in UNITS)
    cuts = [(pl.lit("all"), pl.lit("all")), *((pl.lit(one), pl.col(one).cast(pl.String)) for one in SEGMENTS)]
    return pl.concat(places.with_columns(segment=segment, category=category) for segment, category in cuts)


def by_polars(ratings: pl.DataFrame, lowest: int) -> pl.DataFrame:
    """The figures of every cell with enough people; sums are of steps above `lowest`."""
    laid = placed(ratings)
    y, steps = pl.col("y"), pl.col("y") - lowest
    most = laid.group_by(*CELL, "y").len().group_by(*CELL).agg(modal=pl.col("len").max())
    counted = laid.group_by(*CELL).agg(
        respondents=pl.col("s").n_unique(),
        answered=pl.len(),
        total=steps.sum(),
        squares=(steps * steps).sum(),
        favourable=(y >= 4).sum(),
        neutral=(y == 3).sum(),
        unfavourable=(y <= 2).sum(),
    )
    return counted.join(most, on=CELL).filter(pl.col("respondents") >= MINIMUM)


@pytest.mark.skipif(not RATINGS.exists(), reason="the real ratings lie beside the project")
def test_polars_counts_the_same_in_every_cell_with_enough_people(tmp_path: Path) -> None:
    prepare(RATINGS, tmp_path)
    teaching = survey.parse(
        (tmp_path / "survey.toml").read_text("utf-8"),
        {"teaching.toml": (tmp_path / "teaching.toml").read_text("utf-8")},
    )
    told = responses.interpret(
        exports.read((tmp_path / "all/responses/insteval.csv").read_bytes()), teaching, KEY, "0" * 64
    )
    units = organisation.units(exports.read((tmp_path / "all/units/units.csv").read_bytes())).table
    counted = tables.count(teaching, from_table(units), None, told.table, least=MINIMUM)
    ours = pl.DataFrame(counted.cells.to_pydict()).filter(pl.col("respondents") >= MINIMUM)
    # An item is counted as it is answered, and a scale in steps from its lower end.
    for measure, lowest in (("y", 0), ("teaching", 1)):
        theirs = by_polars(pl.read_csv(RATINGS), lowest).sort(CELL)
        mine = ours.filter(pl.col("measure") == measure).sort(CELL)
        assert theirs.height > 5_000
        assert mine.select(*CELL, *FIGURES).rows() == theirs.select(*CELL, *FIGURES).rows(), measure
    # A distribution is left out where somebody is the only one who gave an answer.
    enough = counted.cells.filter(pc.greater_equal(counted.cells["respondents"], MINIMUM))
    made = pl.DataFrame(facts.of_cells(enough, teaching, "all").to_pydict()).filter(pl.col("answered") > 0)
    each = placed(pl.read_csv(RATINGS)).group_by(*CELL, code="y").agg(answered=pl.len(), people=pl.col("s"))
    of_cell = each.group_by(*CELL).agg(
        lone=(pl.col("answered") == 1).any(), people=pl.col("people").explode().n_unique()
    )
    shown = of_cell.filter(~pl.col("lone") & (pl.col("people") >= MINIMUM)).select(CELL)
    rows = each.join(shown, on=CELL).select(*CELL, "code", "answered").sort(*CELL, "code").rows()
    assert len(rows) > 10_000
    assert made.select(*CELL, "code", "answered").sort(*CELL, "code").rows() == rows
