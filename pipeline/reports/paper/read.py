"""A page of HTML as one JSON document for the template of paper: elements, their classes, texts, and pictures as SVG.

The page is ours (`pipeline/reports/templates`), so it is read as XML: what is not well formed is a fault of ours.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from datetime import date

    from pipeline.reports.words import Words

Node = str | dict[str, Any]

PIXEL = 0.5  # of the page, in points on paper: pictures keep their proportions and become finer
REM = 17  # pixels, as in style.css
ACROSS = {"strip": 220.0, "": 150.0}  # points that a picture of full width gets, by its class
EDGE = 10  # pixels at either side of such a picture, for what stands at its very end
UNSHOWN = "□"  # stands for a character that our fonts do not have
IN_LINES = {"p", "h1", "h2", "h3", "li", "dt", "dd", "th", "td", "caption", "figcaption", "span", "bdi", "b", "a"}
LONG = re.compile(r"(\S{24})(?=\S{8})")
BREAK = "\u200b"  # where a long word may go on in the next line


def sheet(page: str, words: Words, day: date) -> str:
    """The page as JSON: `lang`, `title`, `foot`, `page` (of so many), `day`, and `main`, a list of nodes.

    A node is a text, or `tag`, `of` (its classes) and `kids`; a picture is `svg`, `wide` in points and `alt`, which is
    absent for an ornament. Raises ElementTree.ParseError for a page that is not well formed, and ValueError for one
    that lacks a part.
    """
    page = _shown(page)
    root = ET.fromstring(page[page.index("<body>") : page.index("</html>")].replace("<br>", "<br/>"))  # noqa: S314 - ours
    title = ET.fromstring(page[page.index("<title>") : page.index("</title>") + len("</title>")])  # noqa: S314 - ours
    return json.dumps(
        {
            "lang": words.language,
            "title": title.text,
            "foot": _squeezed("".join(_part(root, "header/p").itertext())),
            "page": words("paper.page", page="{page}", pages="{pages}"),
            "day": [day.year, day.month, day.day],
            "main": _node(_part(root, "main"))["kids"],
        },
        ensure_ascii=False,
    )


def colours() -> str:
    """The light colours of the pages, by name, as JSON."""
    return json.dumps(_colours())


def _part(root: ET.Element, path: str) -> ET.Element:
    found = root.find(path)
    if found is None:
        msg = f"the page has no {path}"
        raise ValueError(msg)
    return found


def _node(one: ET.Element) -> dict[str, Any]:
    if one.tag == "svg":
        return _picture(one)
    kids: list[Node] = [_squeezed(one.text or "")]
    for kid in one:
        kids += [_node(kid), _squeezed(kid.tail or "")]
    kept = [kid for kid in kids if kid and (kid != " " or one.tag in IN_LINES)]
    spans: dict[str, Any] = {name: int(one.attrib[name]) for name in ("colspan", "rowspan") if name in one.attrib}
    return {"tag": one.tag, "of": one.get("class", "").split(), "kids": kept, **spans}


def _picture(one: ET.Element) -> dict[str, Any]:
    """A picture by itself, with a size in pixels and its own style; what follows it in the page is not its."""
    wide, high = (
        one.attrib["viewBox"].split()[2:] if "viewBox" in one.attrib else (one.attrib["width"], one.attrib["height"])
    )
    drawn = ET.Element("svg", {**one.attrib, "width": wide, "height": high})
    drawn.extend(one)
    if wide.endswith("%"):
        within = ACROSS[one.get("class", "")] / PIXEL
        drawn.attrib |= {"x": str(EDGE), "width": str(within), "overflow": "visible"}
        wide = str(within + 2 * EDGE)
    whole = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "width": wide, "height": high})
    ET.SubElement(whole, "style").text = _charts()
    whole.append(drawn)
    told = {"alt": one.attrib["aria-label"]} if "aria-label" in one.attrib else {}
    return {"tag": "svg", "of": [], "svg": ET.tostring(whole, "unicode"), "wide": float(wide) * PIXEL, **told}


def _squeezed(text: str) -> str:
    """White space as HTML has it: any amount of it is one space, but for spaces that do not break."""
    return LONG.sub(rf"\1{BREAK}", re.sub(r"[ \n\t\r]+", " ", text))


def _shown(page: str) -> str:
    return _not_ours().sub(UNSHOWN, page)


@cache
def _not_ours() -> re.Pattern[str]:
    """A character that our fonts have no picture of. `characters.txt` holds ranges of those they have, in hex."""
    ranges = (files(__package__) / "fonts" / "characters.txt").read_text("ascii").split()
    have = "".join("-".join(re.escape(chr(int(end, 16))) for end in one.split("-")) for one in ranges)
    return re.compile(f"[^\\n\\t{have}]")


@cache
def _colours() -> dict[str, str]:
    light, _, _ = _style("colours").partition("@media")
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", light))


@cache
def _charts() -> str:
    """The style of pictures in colours and pixels, as what draws them on paper knows no names and no rems."""
    named = re.sub(r"var\(--(\w+)\)", lambda name: _colours()[name[1]], _style("charts"))
    return re.sub(r"([\d.]+)rem", lambda size: f"{float(size[1]) * REM:g}px", named) + "text { font-family: Inter; }"


def _style(name: str) -> str:
    return (files("pipeline.reports") / "templates" / f"{name}.css").read_text("utf-8")
