"""Reports: a release's tables turned into pages that people read. One page a unit, self-contained, without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import jinja2

from pipeline.reports import figures, paper, pictures
from pipeline.reports.leader import Leader, Wording, reported
from pipeline.reports.names import as_people_count, inert, slugs
from pipeline.reports.words import Words, within_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from pipeline.instruments import Language
    from pipeline.release import About
    from pipeline.survey import Survey

# Beside a word that says the same, never instead of it.
SYMBOLS = {"up": "▲", "down": "▼", "same": "=", "unsure": "~", "open": "○", "done": "●", "dropped": "×"}


@dataclass(frozen=True)
class Node:
    """A line of the index; `opens` a list of units below it, `closes` this many lists after it."""

    name: str | None
    href: str | None
    opens: bool
    closes: int


@dataclass(frozen=True)
class Edition:
    """The reports in one language: where its pages lie, and which units have one."""

    wording: Wording
    units: Mapping[str, Mapping[str, Any]]
    pages: Mapping[str, str]  # unit with a report -> its folder
    actions: Mapping[str, Sequence[Mapping[str, Any]]]

    @property
    def words(self) -> Words:
        """The language."""
        return self.wording.words

    def page(self, unit: str) -> str | None:
        """A unit's page as seen from the folder of all reports; None when it has none."""
        return f"{self.pages[unit]}/{self.file('leader')}" if unit in self.pages else None

    def file(self, name: str, language: Language | None = None) -> str:
        """The file of this name in this language, or in another one."""
        return file_of(name, language or self.words.language, self.wording.survey)

    def name(self, unit: str) -> str | None:
        """A unit's name, harmless to show; None when it is not published."""
        name = self.units[unit]["name"]
        return None if name is None else inert(name) or unit

    def path(self, unit: str) -> list[str]:
        """From the root down to the unit above this one."""
        above: list[str] = []
        parent = self.units[unit]["parent"]
        while parent is not None:
            above.append(parent)
            parent = self.units[parent]["parent"]
        return above[::-1]


def render(tables: Mapping[str, pa.Table], about: About) -> dict[str, bytes]:
    """Path -> page for the wave that the release adds: `reports/<unit>/leader.html` and `reports/index.html`.

    A unit has a report when a theme or an index is published about it as a whole. The first language of the survey
    has the plain file names. The same tables give the same bytes.
    """
    survey, wave = about.survey, about.published.wave
    units = figures.names(tables["units"], wave)
    waves = figures.waves(tables["waves"], wave)
    shown = figures.read(tables["facts"], tables["units"], waves)
    actions = figures.actions(tables["actions"], wave)
    folders = slugs(units)
    pages = {unit: folders[unit] for unit in units if reported(shown, wave, unit, survey)}
    made: dict[str, bytes] = {}
    for language in survey.file.languages:
        wording = Wording(about, Words(language), shown, waves)
        made.update(_edition(Edition(wording, units, pages, actions)))
    return made


def printed(pages: Mapping[str, bytes], survey: Survey, wave: str) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every report on paper, from its page: `leader.pdf` beside `leader.html`.

    Each says that it was made on the day that the wave closed.
    """
    for language in survey.on_paper:
        ending = f"/{file_of('leader', language, survey)}"
        leaders = {path: page for path, page in pages.items() if path.endswith(ending)}
        set_in_type = paper.printed(leaders, Words(language), survey.wave(wave).closes)
        yield from ((_paper(path), made) for path, made in set_in_type)


def file_of(name: str, language: Language, survey: Survey) -> str:
    """`leader.html` in the survey's first language, `leader.en.html` in others."""
    return f"{name}.html" if language == survey.file.languages[0] else f"{name}.{language}.html"


def _paper(page: str) -> str:
    """The PDF of a page, beside it."""
    return f"{page.removesuffix('.html')}.pdf"


def _edition(edition: Edition) -> Iterator[tuple[str, bytes]]:
    survey, words, wave = edition.wording.survey, edition.words, edition.wording.wave
    children: dict[str | None, list[str]] = {}
    for unit in sorted(edition.units, key=as_people_count):
        children.setdefault(edition.units[unit]["parent"], []).append(unit)
    common: dict[str, Any] = {
        "w": words,
        "organisation": inert(survey.file.organisation),
        "survey": inert(words.of(survey.file.title)),
        "wave": inert(words.of(wave.name)),
        "opens": wave.opens,
        "closes": wave.closes,
        "read_in": {one: Words(one)("page.other_language") for one in survey.file.languages},
    }
    nodes = _index(edition, children)
    listing = _environment().get_template("index.j2")
    page = listing.render(common, nodes=nodes, count=len(edition.pages), editions=_editions(edition, "index"))
    yield f"reports/{edition.file('index')}", page.encode()
    common |= {
        "about": edition.wording.about,
        "index": f"../{edition.file('index')}",
        "instruments": survey.instruments,
        "minimum": survey.file.minimum_group_size,
        "segmented": bool(survey.file.segment),
        "symbol": SYMBOLS,
        "editions": _editions(edition, "leader"),
        "on_paper": _paper(edition.file("leader")) if words.language in survey.on_paper else None,
    }
    leader = _environment().get_template("leader.j2")
    for unit, folder in edition.pages.items():
        row = edition.units[unit]
        above = edition.name(row["parent"]) if row["parent"] is not None else None
        it = Leader(edition.wording, {**row, "name": edition.name(unit)}, above, edition.actions.get(unit, ()))
        topic = within_sentence(it.weakest.name) if it.weakest else common["survey"]
        page = leader.render(
            common,
            it=it,
            topic=topic,
            crumbs=_links(edition, edition.path(unit)),
            below=_links(edition, children.get(unit, [])),
        )
        yield f"reports/{folder}/{edition.file('leader')}", page.encode()


def _links(edition: Edition, units: Sequence[str]) -> list[tuple[str, str | None]]:
    """Name and address, as seen from another unit's page, of the units that are named."""
    named = ((edition.name(unit), edition.page(unit)) for unit in units)
    return [(name, f"../{page}" if page else None) for name, page in named if name is not None]


def _editions(edition: Edition, name: str) -> list[tuple[Language, str]]:
    return [(language, edition.file(name, language)) for language in edition.wording.survey.file.languages]


def _index(edition: Edition, children: Mapping[str | None, Sequence[str]]) -> list[Node]:
    """The tree from the top, units below units; those without a name stand only where a named one lies below."""
    kept = {unit for unit in edition.units if edition.name(unit) is not None}
    kept |= {above for unit in kept for above in edition.path(unit)}
    order: list[tuple[str, int]] = []
    ahead = [(unit, 0) for unit in reversed(children.get(None, []))]
    while ahead:
        unit, depth = ahead.pop()
        if unit in kept:
            order.append((unit, depth))
            ahead += [(child, depth + 1) for child in reversed(children.get(unit, []))]
    depths = [depth for _, depth in order] + [0]
    return [
        Node(edition.name(unit), edition.page(unit), depths[i + 1] > depth, max(depth - depths[i + 1], 0))
        for i, (unit, depth) in enumerate(order)
    ]


@cache
def _environment() -> jinja2.Environment:
    """Templates, compiled once in a process; a name that is not given is an error, and every value is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        auto_reload=False,  # or each page asks the disk whether its templates changed
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["place"] = pictures.place
    return environment
