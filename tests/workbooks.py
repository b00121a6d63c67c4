"""Workbooks for tests, written part by part: no library stands between a picture and its bytes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"

# Number formats by the index of the cell format that has them.
GENERAL, DATE, MOMENT, ZEROS, ELAPSED, TIME = range(6)
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="dd.mm.yyyy hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="00000"/><numFmt numFmtId="166" formatCode="[h]:mm"/></numFmts><cellXfs>'
    '<xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/>'
    '<xf numFmtId="20"/></cellXfs></styleSheet>'
)


@dataclass(frozen=True)
class Raw:
    """A cell as XML inside of `<c>`, with its attributes: `Raw('<v>#N/A</v>', t="e")`."""

    inner: str
    t: str = ""
    s: int = 0


Cell = str | int | float | bool | None | Raw


def column(number: int) -> str:
    """The letters of a column counted from 1."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def cell(value: Cell, row: int, at: int) -> str:
    """One cell; an empty one is not written, as no program writes it."""
    where = f'r="{column(at)}{row}"'
    match value:
        case None | "":
            return ""
        case Raw():
            kind = f' t="{value.t}"' if value.t else ""
            return f'<c {where} s="{value.s}"{kind}>{value.inner}</c>'
        case bool():
            return f'<c {where} t="b"><v>{int(value)}</v></c>'
        case str():
            return f'<c {where} t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f"<c {where}><v>{value!r}</v></c>"


def sheet(rows: Sequence[Sequence[Cell]], before: str = "", after: str = "", first: int = 1) -> str:
    """The XML of a worksheet, with what else there may be before and after its cells."""
    lines = "".join(
        f'<row r="{number}">{"".join(cell(one, number, at) for at, one in enumerate(row, start=1))}</row>'
        for number, row in enumerate(rows, start=first)
    )
    return f'<worksheet xmlns="{MAIN}">{before}<sheetData>{lines}</sheetData>{after}</worksheet>'


def parts(sheets: Mapping[str, str], hidden: Sequence[str] = (), properties: str = "") -> dict[str, str]:
    """The parts of a workbook with these sheets by name."""
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{at}" r:id="rId{at}" state="{_state(name in hidden)}"/>'
        for at, name in enumerate(sheets, start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{at}" Type="{LINKS}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in range(1, len(sheets) + 1)
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{LINKS}">{properties}'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{links}<Relationship '
        f'Id="rId99" Type="{LINKS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": STYLES,
        **{f"xl/worksheets/sheet{at}.xml": xml for at, xml in enumerate(sheets.values(), start=1)},
    }


def _state(hidden: bool) -> str:  # noqa: FBT001 - one word or the other
    return "hidden" if hidden else "visible"


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """A zip of these files; the same files give the same bytes."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 8, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def workbook(rows: Sequence[Sequence[Cell]], **options: str) -> bytes:
    """A workbook with one sheet; `options` are `before` and `after` its cells."""
    return packed(parts({"Svar": sheet(rows, **options)}))  # type: ignore[arg-type]  # before and after only
