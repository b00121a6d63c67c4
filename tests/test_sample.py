"""The synthetic organisation: the same bytes for the same seed, one tree, and files as the vendors write them.

That it is true about itself is checked in test_sample_truth.py, what is planted in it in test_sample_effects.py.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from sample_reading import HEADERS, Files, Read, demo_files, demo_records, exports, table, written

from pipeline.sample import WAVES
from pipeline.survey import parse


@pytest.fixture(scope="module")
def demo() -> Files:
    return demo_files()


@pytest.fixture(scope="module")
def read() -> dict[str, list[Read]]:
    return demo_records()


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
