"""Instruments: the open pulse that is shipped, and what a definition may not say."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipeline import instruments
from pipeline.errors import SurveyInvalid
from pipeline.instruments import Instrument, Localised

PULSE = instruments.builtin("open-pulse")
IDENTIFIER = r"[a-z][a-z0-9_]{0,39}"


def definition(scale: str = "", item: str = 'item = [{id = "a"}]', top: str = "") -> str:
    """A definition in which nothing is wrong, but for what is added."""
    return f"""
id = "tiny"
version = "1"
title = {{nb = "Liten", en = "Tiny"}}
source = "our own"
licence = "Apache-2.0"
{top}
[[scale]]
id = "safety"
name = {{nb = "Trygghet", en = "Safety"}}
low = 1
high = 5
{item}
{scale}
"""


def refusal(text: str) -> str:
    """The words with which a definition is refused."""
    with pytest.raises(SurveyInvalid) as refused:
        instruments.parse(text, "tiny.toml")
    return str(refused.value)


# ---- the open pulse


def test_it_asks_about_the_six_conditions_and_whether_one_would_recommend_the_workplace() -> None:
    assert [(scale.id, scale.name.nb, scale.score) for scale in PULSE.scale] == [
        ("safety", "Trygghet", "points"),
        ("collaboration", "Samarbeid", "points"),
        ("communication", "Kommunikasjon", "points"),
        ("clarity", "Tydelighet", "points"),
        ("workload", "Arbeidsmengde i balanse", "points"),
        ("support", "Støtte", "points"),
        ("enps", "Anbefaling (eNPS)", "nps"),
    ]


def test_each_condition_has_as_many_questions_on_the_same_five_answers() -> None:
    points = [scale for scale in PULSE.scale if scale.score == "points"]
    assert len({len(scale.item) for scale in points}) == 1
    assert {(scale.low, scale.high, scale.option) for scale in points} == {(1, 5, points[0].option)}
    assert [(option.value, option.name.nb, option.name.en) for option in points[0].option] == [
        (1, "Helt uenig", "Strongly disagree"),
        (2, "Uenig", "Disagree"),
        (3, "Verken enig eller uenig", "Neither agree nor disagree"),
        (4, "Enig", "Agree"),
        (5, "Helt enig", "Strongly agree"),
    ]


def test_whoever_agrees_with_everything_is_noticed() -> None:
    """Two questions and more are turned round, in different scales, and each of those has one that is not."""
    turned = [(scale.id, item.id) for scale in PULSE.scale for item in scale.item if item.reverse]
    assert len({scale for scale, _ in turned}) >= 2
    assert all(any(not item.reverse for item in scale.item) for scale in PULSE.scale)


def test_every_question_is_worded_in_both_languages_and_no_wording_stands_twice() -> None:
    texts = [item.text for scale in PULSE.scale for item in scale.item]
    assert all(isinstance(text, Localised) and text.nb.strip() and text.en.strip() for text in texts)
    for language in ("nb", "en"):
        worded = [text.text(language) for text in texts if text]
        assert len(set(worded)) == len(worded)
        assert not [text for text in worded if not re.fullmatch(r"[A-ZÆØÅ][^.?!]*[.?]", text)]  # one sentence


def test_a_single_question_about_two_things_is_not_asked() -> None:
    """What cannot be agreed with by halves: no `og/eller`, no `and/or`, no double negation."""
    worded = [
        text for scale in PULSE.scale for item in scale.item if item.text for text in (item.text.nb, item.text.en)
    ]
    assert not [text for text in worded if re.search(r"og/eller|and/or|\bikke\b.*\bikke\b|\bnot\b.*\bnot\b", text)]


def test_what_is_shipped_says_where_it_comes_from_and_what_one_may_do_with_it() -> None:
    folder = files("pipeline.instruments")
    shipped = [entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")]
    assert "open-pulse" in shipped
    for name in shipped:
        instrument = instruments.builtin(name)
        assert instrument.id == name
        assert instrument.source
        assert instrument.licence


def test_an_instrument_that_is_not_shipped_is_refused_with_those_that_are() -> None:
    with pytest.raises(SurveyInvalid, match=r"no built-in instrument 'closed-pulse'; there are: .*open-pulse"):
        instruments.builtin("closed-pulse")


# ---- what a definition may not say


def test_a_definition_that_says_only_what_scoring_needs_is_enough() -> None:
    (scale,) = instruments.parse(definition(), "tiny.toml").scale
    assert (scale.score, scale.answered_at_least, scale.option) == ("points", 0.5, ())
    assert [(item.id, item.text, item.reverse) for item in scale.item] == [("a", None, False)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (definition(top="colour = 1"), r"tiny\.toml: colour: Extra inputs are not permitted"),
        (definition("colour = 1"), r"tiny\.toml: scale\.0\.colour: Extra"),
        (definition(item='item = [{id = "a", colour = 1}]'), r"scale\.0\.item\.0\.colour: Extra"),
        (definition("answered_at_least = 0"), r"scale\.0\.answered_at_least: .*greater than 0"),
        (definition("answered_at_least = 1.01"), r"scale\.0\.answered_at_least: .*less than or equal to 1"),
        (definition('score = "sum"'), r"scale\.0\.score: .*'points' or 'nps'"),
        (definition(item="item = []"), r"scale\.0\.item: .*at least 1"),
        (definition(item='item = [{id = "Q1"}]'), r"scale\.0\.item\.0\.id: .*match pattern"),
        (definition(item='item = [{id = "a", text = {nb = "Hei"}}]'), r"scale\.0\.item\.0\.text\.en: Field required"),
        (definition(item='item = [{id = "a", text = {nb = "", en = "", sv = ""}}]'), r"text\.sv: Extra"),
        (definition('option = [{value = 1, name = {nb = "x", en = "x"}, v = 1}]'), r"scale\.0\.option\.0\.v: Extra"),
        (definition(item='item = [{id = "a"}, {id = "a"}]'), r"tiny\.toml: file: .*named more than once: a"),
        (definition(item='item = [{id = "safety"}]'), r"named more than once: safety"),
        (definition().replace("high = 5", "high = 1"), r"scale\.0: .*scale safety: low must be less than high"),
        (definition('score = "nps"'), r"scale\.0: .*scale safety: a net promoter score has one item on 0\.\.10"),
        (definition().replace('id = "tiny"', 'id = "Tiny"'), r"tiny\.toml: id: .*match pattern"),
        (definition().replace('licence = "Apache-2.0"', ""), r"tiny\.toml: licence: Field required"),
        (definition().replace("low = 1", 'low = "one"'), r"scale\.0\.low: .*valid integer"),
        ("scale = [", r"tiny\.toml: Invalid value \(at end of document\)"),
        ("", r"(?m)^tiny\.toml: id: Field required$"),
    ],
)
def test_a_mistake_is_one_line_that_names_the_key(text: str, line: str) -> None:
    assert re.search(line, refusal(text))


def test_several_mistakes_are_told_at_once_a_line_each() -> None:
    lines = refusal(definition("answered_at_least = 0\ncolour = 1", top="shape = 1")).splitlines()
    assert [line.split(": ")[:2] for line in sorted(lines)] == [
        ["tiny.toml", "scale.0.answered_at_least"],
        ["tiny.toml", "scale.0.colour"],
        ["tiny.toml", "shape"],
    ]


def test_a_net_promoter_score_is_one_question_on_0_to_10() -> None:
    nps = definition('score = "nps"').replace("low = 1\nhigh = 5", "low = 0\nhigh = 10")
    assert instruments.parse(nps, "tiny.toml").scale[0].score == "nps"
    assert "one item on 0..10" in refusal(nps.replace("[{", '[{id = "b"}, {'))


@pytest.mark.parametrize(("first", "second", "right"), [(1, 5, True), (1, 1, False), (0, 5, False), (1, 6, False)])
def test_options_are_different_and_within_the_range(first: int, second: int, right: bool) -> None:  # noqa: FBT001 - a column of the picture
    options = ", ".join(f'{{value = {value}, name = {{nb = "x", en = "x"}}}}' for value in (first, second))
    text = definition(f"option = [{options}]")
    if right:
        assert [option.value for option in instruments.parse(text, "tiny.toml").scale[0].option] == [1, 5]
    else:
        assert "options must be different and within 1..5" in refusal(text)


def test_nothing_changes_once_it_is_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        PULSE.version = "2"


names = st.from_regex(IDENTIFIER, fullmatch=True)


@given(names, st.lists(names, min_size=1, max_size=6), st.integers(-9, 9), st.integers(-9, 9))
def test_every_name_is_used_once_and_every_range_goes_up(scale: str, items: list[str], low: int, high: int) -> None:
    said: dict[str, Any] = {
        **PULSE.model_dump(exclude={"scale"}),
        "scale": [{"id": scale, "name": {"nb": "x", "en": "x"}, "low": low, "high": high}],
    }
    said["scale"][0]["item"] = [{"id": item} for item in items]
    fine = low < high and len({scale, *items}) == len(items) + 1
    if fine:
        assert [item.id for item in Instrument.model_validate(said).scale[0].item] == items
    else:
        with pytest.raises(ValueError, match=r"named more than once|low must be less than high"):
            Instrument.model_validate(said)


KEYS = [
    ("title",),
    ("scale", 0),
    ("scale", 0, "name"),
    ("scale", 3, "item", 1),
    ("scale", 3, "item", 1, "text"),
    ("scale", 5, "option", 4),
    ("scale", 5, "option", 4, "name"),
    (),
]  # fmt: skip - where a key may be added, on as few lines as can be read


@given(st.sampled_from(KEYS), st.from_regex(r"x_[a-z0-9_]{1,9}", fullmatch=True))
def test_an_unknown_key_anywhere_is_refused_by_its_path(path: tuple[str | int, ...], key: str) -> None:
    said: Any = tomllib.loads((files("pipeline.instruments") / "open-pulse.toml").read_text("utf-8"))
    part = said
    for step in path:
        part = part[step]
    part[key] = 1
    with pytest.raises(ValidationError) as refused:
        Instrument.model_validate(said)
    named = ".".join(map(str, (*path, key)))
    assert instruments.explain(refused.value, "f") == f"f: {named}: Extra inputs are not permitted"
