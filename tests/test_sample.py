"""The synthetic organisation: the same bytes for the same seed, as the vendors write them, and true about itself.

The truth is checked here by an independent pass over the written files (sample_reading.py); that the pipeline
arrives at it too is checked in test_ingest_sample.py and test_truth.py, and at the sides of the middle here.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from sample_reading import HEADERS, Files, Read, counted, exports, latest, reading, table
from test_truth import received

from pipeline import ledger, sample
from pipeline.aggregate import recompute
from pipeline.sample import WAVES
from pipeline.survey import parse

EMPLOYEES, SEED = 1200, 1  # as the demo is
SCALES = ("safety", "collaboration", "communication", "clarity", "workload", "support")


def written(root: Path, **arguments: int) -> Files:
    """Everything that a sample consists of, by its path."""
    sample.write(root, **arguments)
    return {one.relative_to(root).as_posix(): one.read_bytes() for one in root.rglob("*") if one.is_file()}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return written(tmp_path_factory.mktemp("demo"), employees=EMPLOYEES, seed=SEED)


@pytest.fixture(scope="module")
def truth(demo: Files) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(demo["truth.json"])
    return told


@pytest.fixture(scope="module")
def items(demo: Files) -> dict[str, str]:
    """Heading -> item."""
    return parse(demo["survey.toml"].decode()).columns


@pytest.fixture(scope="module")
def read(demo: Files, items: dict[str, str]) -> dict[str, list[Read]]:
    """Every record, by wave."""
    return {wave: list(reading(demo, wave, items)) for wave in WAVES}


# ---- the same again


def test_the_same_arguments_give_the_same_bytes_and_others_give_others(tmp_path: Path) -> None:
    one, same, other = (
        written(tmp_path / name, employees=200, seed=seed) for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    assert one == same
    same_anyway = {"survey.toml", "2026-08/actions/actions.csv"}  # what nobody's answers are in
    assert {path for path in one if one[path] == other.get(path)} <= same_anyway


def test_fewer_waves_are_the_first_of_more(tmp_path: Path) -> None:
    three, one = written(tmp_path / "a", employees=200), written(tmp_path / "b", employees=200, waves=1)
    assert {path: data for path, data in three.items() if path in one and path != "truth.json"} == {
        path: data for path, data in one.items() if path != "truth.json"
    }
    assert json.loads(one["truth.json"]).keys() == {"2026-08"}


@pytest.mark.parametrize("employees", [20, 60, 200])
def test_a_small_organisation_is_a_whole_one(tmp_path: Path, employees: int) -> None:
    for seed in range(3):
        files = written(tmp_path / str(seed), employees=employees, seed=seed)
        for wave in WAVES:
            assert len(table(files[f"{wave}/people/people.csv"])) >= employees * 0.8
            assert all(len(records) > HEADERS[vendor] for vendor, records in exports(files, wave).values())
        assert len(table(files["2026-08/people/people.csv"])) == employees


# ---- the organisation


@pytest.mark.parametrize("wave", WAVES)
def test_it_is_one_tree_of_four_levels_in_which_everybody_has_one_place(demo: Files, wave: str) -> None:
    parent = {row["unit_id"]: row["parent_id"] for row in table(demo[f"{wave}/units/units.csv"])}
    people = table(demo[f"{wave}/people/people.csv"])

    def depth(unit: str) -> int:
        return 1 + depth(parent[unit]) if parent[unit] else 1

    assert [unit for unit, above in parent.items() if not above] == ["U0"]
    assert Counter(map(depth, parent)).keys() == {1, 2, 3, 4}
    assert {row["unit_id"] for row in people} <= set(parent)
    assert len({row["person_id"] for row in people}) == len(people)
    inside = [row for row in people if row["unit_id"] in set(parent.values())]
    assert 0 < len(inside) <= 3  # a couple of people belong to no team


def test_teams_are_of_uneven_size_and_some_are_too_small_to_be_shown(demo: Files) -> None:
    size = Counter(row["unit_id"] for row in table(demo["2026-08/people/people.csv"]))
    teams = sorted(number for unit, number in size.items() if unit.count("-") == 2)
    assert 3 <= sum(number < 5 for number in teams) < len(teams) / 3
    assert teams[-1] > 20
    leaders = [number for unit, number in size.items() if unit.endswith("-0")]
    assert len(leaders) == 11
    assert set(leaders) == {4}


def test_people_leave_and_others_join_from_wave_to_wave_and_nobody_changes(demo: Files) -> None:
    rosters = [{row["person_id"]: row for row in table(demo[f"{wave}/people/people.csv"])} for wave in WAVES]
    for before, after in pairwise(rosters):
        assert 5 <= len(set(before) - set(after)) <= 60
        assert 5 <= len(set(after) - set(before)) <= 60
        assert all(after[person] == before[person] for person in set(before) & set(after))


# ---- the files


@pytest.mark.parametrize("wave", WAVES)
def test_each_sector_hands_in_the_export_of_its_own_tool(demo: Files, wave: str, read: dict[str, list[Read]]) -> None:
    unit = {row["person_id"]: row["unit_id"] for row in table(demo[f"{wave}/people/people.csv"])}
    sectors = defaultdict(set)
    for one in read[wave]:
        if one.person in unit:
            sectors[one.file.partition(".")[0].removesuffix("-late")].add(unit[one.person].partition("-")[0])
    assert sectors["qualtrics"] == {"U1"}
    assert sectors["limesurvey"] == {"U2"}
    assert sectors["excel"] - {"U0"} == {"U3", "U4"}


@pytest.mark.parametrize("wave", WAVES)
def test_qualtrics_writes_three_header_records_and_who_answered_from_where(demo: Files, wave: str) -> None:
    _, records = exports(demo, wave)["qualtrics.csv"]
    assert {len(record) for record in records[:3]} == {25}
    assert len(set(records[0])) == 25
    assert [json.loads(cell)["ImportId"] for cell in records[2]][:3] == ["startDate", "endDate", "status"]
    assert json.loads(records[2][records[0].index("RecordedDate")])["timeZone"] == "Europe/Oslo"
    assert "Jeg vet hva som forventes av meg." in records[1]
    column = records[0].index
    assert all(record[column("IPAddress")].startswith("192.0.2.") for record in records[3:])  # RFC 5737: nobody's
    assert Counter(record[column("Status")] for record in records[3:]) - Counter({"IP Address": 10**6}) == Counter(
        {"Survey Preview": 1, "Spam": 1},
    )


@pytest.mark.parametrize("wave", WAVES)
def test_limesurvey_writes_a_byte_order_mark_quotes_and_codes(demo: Files, wave: str) -> None:
    data = demo[f"{wave}/responses/limesurvey.csv"]
    assert data.startswith(b'\xef\xbb\xbf"id";"submitdate"')
    assert data.count(b"\n") == data.count(b"\r\n")
    heading, *records = exports(demo, wave)["limesurvey.csv"][1]
    codes = {record[heading.index("G1Q1[SQ001]")] for record in records}
    assert codes - {f"A{value}" for value in range(1, 6)} == {"", "9"}  # skipped, and spoilt
    assert [record[heading.index("submitdate")] for record in records].count("") == 1


@pytest.mark.parametrize("wave", WAVES)
def test_excel_writes_cp1252_decimal_commas_and_no_break_spaces(demo: Files, wave: str) -> None:
    data = demo[f"{wave}/responses/excel.csv"]
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    heading, *records = exports(demo, wave)["excel.csv"][1]
    assert heading[:3] == ["Ansattnr", "Innsendt", "Varighet (min)"]
    numbers = {record[heading.index("Samarbeid 1")] for record in records} - {""}
    assert {"3,0", "4,0", "5,0"} <= numbers <= {f"{value},0" for value in range(1, 6)}
    assert 2 <= sum(record[0].endswith("\xa0") for record in records) < len(records) / 10


def test_answers_are_sent_by_day_before_the_close_and_the_late_ones_after_it(
    demo: Files,
    read: dict[str, list[Read]],
) -> None:
    waves = {one.id: one for one in parse(demo["survey.toml"].decode()).file.wave}
    for wave in WAVES:
        for one in read[wave]:
            if one.sent is None:
                continue
            day = one.sent.date()
            closes = waves[wave].closes
            assert (
                (closes < day <= closes + timedelta(days=5))
                if "-late" in one.file
                else waves[wave].opens <= day <= closes
            )
            assert 5 <= one.sent.hour <= 14  # UTC


# ---- the truth


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


# ---- what is planted


def means(truth: dict[str, Any], unit: str) -> list[dict[str, float]]:
    """Points of 100 by scale, for each wave."""
    found = []
    for wave in WAVES:
        cells = {row[3]: row[4:] for row in truth[wave]["cells"] if row[:3] == [unit, "all", "all"]}
        found.append({scale: 100 * cells[scale][1] / cells[scale][0] / 8 for scale in SCALES})
    return found


def planted(demo: Files, truth: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """Unit -> the scale that its action is about, and 1 for the better or -1 for the worse."""
    about = {row["unit_id"]: row["scale"] for row in table(demo["2026-10/actions/actions.csv"])}
    told = truth["2026-10"]
    ways = {**dict.fromkeys(told["improves"], 1), told["worsens"]: -1}
    return {unit: (about[unit], way) for unit, way in ways.items()}


def test_two_units_improve_and_one_gets_worse_most_of_all_in_what_their_action_is_about(
    demo: Files,
    truth: dict[str, Any],
) -> None:
    effects = planted(demo, truth)
    assert len(effects) == 3
    for unit, (scale, way) in effects.items():
        waves = means(truth, unit)
        change = {one: way * (waves[2][one] - waves[0][one]) for one in SCALES}
        assert change[scale] > 20  # of 1.6 points of a five-point answer, 40 of 100, less where answers end
        assert change[scale] > sum(change.values()) / len(SCALES) > 0


def test_nothing_else_moves_as_a_whole(truth: dict[str, Any]) -> None:
    first, _, last = means(truth, "U0")
    assert all(abs(last[scale] - first[scale]) < 4 for scale in SCALES)


def test_an_action_stays_as_it_was_decided_and_comes_before_what_it_changes(
    demo: Files,
    truth: dict[str, Any],
) -> None:
    registers = [{row["action_id"]: row for row in table(demo[f"{wave}/actions/actions.csv"])} for wave in WAVES]
    waves = parse(demo["survey.toml"].decode()).file.wave
    for before, after in pairwise(registers):
        for action, row in before.items():
            assert {**after[action], "status": ""} == {**row, "status": ""}
            assert row["status"] in {"open", after[action]["status"]}  # what has ended is not opened again
    for wave, register in zip(waves, registers, strict=True):
        assert all(row["created"] <= wave.closes.isoformat() for row in register.values())
        assert all(row["created"] < row["due"] for row in register.values())
    decided = {row["unit_id"]: date.fromisoformat(row["created"]) for row in registers[-1].values()}
    assert all(waves[0].closes < decided[unit] < waves[1].opens for unit in truth["2026-10"]["improves"])


def test_actions_are_opened_and_ended_while_the_programme_runs_and_the_last_is_overdue(demo: Files) -> None:
    registers = [table(demo[f"{wave}/actions/actions.csv"]) for wave in WAVES]
    assert [{row["action_id"]: row["status"] for row in register} for register in registers] == [
        {"T1": "open"},
        {"T1": "done", "T2": "done", "T3": "open", "T4": "open"},
        {"T1": "done", "T2": "done", "T3": "done", "T4": "dropped", "T5": "open"},
    ]
    closes = parse(demo["survey.toml"].decode()).wave("2026-10").closes.isoformat()
    assert [row["action_id"] for row in registers[-1] if row["status"] == "open" and row["due"] < closes] == ["T5"]
