"""The survey file: closed, and checked against its instruments; every mistake is one line that names the key."""

from __future__ import annotations

import re
import tomllib
from copy import deepcopy
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tiny_survey import INSTRUMENT, PER_UNIT, SURVEY, tiny

from pipeline import instruments
from pipeline import survey as surveys
from pipeline.errors import SurveyInvalid
from pipeline.survey import RESERVED, Segment, SurveyFile, Wave

EXAMPLES = Path(str(files("examples")))
DEMO = surveys.parse((EXAMPLES / "demo" / "survey.toml").read_text("utf-8"))
VENDORS = (r"Q\d+(_\d+)?", r"G\d+Q\d+(\[SQ\d+\])?", r"[A-ZÆØÅ][a-zæøå ]+( \d)?")  # Qualtrics, LimeSurvey, Excel


def refusal(text: str, instrument: str = INSTRUMENT) -> list[str]:
    """The lines with which a survey file is refused."""
    with pytest.raises(SurveyInvalid) as refused:
        surveys.parse(text, {"tiny.toml": instrument})
    return str(refused.value).splitlines()


def told(line: str, lines: list[str]) -> bool:
    """Whether one of the lines says so, from the file's name on."""
    return any(re.search(rf"^survey\.toml: {line}", one) for one in lines)


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
    assert any("instrument open-pulse has no item 'safe_1'" in line for line in refusal(text))


# ---- one mistake, one line

SWAPS = [
    # what stood there, what stands there now, the line
    ('id = "tiny"', 'id = "Tiny Survey"', r"id: .*match pattern"),
    ('id = "tiny"', "", r"id: Field required"),
    ('languages = ["nb", "en"]', 'languages = ["sv"]', r"languages\.0: .*'nb' or 'en'"),
    ('languages = ["nb", "en"]', "languages = []", r"languages: .*at least 1"),
    ('title = {nb = "Liten", en = "Tiny"}', 'title = {nb = "Liten"}', r"title\.en: Field required"),
    ('organisation = "Fjord"', "organisation = 7", r"organisation: .*valid string"),
    ("mean = 5", "mean = 2", r"minimum_group_size\.mean: .*greater than or equal to 3"),
    ("mean = 5", "means = 5", r"minimum_group_size\.means: Extra"),
    ("distribution = 10", "distribution = 4", r"minimum_group_size: .*distribution must be at least mean"),
    ("distribution = 10", 'distribution = "ten"', r"minimum_group_size\.distribution: .*valid integer"),
    ('columns = ["person"', 'columns = [["person"]', r"respondent\.columns\.0: .*valid string"),
    ('["person", "ExternalReference", "token", "Ansatt"]', "[]", r"respondent\.columns: .*at least 1"),
    ('ignored = ["comment"]', 'ignore = ["comment"]', r"respondent\.ignore: Extra"),
    ('ignored = ["comment"]', 'once_per = "day"', r"respondent\.once_per: .*'wave' or 'unit'"),
    ('id = "gender"', 'id = "Gender"', r"segment\.0\.id: .*match pattern"),
    ('id = "gender"', 'id = "respondent"', r"'respondent' is a name of our own tables"),
    ('column = "kjonn"', "", r"segment\.0\.column: Field required"),
    ('values = ["Mann"]', 'values = ["Kvinne"]', r"segment\.0: .*segment gender: a value may belong to one category"),
    ('values = ["Mann"]', 'values = ["all"]', r"segment\.0: .*none is called 'all'"),
    ('id = "m"', 'id = "f"', r"segment\.0: .*a value may belong to one category"),
    ('id = "m"', 'id = "m/k"', r"segment\.0\.category\.1\.id: .*match pattern"),
    ('values = ["Mann"]', 'value = "Mann"', r"segment\.0\.category\.1\.value: Extra"),
    ('definition = "tiny.toml"', "", r"instrument\.0\.definition: Field required"),
    ('Q3 = "recommend"', 'Q3 = ""', r"instrument\.0\.columns\.Q3: .*match pattern"),
    ('Q3 = "recommend"', 'Q3 = "praise"', r"instrument tiny has no item 'praise'"),
    (', Q3 = "recommend"', "", r"no column holds item 'recommend' of tiny"),
    ('Q3 = "recommend"', 'person = "recommend"', r"column 'person' is given two meanings"),
    ('Q3 = "recommend"', 'comment = "recommend"', r"column 'comment' is given two meanings"),
    ('Q3 = "recommend"', 'sent = "recommend"', r"column 'sent' is given two meanings"),
    ('id = "w2"', 'id = "w1"', r"wave 'w1' is defined twice"),
    ("opens = 2026-09-01", "opens = 2026-10-01", r"wave\.1: .*wave w2 closes before it opens"),
    ("opens = 2026-09-01", 'opens = "soon"', r"wave\.1\.opens: .*valid date"),
    ("opens = 2026-09-01", "open = 2026-09-01", r"wave\.1\.open: Extra"),
    ("[respondent]", '[rhythm]\nevery = "day"\n[respondent]', r"rhythm\.every: Input should be"),
    (
        "[respondent]",
        '[rhythm]\nevery = "month"\npublished_within_days = 0\n[respondent]',
        r"rhythm\.published_within_days: .*greater than or equal to 1",
    ),
    ("[respondent]", '[law]\nsafety = "weather"\n[respondent]', r"law\.safety: Input should be"),
    ("[respondent]", '[law]\nsafe_1 = "harassment"\n[respondent]', r"law: there is no scale 'safe_1'"),
    ("[respondent]", '[[table]]\nsegments = ["gender"]\n[respondent]', r"table\.0\.segments: .*at least 2"),
    ("[respondent]", '[[table]]\nsegments = ["gender", "age"]\n[respondent]', r"table: there is no segment 'age'"),
    ("[respondent]", "[respondents]", r"respondents: Extra"),
    ("[respondent]", "[respondent", r".*line \d+"),
    ("[respondent]", "colour = 1\n[respondent]", r"minimum_group_size\.colour: Extra"),
]  # fmt: skip - a picture: one mistake a line


@pytest.mark.parametrize(("stood", "stands", "line"), SWAPS)
def test_a_mistake_is_one_line_that_names_the_key(stood: str, stands: str, line: str) -> None:
    assert SURVEY.count(stood) >= 1
    assert told(line, refusal(SURVEY.replace(stood, stands, 1)))


@pytest.mark.parametrize("column", ["kjonn", "team"])
def test_a_column_that_the_export_carries_may_not_also_be_an_item(column: str) -> None:
    """Only when the export carries unit and segments: a people file has headings of its own."""
    text = PER_UNIT.replace('Q3 = "recommend"', f'{column} = "recommend"')
    assert told(rf"column '{column}' is given two meanings", refusal(text))
    plain = SURVEY.replace('Q3 = "recommend"', f'{column} = "recommend"')
    assert tiny(plain).columns[column] == "recommend"


def test_two_instruments_may_not_name_the_same_item_or_scale() -> None:
    second = '\n[[instrument]]\ndefinition = "tiny.toml"\ncolumns = {R1 = "safe_1", R2 = "safe_2", R3 = "recommend"}\n'
    lines = refusal(SURVEY.replace("[[wave]]", second + "[[wave]]", 1))
    assert told("item or scale 'safe_1' is defined twice", lines)
    assert told("item or scale 'safety' is defined twice", lines)


def test_a_mistake_in_an_instrument_names_the_instruments_own_file() -> None:
    assert refusal(SURVEY, INSTRUMENT.replace("low = 1", "lowest = 1"))[0].startswith("tiny.toml: scale.0.low: ")


def test_several_mistakes_are_told_at_once_a_line_each() -> None:
    lines = refusal(SURVEY.replace("mean = 5", "mean = 1").replace('column = "kjonn"', 'columns = "kjonn"'))
    assert [line.split(": ")[1] for line in sorted(lines)] == [
        "minimum_group_size.mean",
        "segment.0.column",
        "segment.0.columns",
    ]


# ---- of whatever is written

FULL: dict[str, Any] = tomllib.loads((EXAMPLES / "demo" / "survey.toml").read_text("utf-8"))
FULL["table"] = [{"segments": ["gender", "age"]}]


def parts(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path to every table in the file whose keys are ours, not the owner's."""
    if isinstance(value, list):
        return [one for at, part in enumerate(value) for one in parts(part, (*path, at))]
    if not isinstance(value, dict) or path[-1:] in {("columns",), ("law",)}:
        return []
    return [path, *(one for key, part in value.items() for one in parts(part, (*path, key)))]


def at(value: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - whatever TOML can hold
    for step in path:
        value = value[step]
    return value


@given(st.sampled_from(parts(FULL)), st.from_regex(r"x_[a-z0-9_]{1,9}", fullmatch=True))
def test_an_unknown_key_anywhere_is_refused_by_its_path(path: tuple[str | int, ...], key: str) -> None:
    said = deepcopy(FULL)
    at(said, path)[key] = 1
    with pytest.raises(ValidationError) as refused:
        SurveyFile.model_validate(said)
    named = ".".join(map(str, (*path, key)))
    assert instruments.explain(refused.value, "f") == f"f: {named}: Extra inputs are not permitted"


MAY_BE_LEFT_OUT = {
    "minimum_group_size",
    "mean",
    "distribution",
    "segment",
    "rhythm",
    "published_within_days",
    "table",
    "law",
    "submitted",
    "ignored",
    "values",
}  # fmt: skip - the keys that have a value when nothing is said


@given(st.data())
def test_a_key_that_is_left_out_is_named_unless_it_has_a_value_of_its_own(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(parts(FULL)))
    said = deepcopy(FULL)
    key = data.draw(st.sampled_from(sorted(at(said, path))))
    del at(said, path)[key]
    if key in MAY_BE_LEFT_OUT:
        SurveyFile.model_validate(said)
        return
    with pytest.raises(ValidationError) as refused:
        SurveyFile.model_validate(said)
    named = ".".join(map(str, (*path, key)))
    assert instruments.explain(refused.value, "f") == f"f: {named}: Field required"


@given(st.integers(-5, 30), st.integers(-5, 30))
def test_nothing_under_three_is_ever_a_minimum_and_what_is_finer_needs_as_many(mean: int, distribution: int) -> None:
    text = SURVEY.replace("mean = 5", f"mean = {mean}").replace("distribution = 10", f"distribution = {distribution}")
    if 3 <= mean <= distribution:
        size = tiny(text).file.minimum_group_size
        assert (size.mean, size.distribution) == (mean, distribution)
    else:
        assert any("minimum_group_size" in line for line in refusal(text))


@given(st.sampled_from(sorted(RESERVED)))
def test_no_name_of_our_own_tables_can_be_an_item_a_scale_or_a_segment(name: str) -> None:
    line = f"{name!r} is a name of our own tables"
    assert told(line, refusal(SURVEY.replace('id = "gender"', f'id = "{name}"')))
    assert told(line, refusal(SURVEY, INSTRUMENT.replace('id = "safety"', f'id = "{name}"')))
    item = SURVEY.replace('"recommend"', f'"{name}"'), INSTRUMENT.replace('"recommend"', f'"{name}"')
    assert told(line, refusal(*item))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(-400, 400))
def test_a_wave_closes_on_the_day_it_opens_or_later(opens: date, days: int) -> None:
    said = {"id": "w", "name": {"nb": "x", "en": "x"}, "opens": opens, "closes": opens + timedelta(days=days)}
    if days >= 0:
        assert Wave.model_validate(said).opens == opens
    else:
        with pytest.raises(ValidationError, match="wave w closes before it opens"):
            Wave.model_validate(said)


spellings = st.sampled_from(["Kvinne", "Mann", "F", "M", "all", "k"])


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.lists(spellings, max_size=3, unique=True)), min_size=1, max_size=4)
)
def test_no_spelling_leads_to_two_categories(said: list[tuple[str, list[str]]]) -> None:
    given_: dict[str, Any] = {"id": "s", "name": {"nb": "x", "en": "x"}, "column": "c"}
    given_["category"] = [{"id": one, "name": {"nb": one, "en": one}, "values": values} for one, values in said]
    written = [spelling for one, values in said for spelling in (one, *values)]
    if len(set(written)) == len(written) and "all" not in written:
        assert Segment.model_validate(given_).categories() == {
            spelling: one for one, values in said for spelling in (one, *values)
        }
    else:
        with pytest.raises(ValidationError, match="a value may belong to one category"):
            Segment.model_validate(given_)
