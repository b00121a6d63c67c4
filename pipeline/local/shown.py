"""Which report to open first: the one with most to say about follow-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.release import of_wave
from pipeline.reports.names import slugs
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pyarrow as pa


def report_to_open(tables: Mapping[str, pa.Table], wave: str, files: Iterable[str]) -> str | None:
    """Path of a leader's report within a release; None when there is none.

    Of a unit with an action and an improvement in what it was about, else of one with an action, else the smallest.
    """
    there = set(files)
    units = of_wave(tables["units"], wave).to_pylist()
    folders = slugs(row["unit"] for row in units)
    pages = {row["unit"]: f"reports/{folders[row['unit']]}/leader.html" for row in units}
    about = {(row["unit"], row["scale"]) for row in of_wave(tables["actions"], wave).to_pylist()}
    facts = of_wave(tables["facts"], wave).to_pylist()
    better = {(row["unit"], row["measure"]) for row in facts if row["segment"] == TOTAL and row["verdict"] == "up"}
    acted = {unit for unit, _ in about}
    followed = {unit for unit, _ in about & better}
    improved = {unit for unit, _ in better} & acted
    ranked = sorted(
        (row for row in units if pages[row["unit"]] in there),
        key=lambda row: (
            row["unit"] not in followed,
            row["unit"] not in improved,
            row["unit"] not in acted,
            -row["depth"],
            row["unit"],
        ),
    )
    return pages[ranked[0]["unit"]] if ranked else None
