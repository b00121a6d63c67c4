"""Colours can be told apart, in light, in dark and on paper; names that others chose do no harm; places fit."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pages import page
from release_pictures import about, organisation, parsed, tables

from pipeline import reports
from pipeline.instruments import Localised
from pipeline.organisation import Unit, tree
from pipeline.reports import pictures
from pipeline.reports.figures import Fact
from pipeline.reports.names import SAFE, inert, slugs
from pipeline.survey import Measure, Wave

COLOURS, *STYLES = (
    (files("pipeline.reports") / "templates" / f"{name}.css").read_text("utf-8")
    for name in ("colours", "style", "charts")
)
STYLE = "".join([COLOURS, *STYLES])
TEXT = ("ink", "soft", "accent", "up", "down", "same", "unsure")
DRAWN = ("accent", "interval", "parent", "focus")


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))


def themes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\n ?\s*\}", COLOURS, re.DOTALL)
    return {"light": colours(light), "dark": colours(dark)}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_standard_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "ground", "wash"])
@pytest.mark.parametrize("text", TEXT)
def test_text_stands_out_from_everything_it_stands_on(theme: str, ground: str, text: str) -> None:
    chosen = themes()[theme]
    assert contrast(chosen[text], chosen[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "wash"])
@pytest.mark.parametrize("drawn", DRAWN)
def test_what_is_drawn_stands_out_from_its_ground(theme: str, ground: str, drawn: str) -> None:
    chosen = themes()[theme]
    assert contrast(chosen[drawn], chosen[ground]) >= 3


def test_both_themes_define_the_same_colours_and_nothing_else_is_coloured() -> None:
    light, dark = themes()["light"], themes()["dark"]
    assert set(light) == set(dark) == set(re.findall(r"var\(--(\w+)\)", STYLE))
    outside = re.sub(r"--\w+: #[0-9a-f]{6};", "", STYLE)
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgb|hsl", outside)
    for name in ("charts.j2", "leader.j2", "index.j2", "page.j2"):
        assert "fill=" not in (files("pipeline.reports") / "templates" / name).read_text("utf-8")


def test_paper_is_always_light() -> None:
    assert "@media screen and (prefers-color-scheme: dark)" in STYLE
    assert STYLE.count("prefers-color-scheme") == 1


HOSTILE = [
    "<script>alert(1)</script>",
    "</title></style><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "Ledelse \u202egnulla\u202c og \u2066stab\u2069",
    "A" * 300,
    "x\u0000\u0007\ny\u2028z",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp; {name}",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_shown_as_text_and_does_nothing(name: str) -> None:
    survey = parsed()
    units = organisation()
    named = tree(replace(unit, name=name if unit.id in {"U1", "U1-01"} else unit.name) for unit in units.units)
    made = tables(survey, named)
    rows = made["actions"].to_pylist()
    made["actions"] = pa.Table.from_pylist(
        [row | {"text": name, "owner": name} for row in rows], made["actions"].schema
    )
    for path, data in reports.render(made, about(survey)).items():
        root = page(data)
        assert not [one for one in root.all() if one.tag in {"script", "img", "b"} and one.attributes]
        assert not root.all("script")
        assert not [key for one in root.all() for key in one.attributes if key.startswith("on")]
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u2028\u2029\x00-\x08]", data.decode())
        if path == "reports/U1-01/leader.html":
            assert root.all("h1")[0].text == inert(name)
            assert inert(name) in root.all("title")[0].text


@pytest.mark.parametrize(
    "unit", ["../../current.json", "U1/../x", "a b", "å", "con", "COM1", "x" * 65, "", "u-0123456789abcdef"]
)
def test_a_unit_id_that_is_no_safe_folder_name_becomes_a_hash(unit: str) -> None:
    (folder,) = slugs([unit]).values()
    assert re.fullmatch(r"u-[0-9a-f]{16}", folder)


def test_a_safe_id_is_its_own_folder_unless_another_differs_only_in_case() -> None:
    assert slugs(["U01", "U01-03", "Dept_2"]) == {"U01": "U01", "U01-03": "U01-03", "Dept_2": "Dept_2"}
    folders = slugs(["u01", "U01", "U02"])
    assert folders["U02"] == "U02"
    assert len({folder.casefold() for folder in folders.values()}) == 3


@given(st.lists(st.text(max_size=12) | st.from_regex(SAFE, fullmatch=True), unique=True, max_size=20))
@example(["u-0123456789abcdef", "a"])
def test_no_two_units_share_a_folder_and_every_folder_is_safe(units: list[str]) -> None:
    folders = slugs(units)
    assert set(folders) == set(units)
    assert len({folder.casefold() for folder in folders.values()}) == len(units)
    assert all(SAFE.fullmatch(folder) for folder in folders.values())


@given(st.text())
def test_a_name_is_one_line_of_what_can_be_seen(name: str) -> None:
    shown = inert(name)
    assert inert(shown) == shown
    assert shown == " ".join(shown.split())
    assert not re.search("[\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]", shown)


def test_a_name_of_nothing_visible_falls_back_to_the_unit_id() -> None:
    survey = parsed()
    blank = tree(
        Unit(unit.id, unit.parent, "\u200b\u202e" if unit.id == "U1" else unit.name) for unit in organisation().units
    )
    made = reports.render(tables(survey, blank), about(survey))
    assert page(made["reports/U1/leader.html"]).all("h1")[0].text == "U1"


def test_a_deep_tree_is_listed_without_end() -> None:
    survey = parsed()
    deep = tree(Unit(f"N{n}", f"N{n - 1}" if n else None, f"Nivå {n}") for n in range(40))
    assert page(reports.render(tables(survey, deep), about(survey))["reports/index.html"]).all("ul", "tree")


def fact(mean: float, half: float) -> Fact:
    return Fact(mean, 9, 12, None, None, None, max(mean - half, 0), min(mean + half, 100), None, None, None)


def wave(number: int, closes: date) -> Wave:
    return Wave(id=f"w{number}", name={"nb": "m", "en": "w"}, opens=closes, closes=closes)  # type: ignore[arg-type]  # pydantic makes it a Localised


THEME = Measure("theme", "scale", Localised(nb="Tema", en="Theme"), "theme", 0, 100)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 60)) | st.none(), min_size=2, max_size=8), st.data())
def test_every_point_of_a_trend_lies_within_its_picture_in_the_order_of_time(
    values: list[Any], data: st.DataObject
) -> None:
    days = data.draw(st.lists(st.integers(1, 400), min_size=len(values), max_size=len(values)))
    waves, day = [], date(2026, 1, 1)
    for number, gap in enumerate(days):
        day += timedelta(days=gap)
        waves.append(wave(number, day))
    facts = [fact(*one) if one else None for one in values]
    trend = pictures.trend(waves, [("theme", THEME, facts)])
    assert 0 <= trend.low < trend.high <= 100
    assert trend.high - trend.low >= 20
    (series,) = trend.series
    places = [point.at for point in series.points]
    assert places == sorted(places)
    assert places[0] == pictures.EDGE
    assert places[-1] == pytest.approx(100 - pictures.EDGE)
    assert all(one.fact and other.fact for one, other in series.steps)
    for one in filter(None, facts):
        assert one.ci_low is not None
        assert one.ci_high is not None
        assert trend.low <= one.ci_low <= one.ci_high <= trend.high
        assert 0 <= trend.down(one.ci_high) <= trend.down(one.mean) <= trend.down(one.ci_low) <= 100


@given(st.floats(-1e6, 1e6), st.floats(-100, 100), st.floats(0.1, 200))
def test_a_place_is_within_the_picture(value: float, low: float, width: float) -> None:
    assert 0 <= pictures.place(value, low, low + width) <= 100
    assert pictures.place(low, low, low + width) == 0
