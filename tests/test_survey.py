"""What a survey file says: its measures, tables, categories and waves, and those of the demo and the examples."""

from __future__ import annotations

import re
import tomllib
from copy import deepcopy
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from tiny_survey import INSTRUMENT, PER_UNIT, SURVEY, tiny

from pipeline import survey as surveys
from pipeline.errors import SurveyInvalid
from pipeline.survey import SurveyFile

EXAMPLES = Path(str(files("examples")))
DEMO = surveys.parse((EXAMPLES / "demo" / "survey.toml").read_text("utf-8"))
VENDORS = (r"Q\d+(_\d+)?", r"G\d+Q\d+(\[SQ\d+\])?", r"[A-ZÆØÅ][a-zæøå ]+( \d)?")  # Qualtrics, LimeSurvey, Excel


# ---- the demo


def test_each_vendors_export_holds_every_item_of_the_demo_once() -> None:
    for vendor in VENDORS:
        held = [item for heading, item in DEMO.columns.items() if re.fullmatch(vendor, heading)]
        assert sorted(held) == sorted(DEMO.items)
    assert len(DEMO.columns) == len(VENDORS) * len(DEMO.items)


def test_the_demo_is_a_monthly_pulse_whose_waves_stand_a_month_apart() -> None:
    assert DEMO.file.rhythm is not None
    assert DEMO.file.rhythm.every == "month"
    assert [wave.id for wave in DEMO.file.wave] == ["2026-08", "2026-09", "2026-10"]
    assert all(wave.id == f"{wave.opens:%Y-%m}" == f"{wave.closes:%Y-%m}" for wave in DEMO.file.wave)


def test_the_demo_answers_for_the_law_only_what_it_asks() -> None:
    assert set(DEMO.file.law) == {scale.id for scale in DEMO.scales} - {"enps"}
    assert DEMO.file.law["clarity"] == "unclear_or_conflicting_demands"
    assert DEMO.file.law["workload"] == "workload_and_time_pressure"
    assert DEMO.file.law["support"] == "support_and_help"


@pytest.mark.parametrize("name", sorted(one.parent.name for one in EXAMPLES.glob("*/survey.toml")))
def test_every_example_can_be_read_under_the_name_of_its_folder(name: str) -> None:
    folder = EXAMPLES / name
    beside = {one.name: one.read_text("utf-8") for one in folder.glob("*.toml") if one.name != "survey.toml"}
    assert surveys.parse((folder / "survey.toml").read_text("utf-8"), beside).id == name


# ---- what a survey says


def test_measures_are_scales_and_indexes_then_items_then_the_rate() -> None:
    assert [(one.id, one.kind, one.scale, one.low, one.high) for one in tiny().measures] == [
        ("safety", "scale", "safety", 0, 100),
        ("enps", "index", "enps", -100, 100),
        ("safe_1", "item", "safety", 1, 5),
        ("safe_2", "item", "safety", 1, 5),
        ("response_rate", "rate", None, 0, 100),
    ]


def test_an_item_without_wording_goes_by_its_id() -> None:
    assert {one.name.nb for one in tiny().measures if one.kind == "item"} == {"safe_1", "safe_2"}


def test_without_a_people_file_nobody_was_invited_so_there_is_no_rate() -> None:
    assert [one.kind for one in tiny(PER_UNIT).measures] == ["scale", "index", "item", "item"]


def test_tables_are_cut_by_nothing_then_by_each_segment_then_by_those_that_are_crossed() -> None:
    assert tiny().groupings == ((), ("gender",))
    crossed = deepcopy(tomllib.loads((EXAMPLES / "demo" / "survey.toml").read_text("utf-8")))
    crossed["table"] = [{"segments": ["gender", "age"]}]
    file = SurveyFile.model_validate(crossed)
    assert surveys.Survey(file, (), "").groupings[-2:] == (("tenure",), ("gender", "age"))


def test_a_category_is_found_by_its_id_and_by_its_spellings_and_by_nothing_else() -> None:
    assert tiny().file.segment[0].categories() == {"f": "f", "Kvinne": "f", "m": "m", "Mann": "m"}


def test_a_wave_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    assert tiny().wave("w2").opens == date(2026, 9, 1)
    with pytest.raises(SurveyInvalid, match=r"survey tiny has no wave 'w3'; there are: w1, w2\. Its owner adds"):
        tiny().wave("w3")


def test_the_digest_covers_the_instrument_and_not_only_the_file_that_names_it() -> None:
    same = surveys.parse(SURVEY, {"tiny.toml": INSTRUMENT}).sha256
    assert tiny().sha256 == same
    assert surveys.parse(SURVEY, {"tiny.toml": INSTRUMENT.replace(", reverse = true", "")}).sha256 != same
    assert tiny(SURVEY + "# a remark").sha256 != same


def test_a_definition_beside_the_survey_file_goes_before_one_that_is_shipped() -> None:
    text = SURVEY.replace('definition = "tiny.toml"', 'definition = "open-pulse"')
    assert surveys.parse(text, {"open-pulse": INSTRUMENT}).instruments[0].id == "tiny"
    with pytest.raises(SurveyInvalid, match="instrument open-pulse has no item 'safe_1'"):
        surveys.parse(text)
