"""Sheets as a workbook (ECMA-376 part 1, SpreadsheetML): the same sheets give the same bytes.

Text stands in its cell as text, which no program takes for a formula. No clock, name of a person or program is in it.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from pipeline.spreadsheets import inert

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_ROWS = 1 << 20  # of a sheet
_MOST_LETTERS = 16_383  # of a cell: half of what there may be, since a letter may count as two
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PLAIN, _HEADING, _PREFIXED, _WRAPPED = range(4)
# Cell formats by the numbers above. A prefixed text stays text also when somebody edits its cell.
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="3"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill><fill><patternFill '
    'patternType="solid"><fgColor rgb="FFE7ECEF"/></patternFill></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="4"><xf/>'
    '<xf fontId="1" fillId="2" applyFont="1" applyFill="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/>'
    '</xf><xf quotePrefix="1"/><xf quotePrefix="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
# What XML cannot hold, and what would be read as something that it cannot hold (18.4.8: ST_Xstring).
_UNSAID = re.compile("[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
_NO_LETTERS = dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")

Cell = str | int | float | None


@dataclass(frozen=True)
class Sheet:
    """Rows of cells, `headings` of which stay in view at the top, the last one with a filter for each column.

    The name is of plain letters. `widths` are those of the columns, in letters. With `wrapped`, a long text goes on
    below itself.
    """

    name: str
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[int]
    headings: int = 0
    wrapped: bool = False

    @property
    def filtered(self) -> str:
        """The cells that the filter is about."""
        return f"$A${self.headings}:${letters_of(len(self.widths))}${len(self.rows)}"


def to_bytes(sheets: Sequence[Sheet]) -> bytes:
    """The workbook."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        for name, text in _around(sheets).items():
            archive.writestr(_entry(name), _said(text))
        for number, sheet in enumerate(sheets, start=1):
            with archive.open(_entry(f"xl/worksheets/sheet{number}.xml"), "w", force_zip64=True) as part:
                for text in _worksheet(sheet):
                    part.write(text.encode())
    return sink.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """Of no time, and of no system."""
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 0
    return entry


def _around(sheets: Sequence[Sheet]) -> dict[str, str]:
    """Every part but the sheets themselves, by its name."""
    numbers = range(1, len(sheets) + 1)
    typed = [
        ("workbook", "sheet.main"),
        ("styles", "styles"),
        *((f"worksheets/sheet{n}", "worksheet") for n in numbers),
    ]
    types = "".join(f'<Override PartName="/xl/{part}.xml" ContentType="{_TYPES}.{kind}+xml"/>' for part, kind in typed)
    default = '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    listed = "".join(f'<sheet name="{one.name}" sheetId="{n}" r:id="rId{n}"/>' for n, one in enumerate(sheets, start=1))
    filters = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{at}" hidden="1">\'{one.name}\'!{one.filtered}'
        "</definedName>"
        for at, one in enumerate(sheets)
        if one.headings
    )
    names = f"<definedNames>{filters}</definedNames>" if filters else ""
    links = [(n, "worksheet", f"worksheets/sheet{n}.xml") for n in numbers] + [(0, "styles", "styles.xml")]
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">{default}{types}</Types>',
        "_rels/.rels": _links([(1, "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets>{names}</workbook>',
        "xl/_rels/workbook.xml.rels": _links(links),
        "xl/styles.xml": _STYLES,
    }


def _links(of: Sequence[tuple[int, str, str]]) -> str:
    each = (f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{to}"/>' for number, kind, to in of)
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(each)}</Relationships>'


def _said(text: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{text}'


def _worksheet(sheet: Sheet) -> Iterator[str]:
    """The part of a sheet, piece by piece."""
    widths = (f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(sheet.widths, 1))
    pane = (
        f'<pane ySplit="{sheet.headings}" topLeftCell="A{sheet.headings + 1}" activePane="bottomLeft" state="frozen"/>'
    )
    view = f'<sheetViews><sheetView workbookViewId="0">{pane if sheet.headings else ""}</sheetView></sheetViews>'
    yield _said(f'<worksheet xmlns="{_MAIN}">{view}<cols>{"".join(widths)}</cols><sheetData>')
    letters = [letters_of(number) for number in range(1, len(sheet.widths) + 1)]
    for number, row in enumerate(sheet.rows, start=1):
        text = _HEADING if number <= sheet.headings else _WRAPPED if sheet.wrapped else _PLAIN
        cells = (_cell(value, f"{letter}{number}", text) for letter, value in zip(letters, row, strict=True))
        yield f'<row r="{number}">{"".join(cells)}</row>'
    filtered = sheet.filtered.replace("$", "")
    yield "</sheetData>"
    yield f'<autoFilter ref="{filtered}"/></worksheet>' if sheet.headings else "</worksheet>"


def _cell(value: Cell, where: str, style: int) -> str:
    """A cell; nothing for none."""
    if value is None:
        return ""
    if not isinstance(value, str):
        if math.isfinite(value):
            return f'<c r="{where}"><v>{value!r}</v></c>'
        value = repr(value)
    prefixed = style == _PLAIN and inert(value) != value
    text = escape(_UNSAID.sub(lambda found: f"_x{ord(found[0]):04X}_", value[:_MOST_LETTERS].translate(_NO_LETTERS)))
    kind = f' s="{_PREFIXED if prefixed else style}" t="inlineStr"'
    return f'<c r="{where}"{kind}><is><t xml:space="preserve">{text}</t></is></c>'


def letters_of(number: int) -> str:
    """The letters of a column that is counted from 1."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
