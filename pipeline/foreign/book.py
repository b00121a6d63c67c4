"""What a workbook says about itself: its sheets, its shared texts, and which number formats show a date."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.foreign.archive import Archive, unpack
from pipeline.foreign.found import refuse
from pipeline.foreign.markup import Attributes, attribute, walk

Shown = Literal["number", "date", "moment", "duration"]

# Number formats that are built in and show a date, or a date and a time (ECMA-376 part 1, 18.8.30).
_BUILT_IN: dict[int, Shown] = {
    **dict.fromkeys([14, 15, 16, 17, *range(27, 32), 36, *range(50, 59)], "date"),
    **dict.fromkeys([18, 19, 20, 21, 22, 32, 33, 34, 35], "moment"),
    **dict.fromkeys([45, 46, 47], "duration"),
}
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.')
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BRACKETS = re.compile(r"\[[^\]]*\]")
_ZEROS = re.compile(r"0{2,15}")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True)
class Style:
    """How a number is shown; `zeros` is how many digits it is filled up to, 0 for no filling."""

    shown: Shown = "number"
    zeros: int = 0


@dataclass(frozen=True)
class Worksheet:
    """A sheet's name, the part of the archive that it is in, and whether its people see it."""

    name: str
    part: str
    hidden: bool


@dataclass(frozen=True)
class Book:
    """A workbook without its cells. `from_1904`: its days are counted from 1904-01-01, as old Macs did."""

    sheets: Sequence[Worksheet]
    texts: Sequence[str]
    styles: Sequence[Style]
    from_1904: bool


def open_book(archive: Archive) -> Book:
    """Raises Unreadable when a part is missing, broken or of an unknown kind."""
    part = _main_part(archive)
    folder, name = posixpath.split(part)
    targets = _targets(archive, f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels", folder)
    listed: list[tuple[str, str, bool]] = []
    from_1904 = False

    def start(element: str, attributes: Attributes) -> None:
        nonlocal from_1904
        if element == "sheet":
            listed.append(
                (attributes.get("name", ""), attribute(attributes, "id") or "", attributes.get("state") in _HIDDEN)
            )
        elif element == "workbookPr":
            from_1904 = attributes.get("date1904") in {"1", "true", "on"}

    walk(unpack(archive, part), start)
    sheets = []
    for title, link, hidden in listed:
        kind, target = targets.get(link, ("", ""))
        if kind == "chartsheet":
            continue
        if kind != "worksheet" or target not in archive.files:
            refuse("broken_workbook" if kind in {"", "worksheet"} else "macro_sheet")
        sheets.append(Worksheet(title, target, hidden))
    by_kind = dict(targets.values())
    texts = _texts(archive, by_kind.get("sharedStrings"))
    return Book(sheets, texts, _styles(archive, by_kind.get("styles")), from_1904)


_HIDDEN = {"hidden", "veryHidden"}


def _main_part(archive: Archive) -> str:
    targets = _targets(archive, "_rels/.rels", "")
    parts = [target for kind, target in targets.values() if kind == "officeDocument"]
    if len(parts) != 1 or parts[0] not in archive.files:
        refuse("broken_workbook")
    return parts[0]


def _targets(archive: Archive, part: str, folder: str) -> Mapping[str, tuple[str, str]]:
    """Relation id -> (kind, part of the archive)."""
    if part not in archive.files:
        refuse("broken_workbook")
    found: dict[str, tuple[str, str]] = {}

    def start(element: str, attributes: Attributes) -> None:
        if element == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            whole = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], whole)

    walk(unpack(archive, part), start)
    return found


def _texts(archive: Archive, part: str | None) -> list[str]:
    """The shared texts, in their order; what is written above Japanese characters is no part of them."""
    if part is None:
        return []
    if part not in archive.files:
        refuse("broken_workbook")
    texts: list[str] = []
    inside: list[str] = []
    pieces: list[str] = []

    def start(element: str, _attributes: Attributes) -> None:
        inside.append(element)
        if element == "si":
            pieces.clear()

    def end(element: str) -> None:
        inside.pop()
        if element == "si":
            texts.append(unescaped("".join(pieces)))

    def text(piece: str) -> None:
        if inside[-1] == "t" and "rPh" not in inside:
            pieces.append(piece)

    walk(unpack(archive, part), start, end, text)
    return texts


def unescaped(text: str) -> str:
    """A text in which Excel's way of writing control characters, `_x000D_`, is undone."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def _styles(archive: Archive, part: str | None) -> list[Style]:
    """The style of each cell format, in their order."""
    if part is None:
        return []
    if part not in archive.files:
        refuse("broken_workbook")
    codes: dict[int, str] = {}
    numbers: list[int] = []
    inside: list[str] = []

    def end(_element: str) -> None:
        inside.pop()

    def start(element: str, attributes: Attributes) -> None:
        if element == "numFmt" and "numFmts" in inside:
            codes[_whole(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
        elif element == "xf" and "cellXfs" in inside:
            numbers.append(_whole(attributes.get("numFmtId", "0")))
        inside.append(element)

    walk(unpack(archive, part), start, end)
    return [style_of(codes.get(number), number) for number in numbers]


def _whole(digits: str | None) -> int:
    if digits is None or not digits.isascii() or not digits.isdigit():
        refuse("broken_workbook")
    return int(digits)


def style_of(code: str | None, number: int) -> Style:
    """What a number format shows; `code` is None for one that is built in."""
    if code is None:
        return Style(_BUILT_IN.get(number, "number"))
    if _ZEROS.fullmatch(code):
        return Style(zeros=len(code))
    first = code.split(";")[0]
    bare = _LITERAL.sub("", first)
    if _ELAPSED.search(bare):
        return Style("duration")
    bare = _BRACKETS.sub("", bare).lower().replace("general", "")
    if re.search("[yd]", bare) or ("m" in bare and not re.search("[hs]", bare)):
        return Style("moment" if re.search("[hs]", bare) else "date")
    return Style("duration" if re.search("[hs]", bare) else "number")
