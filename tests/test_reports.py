"""What a leader reads: every figure is a published one, in both languages, and laid out for everybody."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from posixpath import dirname, normpath
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from pages import Element, page
from release_pictures import WAVES, about, facts, organisation, parsed, tables

from pipeline import reports
from pipeline.reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

SURVEY = parsed()
TREE = organisation()
TABLES = tables(SURVEY, TREE)
FILES = reports.render(TABLES, about(SURVEY))
PAPER = {path.replace(".html", ".pdf") for path in FILES if path.endswith("/leader.html")}  # the first language
PAGES = {path: page(data) for path, data in FILES.items()}
TEAM = "reports/U1-01/leader.html"


def rows(**where: str) -> list[dict[str, object]]:
    """Facts of the last wave."""
    where = {"wave": "2026-10", "segment": "all", **where}
    return [row for row in TABLES["facts"].to_pylist() if all(row[key] == value for key, value in where.items())]


def section(root: Element, heading: str) -> Element:
    return next(one for one in root.all("section") if one.all("h2") and one.all("h2")[0].text == heading)


def written(root: Element) -> str:
    """Everything a person sees or hears."""
    spoken = " ".join(one.attributes.get("aria-label", "") for one in root.all())
    return f"{root.all('body')[0].text} {spoken}"


def test_a_unit_has_a_page_in_each_language_exactly_when_a_theme_is_published_about_it() -> None:
    shown = {row["unit"] for row in rows(status="F", kind="scale")}
    assert shown == {unit.id for unit in TREE.units} - {"U1-04"}
    expected = {f"reports/{unit}/leader{suffix}.html" for unit in shown for suffix in ("", ".en")}
    assert set(FILES) == expected | {"reports/index.html", "reports/index.en.html"}


def test_the_same_tables_give_the_same_bytes_whatever_the_order_of_the_facts() -> None:
    backwards = TABLES | {"facts": TABLES["facts"].take(pa.array(range(TABLES["facts"].num_rows))[::-1])}
    assert reports.render(backwards, about(SURVEY)) == FILES


@pytest.mark.parametrize("path", sorted(FILES))
def test_headings_descend_without_a_gap_under_one_title(path: str) -> None:
    levels = [int(one.tag[1]) for one in PAGES[path].all() if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_page_says_its_language_and_where_the_others_are(path: str) -> None:
    root = PAGES[path]
    language = "en" if path.endswith(".en.html") else "nb"
    assert root.all("html")[0].attributes["lang"] == language
    editions = {one.attributes["hreflang"]: one.attributes["href"] for one in root.all("link")}
    assert set(editions) == {"nb", "en"}
    here = path.rpartition("/")[2]
    assert editions[language] == here
    link = next(one for one in root.all("a") if "hreflang" in one.attributes)
    assert link.attributes["lang"] == link.attributes["hreflang"] != language
    assert link.attributes["href"] == editions[link.attributes["hreflang"]] != here


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_page_needs_nothing_but_itself_and_every_link_leads_to_a_page(path: str) -> None:
    text = FILES[path].decode()
    assert "<script" not in text
    assert not re.search(r"https?:|//|url\(|@import|@font-face| src=| style=|srcset", text)
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    for one in PAGES[path].all():
        target = one.attributes.get("href", "#")
        if not target.startswith("#"):
            assert normpath(f"{dirname(path)}/{target}") in {*FILES, *PAPER}


@pytest.mark.parametrize("path", sorted(FILES))
def test_every_picture_is_put_into_words_or_is_only_decoration(path: str) -> None:
    def outermost(element: Element) -> list[Element]:
        inner = [one for one in element.inside if isinstance(one, Element)]
        return [one for child in inner for one in ([child] if child.tag == "svg" else outermost(child))]

    for picture in outermost(PAGES[path]):
        spoken = picture.attributes.get("role") == "img" and len(picture.attributes["aria-label"]) > 10
        assert spoken or picture.attributes.get("aria-hidden") == "true"


def test_a_table_says_what_its_headings_stand_over() -> None:
    for table in PAGES[TEAM].all("table"):
        assert all(one.attributes["scope"] in {"col", "row", "rowgroup"} for one in table.all("th"))
        assert table.all("thead")


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize("unit", ["U", "U1", "U1-01", "U2-03"])
def test_the_table_of_themes_states_the_facts_row_by_row(unit: str, language: str) -> None:
    words = Words("nb" if language == "nb" else "en")
    root = PAGES[f"reports/{unit}/leader{'' if language == 'nb' else '.en'}.html"]
    table = section(root, words("table.title")).all("table")[0]
    body = [[cell.text for cell in row.inside if isinstance(cell, Element)] for row in table.all("tr")[1:]]
    above = TREE.unit[unit].parent
    expected = []
    for measure in SURVEY.measures:
        if measure.kind not in {"scale", "index"}:
            continue
        (row,) = rows(unit=unit, measure=measure.id)
        parent = rows(unit=above, measure=measure.id)[0] if above else None
        decimals = 1 if measure.kind == "scale" else 0
        plus = "+" if measure.kind == "index" else ""

        def figure(value: object, sign: str = plus, decimals: int = decimals) -> str:
            text = f"{value:{sign}.{decimals}f}".replace("-", "−")
            text = text.removeprefix("+") if float(str(value)) == 0 else text
            return text.replace(".", ",") if language == "nb" else text

        to = "til" if language == "nb" else "to"
        expected.append(
            [
                words.of(measure.name),
                figure(row["mean"]),
                f"{figure(row['ci_low'])} {to} {figure(row['ci_high'])}",
                *([figure(parent["mean"])] if parent else []),
                figure(row["change"], "+"),
                words(f"verdict.{row['verdict']}"),
                str(row["answered"]),
            ],
        )
    assert body == expected


def test_every_decimal_number_on_a_page_is_a_published_one_of_the_unit_or_the_unit_above() -> None:
    for unit in TREE.units:
        path = f"reports/{unit.id}/leader.html"
        if path not in PAGES:
            continue
        allowed = set()
        for row in TABLES["facts"].to_pylist():
            if row["status"] == "F" and row["unit"] in {unit.id, unit.parent} and row["kind"] in {"scale", "item"}:
                digits = 1 if row["kind"] == "scale" else 2
                for name in ("mean", "ci_low", "ci_high", "change"):
                    if row[name] is not None:
                        allowed.add(f"{abs(row[name]):.{digits}f}".replace(".", ","))
        found = set(re.findall(r"\d+,\d+", written(PAGES[path])))
        assert len(found) > 50
        assert found - allowed == set()


def test_a_confidential_row_is_not_shown_even_when_it_carries_figures_by_mistake() -> None:
    row = TABLES["facts"].to_pylist()
    for one in row:
        if one["unit"] == "U1-01" and one["measure"] == "support" and one["wave"] == "2026-10":
            one |= {"status": "C", "mean": 12.3, "ci_low": 11.1, "ci_high": 13.7, "change": -7.9, "verdict": "down"}
    leaky = TABLES | {"facts": pa.Table.from_pylist(row, TABLES["facts"].schema)}
    made = reports.render(leaky, about(SURVEY))
    for path, data in made.items():
        text = written(page(data))
        assert not re.search(r"\b12[,.]3\b|\b11[,.]1\b|\b13[,.]7\b|−7[,.]9\b", text), path
    themes = page(made[TEAM]).all("li", "theme")
    assert next(one.text for one in themes if one.text.startswith("Støtte")) == "Støtte skjult"


def test_a_withheld_theme_is_called_the_same_whatever_was_the_reason_and_no_count_is_hinted_at() -> None:
    root = PAGES["reports/U2-03/leader.html"]
    text = section(root, "Hva som er skjult, og hvorfor").text
    assert text.count("Tall er skjult der de kunne gjort det mulig å finne ut hva enkeltpersoner har svart") == 1
    assert not re.search(r"færre enn|mindre enn|under \d|for få", text)
    assert {one.text for one in root.all("td", "gone")} <= {"skjult", "Ikke målt"}


def test_the_lead_says_what_moved_and_what_to_talk_about() -> None:
    assert PAGES[TEAM].all("p", "lead")[0].text == (
        "Trygghet har gått opp siden forrige måling. "
        "Snakk om arbeidsmengde: det er temaet som står svakest, "
        + f"{rows(unit='U1-01', measure='workload')[0]['mean']:.1f}".replace(".", ",")
        + " av 100."
    )
    assert PAGES[TEAM].all("p", "lead")[0].text.startswith("Trygghet har gått opp")
    english = PAGES["reports/U1-01/leader.en.html"].all("p", "lead")[0].text
    assert english.startswith("Safety went up since the previous wave. Talk about workload:")


def test_a_change_is_told_in_a_word_and_a_symbol_beside_its_number() -> None:
    safety = next(one for one in PAGES[TEAM].all("li", "theme") if one.text.startswith("Trygghet"))
    (verdict,) = safety.all("span", "verdict")
    change = rows(unit="U1-01", measure="safety")[0]["change"]
    assert verdict.text == f"▲ Opp +{change:.1f}".replace(".", ",")
    assert verdict.all("span")[0].attributes["aria-hidden"] == "true"


def test_actions_have_owner_deadline_and_state_and_are_overdue_as_of_the_wave_not_as_of_today() -> None:
    listed = [one.text for one in section(PAGES[TEAM], "Tiltak").all("li")]
    assert [re.split(r" [○●×]", one)[0] for one in listed] == [
        "Gå gjennom turnusen og fjern doble vakter",
        "Skriv ned hvem som bestemmer hva",
        "Fast kvarter til å si fra om feil på mandagsmøtet",
        "Felles lunsj på torsdager",
    ]
    overdue, new, done, dropped = listed
    assert "Ansvarlig Jonas Hauge Frist 12. oktober 2026 Tema Arbeidsmengde ! Fristen gikk ut" in overdue
    assert "Ansvarlig ikke satt Frist 30. november 2026" in new
    assert "Fristen gikk ut" not in new + done + dropped
    before = next(row for row in TABLES["facts"].to_pylist() if is_total(row, "2026-08", "U1-01", "safety"))
    after = rows(unit="U1-01", measure="safety")[0]
    comma = [f"{row['mean']:.1f}".replace(".", ",") for row in (before, after)]
    assert f"Trygghet var {comma[0]} før (August 2026) og {comma[1]} etterpå (Oktober 2026)." in done
    assert "etterpå" not in dropped
    assert "årsak" in section(PAGES[TEAM], "Tiltak").text


@pytest.mark.parametrize(
    ("created", "told"),
    [
        (date(2026, 8, 27), "Ingen måling ble avsluttet før tiltaket"),
        (date(2026, 8, 28), "før (August 2026)"),
        (date(2026, 9, 24), "før (August 2026)"),
        (date(2026, 9, 25), "før (September 2026)"),
        (date(2026, 10, 12), "før (September 2026)"),
        (date(2026, 10, 13), "kan leses av etter neste måling"),
    ],
)
def test_before_is_a_wave_that_had_closed_and_afterwards_one_that_had_not_opened(created: date, told: str) -> None:
    rows = TABLES["actions"].to_pylist()
    changed = pa.Table.from_pylist([row | {"created": created} for row in rows], TABLES["actions"].schema)
    root = page(reports.render(TABLES | {"actions": changed}, about(SURVEY))[TEAM])
    assert told in next(one.text for one in section(root, "Tiltak").all("li") if "turnusen" in one.text)


@pytest.mark.parametrize("changes", [{"created": None}, {"scale": None}, {"scale": "joy"}])
def test_an_action_without_a_day_or_a_theme_has_no_effect_to_tell(changes: dict[str, object]) -> None:
    rows = TABLES["actions"].to_pylist()
    changed = pa.Table.from_pylist([row | changes for row in rows], TABLES["actions"].schema)
    root = page(reports.render(TABLES | {"actions": changed}, about(SURVEY))[TEAM])
    assert not [one for one in section(root, "Tiltak").all("li") if re.search("etterpå|sammenligne", one.text)]


def is_total(row: dict[str, object], wave: str, unit: str, measure: str) -> bool:
    return (row["wave"], row["unit"], row["segment"], row["measure"]) == (wave, unit, "all", measure)


def test_the_unit_above_is_a_marker_and_no_other_unit_is_named_beside_a_score() -> None:
    strips = [one.attributes["aria-label"] for one in PAGES[TEAM].all("svg", "strip")[:-1]]
    assert all("Helse og omsorg samlet" in label for label in strips)
    assert len(strips) == 6
    top = [one.attributes["aria-label"] for one in PAGES["reports/U/leader.html"].all("svg", "strip")[:-1]]
    assert not any("samlet" in label for label in top)
    siblings = {unit.name for unit in TREE.units if unit.parent == "U1" and unit.id != "U1-01"}
    assert not any(name in written(PAGES[TEAM]) for name in siblings)


def test_the_law_is_gone_through_in_full_and_what_was_not_measured_is_said() -> None:
    table = section(PAGES[TEAM], "Kravene i arbeidsmiljøloven § 4-3").all("table")[0]
    lines = [one.text for one in table.all("tr")[1:]]
    missing = [line for line in lines if line.endswith("Ikke målt")]
    assert [line.split(" ")[0] for line in missing] == ["Emosjonelle", "Integritet", "Trakassering,", "Vold,"]
    assert len(table.all("th")) == 4 + 8


def test_a_survey_that_does_not_name_the_law_does_not_claim_that_nothing_was_measured() -> None:
    unmapped = parsed(law=False)
    text = section(
        page(reports.render(tables(unmapped, TREE), about(unmapped))[TEAM]), "Kravene i arbeidsmiljøloven § 4-3"
    ).text
    assert text.endswith("Undersøkelsen sier ikke hvilke forhold i loven temaene belyser.")
    assert "Ikke målt" not in text


def test_the_next_wave_and_the_day_to_talk_follow_from_the_rhythm() -> None:
    text = section(PAGES[TEAM], "Snakk sammen om arbeidsmengde").text
    assert "Ta praten innen 11. november 2026. Neste måling åpner 12. november 2026." in text
    assert text.count("?") >= 3


def test_the_basis_names_run_survey_and_code_and_where_the_release_is_told() -> None:
    text = section(PAGES[TEAM], "Grunnlag og lesehjelp").text
    assert "12.–23. oktober 2026" in text
    assert f"Kjøring run2 Undersøkelsesfil {SURVEY.sha256} Programversjon 0.1.0+abc" in text
    assert "manifest.json" in text


def test_the_index_shows_the_tree_and_links_to_every_page() -> None:
    root = PAGES["reports/index.html"]
    linked = {one.attributes["href"] for one in root.all("a") if "leader" in one.attributes["href"]}
    assert {f"reports/{href}" for href in linked} == {path for path in FILES if path.endswith("/leader.html")}
    (tree,) = [one for one in root.all("ul") if "tree" in one.classes]
    top = [one for one in tree.inside if isinstance(one, Element)]
    assert len(top) == 1
    assert top[0].text.startswith("Nordlys kommune Helse og omsorg Hjemmetjenesten sør")
    below = next(one for one in top[0].inside if isinstance(one, Element) and one.tag == "ul")
    services = [one for one in below.inside if isinstance(one, Element)]
    assert [one.text.split(" ")[0] for one in services] == ["Helse", "Teknisk"]
    assert "Vakttelefonen" not in root.text
    assert "har ingen egen rapport" in root.text


def test_a_named_unit_below_an_unnamed_one_keeps_its_place() -> None:
    table = TABLES["facts"]
    quiet = pc.and_(pc.equal(table["unit"], "U1"), pc.equal(table["status"], "F"))
    status = pc.if_else(quiet, "C", table["status"])
    changed = table.set_column(table.schema.get_field_index("status"), "status", status)
    units = TABLES["units"].to_pylist()
    for row in units:
        row["name"] = None if row["unit"] == "U1" else row["name"]
    made = reports.render(
        TABLES | {"facts": changed, "units": pa.Table.from_pylist(units, TABLES["units"].schema)},
        about(SURVEY),
    )
    assert "reports/U1/leader.html" not in made
    assert "Nordlys kommune Enhet uten egen rapport Hjemmetjenesten sør" in page(made["reports/index.html"]).text
    team = page(made[TEAM])
    assert [one.text for one in team.all("nav", "crumbs")[0].all("li")] == ["Nordlys kommune"]
    assert "samlet" not in written(team)


def test_the_first_wave_has_no_change_no_trend_and_says_so() -> None:
    first = tuple(WAVES)[:1]
    made = reports.render(tables(SURVEY, TREE, first), about(SURVEY, first))
    root = page(made[TEAM])
    assert root.all("p", "lead")[0].text.startswith("Dette er den første målingen")
    headings = [one.text for one in root.all("h2")]
    assert "Utvikling over tid" not in headings
    assert not root.all("circle", "ring")
    assert "Neste måling åpner 14. september 2026" in root.text  # the next wave of the file, not the rhythm


def test_a_trend_leaves_a_gap_where_a_wave_is_withheld() -> None:
    table = facts(SURVEY, TREE)
    hidden = pc.and_(pc.equal(table["wave"], "2026-09"), pc.equal(table["measure"], "safety"))
    status = pc.if_else(hidden, "C", table["status"])
    changed = table.set_column(table.schema.get_field_index("status"), "status", status)
    root = page(reports.render(TABLES | {"facts": changed}, about(SURVEY))[TEAM])
    safety = next(one for one in root.all("figure") if one.text.startswith("Trygghet"))
    assert not safety.all("line", "path")
    assert len(safety.all("circle", "dot")) == 2
    assert "September 2026 ikke vist" in safety.all("svg")[0].attributes["aria-label"]


def test_a_survey_in_one_language_without_a_roster_or_a_rhythm_says_what_it_cannot_tell() -> None:
    lone = parsed(languages='["en"]', roster=False, rhythm=False)
    made = reports.render(tables(lone, TREE), about(lone))
    assert all(not path.endswith(".en.html") for path in made)
    root = page(made[TEAM])
    assert root.all("html")[0].attributes["lang"] == "en"
    assert "There is no list of people invited" in root.text
    assert "The date of the next wave has not been decided." in root.text
    assert [one.attributes["hreflang"] for one in root.all("link")] == ["en"]


def test_a_withheld_response_rate_and_a_withheld_half_of_the_picture_are_called_hidden() -> None:
    table = facts(SURVEY, TREE)
    hidden = pc.is_in(table["measure"], pa.array(["response_rate", "clarity", "enps"]))
    status = pc.if_else(hidden, "C", table["status"])
    changed = table.set_column(table.schema.get_field_index("status"), "status", status)
    root = page(reports.render(TABLES | {"facts": changed}, about(SURVEY))[TEAM])
    assert section(root, "Hvem som har svart").text == "Hvem som har svart Svarprosent skjult eNPS skjult"
    assert section(root, "Tydelighet og trygghet sammen").text.endswith("minst ett av de to temaene er skjult.")


def renamed(table: pa.Table, wave: str, names: Mapping[str, str | None], column: str = "unit") -> pa.Table:
    """The table with other ids in the rows of a wave."""
    rows = [
        row | ({column: names.get(row["unit"], row[column])} if row["wave"] == wave else {})
        for row in table.to_pylist()
    ]
    return pa.Table.from_pylist(rows, table.schema)


def test_a_unit_that_was_called_otherwise_goes_on_where_its_units_file_says_so() -> None:
    """The team's id was X in the first wave, and the second says that it continues X: the same page as ever."""
    first, second, _ = WAVES
    other = {name: renamed(TABLES[name], first, {"U1-01": "X"}) for name in ("facts", "units")}
    named = TABLES | other | {"units": renamed(other["units"], second, {"U1-01": "X"}, "continues")}
    assert reports.render(named, about(SURVEY))[TEAM] == FILES[TEAM]
    silent = TABLES | other | {"units": renamed(other["units"], second, {"U1-01": None}, "continues")}
    assert 2 * len(line_of(reports.render(silent, about(SURVEY)))) == len(line_of(FILES)) > 0
    lost = TABLES | other  # it continues U1-01, which is not there any more
    assert line_of(reports.render(lost, about(SURVEY))) == line_of(reports.render(silent, about(SURVEY)))


def line_of(files: Mapping[str, bytes]) -> list[str]:
    """The lines between waves in the trend of the team."""
    return re.findall(r'<line class="path"[^>]*>', files[TEAM].decode())
