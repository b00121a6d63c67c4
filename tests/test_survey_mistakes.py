"""A survey file is closed, and checked against its instruments; every mistake is one line that names the key."""

from __future__ import annotations

import re
import tomllib
from copy import deepcopy
from datetime import date, timedelta
from importlib.resources import files
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


def refusal(text: str, instrument: str = INSTRUMENT) -> list[str]:
    """The lines with which a survey file is refused."""
    with pytest.raises(SurveyInvalid) as refused:
        surveys.parse(text, {"tiny.toml": instrument})
    return str(refused.value).splitlines()


def told(line: str, lines: list[str]) -> bool:
    """Whether one of the lines says so, from the file's name on."""
    return any(re.search(rf"^survey\.toml: {line}", one) for one in lines)


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


def test_once_per_unit_needs_the_column_that_says_which_unit() -> None:
    (line,) = refusal(PER_UNIT.replace('unit = "team"\n', ""))
    assert line.startswith('survey.toml: respondent.once_per = "unit" needs respondent.unit, ')
    assert "the survey's owner adds it" in line
    assert tiny(PER_UNIT).file.respondent.once_per == "unit"


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

FULL: dict[str, Any] = tomllib.loads((files("examples") / "demo" / "survey.toml").read_text("utf-8"))
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
    "pdf",
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
