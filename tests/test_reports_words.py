"""The languages say the same things, every text is used, and numbers look as people write them."""

from __future__ import annotations

import string
import tomllib
from dataclasses import replace
from datetime import date
from importlib.resources import files
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from release_pictures import LAW, about, organisation, parsed, tables

from pipeline import reports
from pipeline.reports import words as locale
from pipeline.reports.followup import later
from pipeline.reports.words import Words, within_sentence
from pipeline.survey import Measure, Survey

NB, EN = Words("nb"), Words("en")
LANGUAGES = ("nb", "en")


def texts(language: str) -> dict[str, Any]:
    found = tomllib.loads((files("pipeline.reports") / "locales" / f"{language}.toml").read_text("utf-8"))
    return {f"{section}.{key}": text for section, keys in found.items() for key, text in keys.items()}


def places(text: str | list[str]) -> set[str]:
    parts = [text] if isinstance(text, str) else text
    return {name for part in parts for _, name, _, _ in string.Formatter().parse(part) if name is not None}


def test_both_languages_have_the_same_keys_with_the_same_places_and_nothing_is_empty() -> None:
    nb, en = texts("nb"), texts("en")
    assert list(nb) == list(en)
    for key, text in nb.items():
        assert text
        assert en[key]
        assert type(text) is type(en[key])
        assert places(text) == places(en[key]), key
        assert isinstance(text, str) or len(text) == len(en[key])


def demanding(survey: Survey) -> Survey:
    """The survey with a first theme of which a high score is bad."""
    (pulse,) = survey.instruments
    first = pulse.scale[0].model_copy(update={"direction": "high_is_bad"})
    return replace(survey, instruments=(pulse.model_copy(update={"scale": (first, *pulse.scale[1:])}),))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_used(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    asked: set[str] = set()

    class Heard(dict[str, Any]):
        def __getitem__(self, key: str) -> object:
            asked.add(key)
            return super().__getitem__(key)

        def get(self, key: str, default: object = None) -> object:
            if key in self:
                asked.add(key)
            return super().get(key, default)

    heard = {one: Heard(texts(one)) for one in LANGUAGES}
    monkeypatch.setattr(locale, "_locale", heard.__getitem__)
    tree, survey = organisation(), parsed(languages=f'["{language}"]')
    whole = tables(survey, tree)
    pages = reports.render(whole, about(demanding(survey)))
    assert list(reports.printed({path: pages[path] for path in ("reports/U/leader.html",)}, survey, "2026-10"))
    for weakest in ("safety", "collaboration", "communication", "clarity", "workload", "support"):
        reports.render(lowered(whole, weakest), about(survey))
    reports.render(told(whole, "measure", "safety", "verdict", "same", only="2026-10"), about(survey))
    reports.render(told(whole, "measure", "safety", "verdict", "down", only="2026-10"), about(survey))
    reports.render(told(whole, "kind", "scale", "verdict", "down"), about(survey))
    reports.render(told(whole, "kind", "scale", "verdict", "unsure"), about(survey))
    reports.render(told(whole, "wave", "2026-09", "status", "C"), about(survey))
    reports.render(told(whole, "segment", "gender", "status", "C", also="age"), about(survey))
    reports.render(told(whole, "measure", "clarity", "status", "C"), about(survey))
    reports.render(told(whole, "status", "C", "status", "N"), about(survey))
    no_men = whole["facts"].filter(pc.not_equal(whole["facts"]["category"], "m"))
    reports.render(whole | {"facts": no_men}, about(survey))
    reports.render(told(whole, "kind", "scale", "status", "C", spare="safety"), about(survey))
    reports.render(told(whole, "kind", "scale", "status", "C"), about(survey))
    reports.render(unnamed(whole, "U1"), about(survey))
    for wave in ("2026-08", "2026-09"):
        reports.render(tables(survey, tree, (wave,)), about(survey, (wave,)))
    bare = parsed(languages=f'["{language}"]', roster=False, rhythm=False, law=False)
    reports.render(tables(bare, tree), about(bare))
    # The factors that no scale of this survey sheds light on are still in the act.
    assert {f"law.{factor}" for factor in LAW.values()} <= asked
    assert set(texts(language)) - asked == set()


def told(whole: dict[str, pa.Table], column: str, value: str, what: str, text: str, **but: str) -> dict[str, pa.Table]:
    """The tables with another status or verdict where `column` has this value."""
    table = whole["facts"]
    chosen = pc.or_(pc.equal(table[column], value), pc.equal(table[column], but.get("also", value)))
    if "only" in but:
        chosen = pc.and_(chosen, pc.equal(table["wave"], but["only"]))
    if "spare" in but:
        chosen = pc.and_(chosen, pc.not_equal(table["measure"], but["spare"]))
    chosen = pc.and_(chosen, pc.is_valid(table[what]))
    changed = pc.if_else(chosen, text, table[what])
    return whole | {"facts": table.set_column(table.schema.get_field_index(what), what, changed)}


def lowered(whole: dict[str, pa.Table], measure: str) -> dict[str, pa.Table]:
    """The tables with this theme far below the others."""
    table = whole["facts"]
    changed = pc.if_else(pc.and_(pc.equal(table["measure"], measure), pc.is_valid(table["mean"])), 5.0, table["mean"])
    return whole | {"facts": table.set_column(table.schema.get_field_index("mean"), "mean", changed)}


def unnamed(whole: dict[str, pa.Table], unit: str) -> dict[str, pa.Table]:
    """The tables without anything about this unit as a whole."""
    made = told(whole, "unit", unit, "status", "C")
    units = made["units"].to_pylist()
    for row in units:
        row["name"] = None if row["unit"] == unit else row["name"]
    return made | {"units": pa.Table.from_pylist(units, made["units"].schema)}


@pytest.mark.parametrize(
    ("value", "decimals", "nb", "en"),
    [
        (63.9, 1, "63,9", "63.9"),
        (64, 1, "64,0", "64.0"),
        (-0.04, 1, "0,0", "0.0"),
        (-2, 0, "−2", "−2"),
        (9999, 0, "9999", "9999"),
        (73421, 0, "73\N{NO-BREAK SPACE}421", "73,421"),
        (-1234567.8, 1, "−1\N{NO-BREAK SPACE}234\N{NO-BREAK SPACE}567,8", "−1,234,567.8"),
        (3.456, 2, "3,46", "3.46"),
    ],
)
def test_numbers_have_the_decimal_sign_of_the_language(value: float, decimals: int, nb: str, en: str) -> None:
    assert (NB.number(value, decimals), EN.number(value, decimals)) == (nb, en)


def test_each_kind_of_measure_is_written_as_precisely_as_it_is_published() -> None:
    def measure(kind: Literal["item", "scale", "index", "rate"]) -> Measure:
        return Measure("m", kind, parsed().measures[0].name, None, 0, 100)

    assert NB.value(measure("scale"), 63.9) == "63,9"
    assert NB.value(measure("item"), 3.5) == "3,50"
    assert NB.value(measure("index"), 12) == "+12"
    assert NB.value(measure("index"), 0) == "0"
    assert NB.value(measure("rate"), 74) == "74\N{NO-BREAK SPACE}%"
    assert EN.value(measure("rate"), 74) == "74%"
    assert NB.change(measure("scale"), -4) == "−4,0"
    assert NB.change(measure("scale"), 0.04) == "0,0"
    assert NB.share(0.585) == "58\N{NO-BREAK SPACE}%"


@given(st.floats(-1000, 1000), st.integers(0, 2))
def test_a_written_number_reads_back_as_what_was_published(value: float, decimals: int) -> None:
    for words in (NB, EN):
        text = words.signed(value, decimals)
        back = float(text.replace("−", "-").replace(",", "."))
        assert back == pytest.approx(value, abs=0.5 * 10**-decimals + 1e-9)
        assert text[0] in "+−" if back else text[0] == "0"


def test_dates_and_periods_are_written_out() -> None:
    day = date(2026, 11, 24)
    assert (NB.date(day), EN.date(day)) == ("24. november 2026", "24 November 2026")
    assert NB.period(date(2026, 10, 1), date(2026, 10, 14)) == "1.–14. oktober 2026"
    assert EN.period(date(2026, 10, 1), date(2026, 10, 14)) == "1–14 October 2026"
    assert NB.period(date(2026, 10, 26), date(2026, 11, 6)) == "26. oktober – 6. november 2026"
    assert EN.period(date(2026, 12, 28), date(2027, 1, 8)) == "28 December 2026 – 8 January 2027"
    assert NB.period(day, day) == "24. november 2026"


def test_names_are_listed_and_lose_their_capital_within_a_sentence() -> None:
    assert NB.listed(["trygghet"]) == "trygghet"
    assert NB.listed(["trygghet", "samarbeid", "støtte"]) == "trygghet, samarbeid og støtte"
    assert EN.listed(["safety", "support"]) == "safety and support"
    assert [within_sentence(one) for one in ("Trygghet", "HMS", "eNPS", "Åpenhet", "")] == [
        "trygghet",
        "HMS",
        "eNPS",
        "åpenhet",
        "",
    ]


def test_a_key_or_a_place_that_is_missing_is_an_error_and_not_a_hole_in_a_page() -> None:
    with pytest.raises(KeyError):
        NB("lead.nothing")
    with pytest.raises(KeyError):
        NB("lead.up")


@pytest.mark.parametrize(
    ("day", "every", "then"),
    [
        (date(2026, 1, 31), "month", date(2026, 2, 28)),
        (date(2026, 11, 30), "quarter", date(2027, 2, 28)),
        (date(2026, 8, 17), "half-year", date(2027, 2, 17)),
        (date(2024, 2, 29), "year", date(2025, 2, 28)),
        (date(2026, 12, 28), "week", date(2027, 1, 4)),
        (date(2026, 12, 28), "fortnight", date(2027, 1, 11)),
    ],
)
def test_a_rhythm_leads_to_the_same_day_of_the_next_period(day: date, every: str, then: date) -> None:
    assert later(day, every) == then


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(["month", "quarter", "half-year", "year"]))
def test_a_rhythm_never_skips_a_month(day: date, every: str) -> None:
    then = later(day, every)
    months = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}[every]
    assert (then.year - day.year) * 12 + then.month - day.month == months
    assert then.day <= day.day
