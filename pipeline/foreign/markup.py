"""XML as workbooks have it: elements and texts, and none of the parts of XML by which a small file becomes large."""

from __future__ import annotations

from collections.abc import Callable
from xml.parsers import expat

from pipeline.foreign.found import refuse

Attributes = dict[str, str]
_NAMES_ALONE = "\x1f"  # stands between a namespace and a name; Office writes one of two namespaces, prefixes are free


def walk(
    content: bytes,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] = lambda _name: None,
    text: Callable[[str], None] = lambda _text: None,
) -> None:
    """Calls `start`, `end` and `text` with names without their namespace, in the order of the document.

    Raises Unreadable for what is no XML, is not in UTF-8, or has a DTD: no workbook of any program has one.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\0")):
        refuse("broken_workbook")  # UTF-16: allowed by the standard, written by nobody, and it hides a DTD from a scan
    parser = expat.ParserCreate("utf-8", namespace_separator=_NAMES_ALONE)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = lambda *_: refuse("dtd")
    parser.EntityDeclHandler = lambda *_: refuse("dtd")
    parser.StartElementHandler = lambda name, attributes: start(_alone(name), attributes)
    parser.EndElementHandler = lambda name: end(_alone(name))
    parser.CharacterDataHandler = text
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat's own signature
    except expat.ExpatError:
        refuse("broken_workbook")


def _alone(name: str) -> str:
    return name.rpartition(_NAMES_ALONE)[2]


def attribute(attributes: Attributes, name: str) -> str | None:
    """The attribute of this name, whatever its namespace."""
    return next((value for key, value in attributes.items() if _alone(key) == name), None)
