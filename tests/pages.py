"""Reads a page as a browser would, and refuses what a browser would forgive."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br"}


@dataclass
class Element:
    """A tag with its attributes and what stands in it."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All the text, spaces folded."""
        return " ".join("".join(one if isinstance(one, str) else f" {one.text} " for one in self.inside).split())

    @property
    def classes(self) -> list[str]:
        """The words of `class`."""
        return self.attributes.get("class", "").split()

    def all(self, tag: str = "", within: str = "") -> list[Element]:
        """Elements below, in order, of this tag and this class."""
        found = []
        for one in self.inside:
            if isinstance(one, Element):
                if tag in {"", one.tag} and (not within or within in one.classes):
                    found.append(one)
                found += one.all(tag, within)
        return found


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("page", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert any(one.tag == "svg" for one in self.open), f"<{tag}/> closes itself outside a picture"
        self.open[-1].inside.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        closed = self.open.pop()
        assert closed.tag == tag, f"</{tag}> closes <{closed.tag}>"

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def page(data: bytes) -> Element:
    """The page as a tree. Fails on a tag that is not closed, or closed twice."""
    parser = _Page()
    parser.feed(data.decode())
    parser.close()
    assert [one.tag for one in parser.open] == ["page"], f"left open: {[one.tag for one in parser.open]}"
    return parser.root
