"""Sheets as a workbook, written by XlsxWriter: the same sheets give the same bytes.

Text stands in its cell as text, which no program takes for a formula. No clock, name of a person or program is in it.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.spreadsheets import inert

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_ROWS = 1 << 20  # of a sheet
_MOST_LETTERS = 16_383  # of a cell: half of what there may be, since a letter may count as two
_WHEN = datetime(1980, 1, 1, tzinfo=UTC)  # the first day of a zip file's clock
_NO_LETTERS = dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")  # which XML cannot hold

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


def to_bytes(sheets: Sequence[Sheet]) -> bytes:
    """The workbook."""
    import xlsxwriter  # noqa: PLC0415 - which whoever opens no workbook need not wait for

    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"in_memory": True}) as book:
        book.set_properties({"created": _WHEN})
        heading = book.add_format({"bold": True, "bg_color": "#E7ECEF", "text_wrap": True, "valign": "top"})
        for sheet in sheets:
            plain = book.add_format({"text_wrap": True, "valign": "top"} if sheet.wrapped else {})
            # Such a text stays text also when somebody edits its cell.
            live = book.add_format({"quote_prefix": True, "text_wrap": sheet.wrapped, "valign": "top"})
            made = book.add_worksheet(sheet.name)
            for column, width in enumerate(sheet.widths):
                made.set_column(column, column, width)
            if sheet.headings:
                made.freeze_panes(sheet.headings, 0)
                made.autofilter(sheet.headings - 1, 0, len(sheet.rows) - 1, len(sheet.widths) - 1)
            for number, row in enumerate(sheet.rows):
                for column, value in enumerate(row):
                    if isinstance(value, str) or (value is not None and not math.isfinite(value)):
                        text = str(value).translate(_NO_LETTERS)[:_MOST_LETTERS]
                        of = heading if number < sheet.headings else plain if inert(text) == text else live
                        made.write_string(number, column, text, of)
                    elif value is not None:
                        made.write_number(number, column, value)
    return sink.getvalue()
