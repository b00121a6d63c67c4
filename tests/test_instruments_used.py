"""How a survey uses an instrument: mistakes in its columns, other codes in its exports, and forms filled in."""

from __future__ import annotations

import pytest
import waves

from pipeline import survey
from pipeline.commands.instruments import snippet
from pipeline.errors import SurveyInvalid
from pipeline.exports import answers
from pipeline.exports.sheet import Sheet
from pipeline.instruments import builtin

ALONE = waves.ROSTER.split("[[instrument]]")[0]
WAVE = "[[wave]]" + waves.ROSTER.split("[[wave]]", 1)[1]
WHO = "\n".join(f'"W{n}" = "who5_{n}"' for n in range(1, 6))
GRIP = '[[instrument.scale]]\nid = "area_1"\nlow = 1\nhigh = 5\nitem = [{ id = "g1" }, { id = "g2", reverse = true }]'


def used(definition: str, columns: str, more: str = "", after: str = "") -> survey.Survey:
    """A survey of one instrument."""
    said = f'[[instrument]]\ndefinition = "{definition}"\n{more}\n[instrument.columns]\n{columns}\n{after}'
    return survey.parse(f"{ALONE}\n{said}\n{WAVE}")


def refusal(definition: str, columns: str, more: str = "", after: str = "") -> str:
    with pytest.raises(SurveyInvalid) as refused:
        used(definition, columns, more, after)
    return str(refused.value)


def test_a_forgotten_item_is_named_and_so_is_the_one_that_has_its_column() -> None:
    said = refusal("who-5", WHO.replace('"who5_2"', '"who5_3"'))
    assert said == (
        "survey.toml: no column holds item 'who5_2' of who-5; 'who5_3' has several: 'W2', 'W3'; "
        "is one of them meant for it?"
    )
    assert refusal("who-5", WHO.replace('"W2" = "who5_2"', "")) == "survey.toml: no column holds item 'who5_2' of who-5"


def test_an_item_that_there_is_not_is_named_with_the_nearest_there_is() -> None:
    said = refusal("who-5", f'{WHO}\n"W6" = "wh5_5"')
    assert said == "survey.toml: instrument who-5 has no item 'wh5_5'; is 'who5_5' meant?"


def test_a_heading_in_two_instruments_has_two_meanings() -> None:
    other = '[[instrument]]\ndefinition = "enps"\ncolumns = { W1 = "recommend" }'
    assert refusal("who-5", WHO, after=other) == "survey.toml: column 'W1' is given two meanings"


def test_two_tools_may_name_one_item() -> None:
    assert used("who-5", f'{WHO}\n"G1[1]" = "who5_1"').columns["G1[1]"] == "who5_1"


@pytest.mark.parametrize(
    ("codes", "cell", "answer"),
    [
        ("[1, 2, 3, 4, 5, 6]", "6", 5),
        ("[1, 2, 3, 4, 5, 6]", "0", answers.OUT_OF_RANGE),
        ("[100, 80, 60, 40, 20, 0]", "100", 0),
    ],
)
def test_an_export_may_hold_other_numbers_than_the_definition(codes: str, cell: str, answer: object) -> None:
    scale = used("who-5", WHO, f"codes = {codes}").scales[0]
    sheet = Sheet.__new__(Sheet)
    object.__setattr__(sheet, "format", "csv")
    object.__setattr__(sheet, "dialect", type("Dialect", (), {"decimal": "."}))
    assert answers.reader(scale, sheet)(cell) == answer


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("codes = [1, 2, 3]", "codes of who-5 holds 3 numbers, and none of its scales has as many answers"),
        ("codes = [1, 1, 2, 3, 4, 5]", "codes of who-5 holds a number twice"),
    ],
)
def test_codes_that_fit_no_answers_are_refused(more: str, words: str) -> None:
    assert words in refusal("who-5", WHO, more)


def test_a_reason_for_health_where_nothing_is_asked_about_it_is_refused() -> None:
    why = 'unit_level = "Agreed with everybody who has to agree"'
    assert "enps asks nothing about health" in refusal("enps", 'R = "recommend"', why)


def test_a_form_is_filled_in_by_the_survey_file() -> None:
    (scale,) = used("grip", 'A = "g1"\nB = "g2"', after=GRIP).scales
    assert (scale.id, scale.name.en, [(one.id, one.reverse) for one in scale.item]) == (
        "area_1",
        "Behaviour area 1",
        [("g1", False), ("g2", True)],
    )
    named = GRIP.replace("low = 1", 'name = { nb = "Mot", en = "Courage" }\nlow = 1')
    assert used("grip", 'A = "g1"\nB = "g2"', after=named).scales[0].name.en == "Courage"


@pytest.mark.parametrize(
    ("after", "words"),
    [
        ("", "grip is a form: an [[instrument.scale]] for each of its themes"),
        (GRIP.replace("area_1", "area_10"), "grip has no theme 'area_10'; there are: safety, collaboration"),
        (GRIP.replace("high = 5", "high = 1"), "scale area_1: low must be less than high"),
        (f"{GRIP}\n{GRIP}", "named more than once: area_1, g1, g2"),
    ],
)
def test_a_form_that_is_filled_in_wrongly_is_refused(after: str, words: str) -> None:
    assert words in refusal("grip", 'A = "g1"\nB = "g2"', after=after)


def test_scales_are_for_forms_alone() -> None:
    assert "who-5 has its own scales" in refusal("who-5", WHO, after=GRIP)


def test_what_is_private_is_known_and_has_no_item_and_no_measure() -> None:
    enps = snippet(builtin("enps"))
    asked = used("myneeds", 'N = "need_variation"', after=enps)
    assert (asked.unread, list(asked.items), list(asked.columns)) == ({"N"}, ["recommend"], ["recommend"])
    assert [one.id for one in asked.measures] == ["enps", "response_rate"]
    assert [one.id for one in asked.instruments] == ["enps"]


@pytest.mark.parametrize(
    ("columns", "more", "words"),
    [
        ('N = "need_variation"', "", "every instrument is private; its owner adds one that is counted"),
        ('N = "need_variety"', "", "instrument myneeds has no item 'need_variety'; is 'need_variation' meant?"),
        ('N = "need_variation"', "codes = [1, 2]", "myneeds is private and never read, so that codes says nothing"),
    ],
)
def test_what_is_wrong_with_a_private_instrument(columns: str, more: str, words: str) -> None:
    assert words in refusal("myneeds", columns, more)
