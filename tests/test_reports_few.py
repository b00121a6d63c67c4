"""What a report says where there is little to say: one theme, no list of people, a group with nobody in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import release_pictures
from pages import Element, page
from release_pictures import about, organisation, parsed, tables

from pipeline import reports
from pipeline.organisation import Unit, tree
from pipeline.reports.names import as_people_count

if TYPE_CHECKING:
    from pipeline.survey import Survey

TREE = organisation()
TEAM = "reports/U1-01/leader.html"


def section(root: Element, heading: str) -> Element:
    return next(one for one in root.all("section") if one.all("h2") and one.all("h2")[0].text == heading)


@pytest.fixture
def one_theme(monkeypatch: pytest.MonkeyPatch) -> Survey:
    monkeypatch.setattr(release_pictures, "SCALES", {"safety": ("Trygghet", "Safety")})
    return parsed(roster=False, law=False)


def test_of_one_theme_nobody_says_that_it_is_the_weakest(one_theme: Survey) -> None:
    root = page(reports.render(tables(one_theme, TREE), about(one_theme))[TEAM])
    lead = root.all("p", "lead")[0].text
    assert "Snakk om trygghet: skåren er " in lead
    assert "lavest" not in lead
    assert "Sterkest og svakest" not in [one.text for one in root.all("h2")]


def test_a_theme_that_is_alone_in_being_shown_is_not_the_weakest_either() -> None:
    survey = parsed()
    made = tables(survey, TREE)
    facts = made["facts"]
    others = pc.and_(pc.equal(facts["kind"], "scale"), pc.not_equal(facts["measure"], "safety"))
    changed = facts.set_column(facts.schema.get_field_index("status"), "status", pc.if_else(others, "C", "F"))
    root = page(reports.render(made | {"facts": changed.filter(pc.is_valid(facts["mean"]))}, about(survey))[TEAM])
    assert "lavest" not in root.all("p", "lead")[0].text
    assert "Bare ett tema kan vises" in section(root, "Sterkest og svakest").text


def test_without_a_list_of_people_the_number_of_answers_is_told(one_theme: Survey) -> None:
    made = tables(one_theme, TREE)
    facts = made["facts"]
    many = pc.if_else(pc.is_valid(facts["answered"]), 73421, facts["answered"])
    made |= {"facts": facts.set_column(facts.schema.get_field_index("answered"), "answered", many.cast(pa.int64()))}
    pages = reports.render(made, about(one_theme))
    told = section(page(pages[TEAM]), "Hvem som har svart").text
    assert "Svar 73 421" in " ".join(told.split())
    english = section(page(pages["reports/U1-01/leader.en.html"]), "Who answered").text
    assert "Answers 73,421" in english
    assert "a response rate cannot be given" in english


def test_a_group_with_nobody_in_it_is_not_called_hidden() -> None:
    survey = parsed()
    made = tables(survey, TREE)
    facts = made["facts"]
    ours = pc.and_(pc.equal(facts["unit"], "U1-01"), pc.equal(facts["category"], "40+"))
    kept = facts.filter(pc.invert(ours))
    women = pc.and_(pc.equal(kept["unit"], "U1-01"), pc.equal(kept["category"], "w"))
    hidden = kept.set_column(kept.schema.get_field_index("status"), "status", pc.if_else(women, "C", kept["status"]))
    root = page(reports.render(made | {"facts": hidden}, about(survey))[TEAM])
    groups = section(root, "Grupper i enheten")
    lines = {row.all("th")[0].text: row.all("td") for table in groups.all("table") for row in table.all("tr")[1:]}
    assert {one.text for one in lines["40 år og eldre"]} == {"–"}
    assert {one.text for one in lines["Kvinne"]} == {"skjult"}
    assert "En strek betyr at ingen her er i gruppen." in groups.text
    whole = page(reports.render(made, about(survey))[TEAM])
    assert "En strek" not in section(whole, "Grupper i enheten").text


def test_units_stand_in_the_order_in_which_people_count() -> None:
    survey = parsed()
    teams = [Unit(f"U-{number}", "U", f"Lag {number}") for number in range(1, 13)]
    made = reports.render(tables(survey, tree([Unit("U", None, "Nordlys kommune"), *teams])), about(survey))
    root = page(made["reports/index.html"])
    ids = [one.attributes["href"].split("/")[0] for one in root.all("a") if "leader" in one.attributes["href"]]
    assert ids == ["U", *(f"U-{number}" for number in range(1, 13))]
    mixed = ["1", "2", "10", "U1", "U1-1", "U1-2", "U1-10", "dept-9", "dept-10"]
    backwards = mixed[::-1]
    assert sorted(backwards, key=as_people_count) == mixed
