"""The synthetic organisation's account of itself, against an independent pass over its files (sample_reading.py).

That the pipeline arrives at it too is checked in test_ingest_sample.py and test_truth.py, and at the sides of the
middle here.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from sample_reading import (
    HEADERS,
    SCALES,
    Files,
    Read,
    counted,
    demo_files,
    demo_records,
    demo_truth,
    exports,
    latest,
    table,
)
from test_truth import received

from pipeline import ledger
from pipeline.aggregate import recompute
from pipeline.sample import WAVES


@pytest.fixture(scope="module")
def demo() -> Files:
    return demo_files()


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return demo_truth()


@pytest.fixture(scope="module")
def read() -> dict[str, list[Read]]:
    return demo_records()


@pytest.mark.parametrize("wave", WAVES)
def test_every_record_is_accounted_for(
    demo: Files, truth: dict[str, Any], wave: str, read: dict[str, list[Read]]
) -> None:
    files = exports(demo, wave)
    assert set(truth[wave]["files"]) == set(files)
    for name, told in truth[wave]["files"].items():
        vendor, records = files[name]
        own = [one for one in read[wave] if one.file == name]
        fine = [one for one in own if one.answers is not None and not one.excluded]
        submissions = {(one.person, one.sent, one.answers) for one in fine}
        people = {one.person for one in fine}
        assert told["records"] == len(records) == sum(told["accounts"].values())
        assert told["accounts"] == {
            "header": HEADERS[vendor],
            "accepted": len(people),
            "quarantined": sum(one.answers is None and not one.excluded for one in own),
            "duplicate": len(fine) - len(submissions),
            "superseded": len(submissions) - len(people),
            "excluded": sum(one.excluded for one in own),
        }
        refused = [one.number for one in own if one.answers is None and not one.excluded]
        assert [one["record"] for one in told["quarantined"]] == refused


@pytest.mark.parametrize("wave", WAVES)
def test_in_every_export_that_came_in_time_one_record_is_wrong_in_each_way(
    demo: Files,
    truth: dict[str, Any],
    wave: str,
) -> None:
    ways = {
        "out_of_range",
        "unknown_code",
        "not_whole",
        "no_person",
        "unreadable_time",
        "too_few_cells",
        "too_many_cells",
    }
    for name, told in truth[wave]["files"].items():
        reasons = Counter(one["reason"] for one in told["quarantined"])
        assert reasons == ({} if "-late" in name else dict.fromkeys(ways, 1))
        vendor, records = exports(demo, wave)[name]
        for one in told["quarantined"]:
            whole = len(records[one["record"] - 1]) == len(records[0])
            assert (one["column"] in records[0]) == whole == (not one["reason"].endswith("_cells"))
        spoilt = {one["record"]: one["column"] for one in told["quarantined"] if one["reason"] == "out_of_range"}
        assert all(records[at - 1][records[0].index(column)] == "9" for at, column in spoilt.items()), vendor


@pytest.mark.parametrize("wave", WAVES)
def test_everybody_who_answered_is_a_respondent_or_was_not_invited(
    demo: Files,
    truth: dict[str, Any],
    wave: str,
    read: dict[str, list[Read]],
) -> None:
    invited = {row["person_id"] for row in table(demo[f"{wave}/people/people.csv"])}
    answered = set(latest(read[wave]))
    told = truth[wave]
    assert (told["respondents"], told["not_invited"]) == (len(answered & invited), len(answered - invited))
    accepted = sum(file["accounts"]["accepted"] for file in told["files"].values())
    assert accepted == told["respondents"] + told["not_invited"] + told["came_again"]
    assert 0.70 < told["respondents"] / len(invited) < 0.80
    assert told["came_again"] >= 1
    before = demo.get(f"2026-{int(wave[-2:]) - 1:02}/people/people.csv", b"person_id\n")
    left = {row["person_id"] for row in table(before)} - invited
    strangers = answered - invited - left
    assert len(strangers) == 1
    assert bool(answered & left) == bool(left)  # some of those who have left still answer


@pytest.mark.parametrize("wave", WAVES)
def test_every_cell_is_true(demo: Files, truth: dict[str, Any], wave: str, read: dict[str, list[Read]]) -> None:
    cells = counted(demo, wave, read[wave])
    assert {tuple(row[:4]): row[4:] for row in truth[wave]["cells"]} == {key: cell[:2] for key, cell in cells.items()}
    assert {tuple(row[:4]): row[4:] for row in truth[wave]["sides"]} == {key: cell[2:] for key, cell in cells.items()}


def test_the_pipeline_puts_every_answer_on_the_same_side_of_the_middle(tmp_path: Path) -> None:
    store, told = received(tmp_path, 200)
    for wave in WAVES:
        cells, _, _ = recompute(store, ledger.survey(store, "demo"), wave)
        ours = {
            tuple(row[name] for name in ("unit", "segment", "category", "measure")): [
                row[side] for side in ("favourable", "neutral", "unfavourable")
            ]
            for row in cells.filter(pc.greater(cells["answered"], 0)).to_pylist()
            if row["measure"] != "response_rate"
        }
        assert ours == {tuple(row[:4]): row[4:] for row in told[wave]["sides"]}


@pytest.mark.parametrize("wave", WAVES)
def test_questions_are_skipped_now_and_then(truth: dict[str, Any], wave: str) -> None:
    cells = {tuple(row[:4]): row[4] for row in truth[wave]["cells"]}
    asked = [f"{scale}_{number}" for scale in SCALES for number in (1, 2)]
    skipped = 1 - sum(cells[("U0", "all", "all", item)] for item in asked) / truth[wave]["respondents"] / len(asked)
    assert 0.01 < skipped < 0.03
