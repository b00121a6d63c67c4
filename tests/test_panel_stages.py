"""The panel in a store: found again by pseudonym, kept beside the release, and the same when a wave is made again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from judged_waves import CODE, judged, received

from pipeline import history, ledger, panel, parquet
from pipeline.aggregate import aggregate
from pipeline.publish import publish

if TYPE_CHECKING:
    from pathlib import Path


def test_people_of_two_waves_are_found_again_and_made_again_the_same(tmp_path: Path) -> None:
    store = received(tmp_path)
    publish(store, "tiny", "w1", judged(store, "w1"), code_version=CODE)
    run = judged(store, "w2")
    made = {
        name: parquet.from_bytes(store.read(f"candidate/tiny/w2/{run}/{name}.parquet").data) for name in panel.TABLES
    }
    # 36 of 40 people answer in both waves, and nobody moves
    assert Counter(made["panel"]["kind"].to_pylist()) == {"both": 36, "never": 4}
    safety = next(row for row in made["differences"].to_pylist() if row["measure"] == "safety")
    assert 30 <= safety["pairs"] <= 36
    assert safety["squares"] > 0
    survey = ledger.survey(store, "tiny")
    release = publish(store, "tiny", "w2", run, code_version=CODE).release
    assert history.panel_kept(store, survey, release) == made
    assert history.panel_kept(store, survey, "0" * 16) == panel.empty(survey)
    assert aggregate(store, "tiny", "w2", code_version=CODE).run == run
    again = parquet.from_bytes(store.read(f"candidate/tiny/w2/{run}/panel.parquet").data)
    assert again == made["panel"]


def test_the_first_wave_has_no_panel(tmp_path: Path) -> None:
    store = received(tmp_path)
    run = judged(store, "w1")
    assert parquet.from_bytes(store.read(f"candidate/tiny/w1/{run}/panel.parquet").data).num_rows == 0
