"""A report on paper says what its page says, all of it and nothing else, also to those who listen to it."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING

import pypdf
import pytest
import typst
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pages import Element, page
from release_pictures import WAVES, about, instrument, organisation, parsed, survey_file, tables

from pipeline import reports, survey
from pipeline.errors import SurveyInvalid
from pipeline.organisation import Unit, tree
from pipeline.reports import paper
from pipeline.reports.paper import read
from pipeline.reports.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

SURVEY = parsed()
FILES = reports.render(tables(SURVEY, organisation()), about(SURVEY))
CLOSES = SURVEY.wave("2026-10").closes
TOP, TEAM = "reports/U/leader.html", "reports/U1-01/leader.html"
FOOT = {"nb": ("Side", "av"), "en": ("Page", "of")}


def made(data: bytes, language: survey.Language = "nb") -> pypdf.PdfReader:
    """The page on paper."""
    ((_, pdf),) = paper.printed({"a.html": data}, Words(language), CLOSES)
    return pypdf.PdfReader(BytesIO(pdf), strict=True)


def words(text: str) -> set[str]:
    """As lines break differently, words are what is compared; paper puts commas between the units below."""
    return {word.rstrip(",") for word in text.replace(read.BREAK, "").split()}


def said(reader: pypdf.PdfReader) -> set[str]:
    return words(" ".join(one.extract_text() for one in reader.pages))


def alternatives(reader: pypdf.PdfReader) -> Iterator[str]:
    """What is read aloud in place of each picture."""
    for number in range(1, reader.trailer["/Size"]):
        one = reader.get_object(pypdf.generic.IndirectObject(number, 0, reader))
        if isinstance(one, dict) and one.get("/Type") == "/StructElem" and "/Alt" in one:
            yield str(one["/Alt"])


def outside_pictures(of: Element) -> str:
    parts = (one if isinstance(one, str) else outside_pictures(one) for one in of.inside if not drawn(one))
    return " ".join(parts)


def drawn(one: Element | str) -> bool:
    return isinstance(one, Element) and one.tag == "svg"


@pytest.mark.parametrize(("path", "language"), [(TOP, "nb"), (TEAM, "nb"), (TEAM.replace(".html", ".en.html"), "en")])
def test_paper_says_every_word_of_the_page_and_no_other(path: str, language: survey.Language) -> None:
    root, reader = page(FILES[path]), made(FILES[path], language)
    main = root.all("main")[0]
    of, to = FOOT[language]
    numbers = {str(one + 1) for one in range(len(reader.pages))}
    questions = {f"{one + 1}." for one in range(len(main.all("ol", "questions")[0].inside))}
    foot = words(root.all("header")[0].all("p")[0].text) | {of, to} | numbers
    there = said(reader)
    # Extraction joins what a picture says at its ends; pictures are held against the page by what is read aloud.
    pictured = {word for one in main.all("svg") for word in words(one.text)}
    assert words(outside_pictures(main)) - {"/"} <= there
    assert there - words(main.text) - foot - questions - pictured <= {"/"}


@pytest.mark.parametrize("path", [TOP, TEAM])
def test_every_picture_is_read_aloud_as_on_the_page(path: str) -> None:
    told = [one.attributes["aria-label"] for one in page(FILES[path]).all("svg") if "aria-label" in one.attributes]
    assert sorted(alternatives(made(FILES[path]))) == sorted(told) != []


def test_paper_says_what_standards_it_was_written_by_and_in_what_language() -> None:
    reader = made(FILES[TOP])
    xmp = reader.xmp_metadata
    assert xmp is not None
    stated = xmp.stream.get_data().decode()
    assert re.search(r"<pdfaid:part>2<", stated)
    assert re.search(r"<pdfaid:conformance>A<", stated)
    assert re.search(r"<pdfuaid:part>1<", stated)
    assert reader.root_object["/Lang"] in {"nb", "nb-NO"}
    assert reader.root_object["/MarkInfo"]["/Marked"]
    assert reader.metadata is not None
    assert reader.metadata.title == page(FILES[TOP]).all("title")[0].text
    assert reader.metadata.creation_date is not None
    assert reader.metadata.creation_date.date() == CLOSES


def test_nothing_in_it_leads_anywhere_or_runs() -> None:
    reader = made(FILES[TOP])
    assert not any("/Annots" in one for one in reader.pages)
    assert {"/OpenAction", "/AA", "/Names"}.isdisjoint(reader.root_object)


def test_the_same_pages_give_the_same_bytes_in_whatever_company() -> None:
    one = dict(paper.printed({TOP: FILES[TOP]}, Words("nb"), CLOSES))
    both = dict(paper.printed({TEAM: FILES[TEAM], TOP: FILES[TOP]}, Words("nb"), CLOSES))
    assert both[TOP] == one[TOP]
    assert both[TEAM] != one[TOP]


MARKUP = [
    "#panic()",
    '#read("/etc/passwd")',
    "*b* _i_ `c` $x$ <label> @ref",
    "= H / T: d",
    '\\ ] } " ) //',
    "<script>&amp;</script>",
    "{page} {pages}",
]


@given(name=st.text(min_size=1, max_size=60).filter(str.strip))
@settings(max_examples=10, deadline=None)
@example(name=" ".join(MARKUP))
@example(name="x" * 400)
@example(name="Čáhcesuolu ŋuorra, Łódź, Δοκιμή, Тест")
@example(name="🎉 北京 العربية")
def test_what_people_wrote_is_set_as_it_is_written(name: str) -> None:
    units = tree([Unit("U0", None, "Top"), Unit("U1", "U0", name)])
    data = reports.render(tables(SURVEY, units), about(SURVEY))["reports/U1/leader.html"]
    shown = "".join(page(data).all("h1")[0].text.split())
    there = "".join(one.extract_text() for one in made(data).pages)
    there = "".join(there.replace(read.BREAK, "").split())
    if set(shown) <= LATIN:  # elsewhere extraction gives ligatures and marks in forms of its own
        assert shown in there


LATIN = {chr(one) for one in range(0x21, 0x17F)}


def test_every_character_that_is_said_to_be_in_the_fonts_is() -> None:
    ranges = (files("pipeline.reports.paper") / "fonts" / "characters.txt").read_text("ascii").split()
    ends = [[int(end, 16) for end in one.split("-")] for one in ranges]
    have = [chr(one) for first, *last in ends for one in range(first, (last or [first])[0] + 1)]
    assert len(have) > 2000
    for weight in (400, 600):
        template = f'#set document(title: "x")\n#set text(font: "Inter", weight: {weight}, fallback: false)\n'
        shown = template + "#sys.inputs.all"
        compiler = typst.Compiler(shown.encode(), font_paths=paper.fonts(), ignore_system_fonts=True)
        inputs = {"all": " ".join(one for one in have if one not in "\u2028\u2029")}
        assert compiler.compile(sys_inputs=inputs, format="pdf", pdf_standards=["ua-1"])
        with pytest.raises(typst.TypstError):
            compiler.compile(sys_inputs={"all": "北"}, format="pdf", pdf_standards=["ua-1"])


def test_a_character_that_the_fonts_do_not_have_is_seen_to_be_missing() -> None:
    data = FILES[TEAM].replace(b"<h1><bdi>", "<h1><bdi>北".encode())
    assert data != FILES[TEAM]
    assert "北" not in " ".join(said(made(data)))
    assert any(read.UNSHOWN in word for word in said(made(data)))


def test_a_page_without_the_parts_of_a_report_is_refused() -> None:
    with pytest.raises(typst.TypstError):
        made(FILES[TEAM].replace(b"section", b"article"))
    with pytest.raises(ValueError, match="the page has no main"):
        made(FILES[TEAM].replace(b"main", b"body"))


@pytest.mark.parametrize(
    ("pdf", "endings"),
    [
        (None, {"leader.pdf"}),
        (("en",), {"leader.en.pdf"}),
        (("nb", "en"), {"leader.pdf", "leader.en.pdf"}),
        ((), set()),
    ],
)
def test_the_survey_says_which_languages_are_set_on_paper(
    pdf: tuple[survey.Language, ...] | None, endings: set[str]
) -> None:
    chosen = replace(SURVEY, file=SURVEY.file.model_copy(update={"pdf": pdf}))
    pages = reports.render(tables(chosen, organisation(1)), about(chosen))
    printed = dict(reports.printed(pages, chosen, "2026-10"))
    folders = {path.rpartition("/")[0] for path in pages if "/leader" in path}
    assert set(printed) == {f"{folder}/{ending}" for folder in folders for ending in endings}
    # Each page leads to its own PDF, and to no other.
    for path in (one for one in pages if "/leader" in one):
        links = [one for one in page(pages[path]).all("a") if one.attributes.get("type") == "application/pdf"]
        there = {f"{path.rpartition('/')[0]}/{one.attributes['href']}" for one in links}
        assert there == {path.replace(".html", ".pdf")} & set(printed)


def test_a_language_that_the_survey_has_not_cannot_be_set_on_paper() -> None:
    text = 'pdf = ["en"]\n' + survey_file('["nb"]', roster=True, rhythm=True, law=True)
    with pytest.raises(SurveyInvalid, match="pdf: 'en' is not among languages"):
        survey.parse(text, {"pulse.toml": instrument()})


def test_waves_without_figures_to_compare_are_set_too() -> None:
    first = reports.render(tables(SURVEY, organisation(1), tuple(WAVES)[:1]), about(SURVEY, tuple(WAVES)[:1]))
    assert dict(reports.printed(first, SURVEY, next(iter(WAVES))))
