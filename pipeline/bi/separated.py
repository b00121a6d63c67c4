"""Tables as text: CSV for spreadsheets, with a decimal comma or point, and SDMX-CSV for statistical tools."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Literal

from pipeline.spreadsheets import inert

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pyarrow as pa

Decimal = Literal["comma", "point"]

_STRUCTURE = "PULSVERK:FACTS(1.0)"
_DIMENSIONS = ("survey", "wave", "unit", "segment", "category", "measure")
_MEASURE, _STATUS = "mean", "status"
# Our status as SDMX says it, OBS_STATUS and CONF_STATUS (SDMX cross-domain code lists): A normal, Q missing and
# suppressed, L missing and not collected; F free, C confidential. SDMX's own CONF_STATUS N means another thing.
_SDMX = {"F": ("A", "F"), "C": ("Q", "C"), "N": ("L", "F")}


def to_csv(table: pa.Table, decimal: Decimal) -> bytes:
    """The table with a header, in UTF-8 with a mark by which Excel knows it; what is null is empty.

    With a decimal comma columns are parted by semicolons, as Norwegian spreadsheets expect. Text that a spreadsheet
    would take for a formula gets an apostrophe in front.
    """
    comma = decimal == "comma"
    rows = _rows(table, table.schema.names)
    lines = ([_cell(value, comma=comma) for value in row] for row in rows)
    return b"\xef\xbb\xbf" + _written([table.schema.names, *lines], ";" if comma else ",")


def to_sdmx(facts: pa.Table) -> bytes:
    """Facts as SDMX-CSV 2.0: OBS_VALUE is the mean; what else is said of a cell is an attribute, with CONF_STATUS."""
    attributes = [name for name in facts.schema.names if name not in {*_DIMENSIONS, _MEASURE, _STATUS}]
    header = ["STRUCTURE", "STRUCTURE_ID", "ACTION", *(name.upper() for name in _DIMENSIONS), "OBS_VALUE"]
    header += [*(name.upper() for name in attributes), "OBS_STATUS", "CONF_STATUS"]
    names = (*_DIMENSIONS, _MEASURE, *attributes, _STATUS)
    lines = (
        ["dataflow", _STRUCTURE, "I", *(_plain(value) for value in row[:-1]), *_SDMX[str(row[-1])]]
        for row in _rows(facts, names)
    )
    return _written([header, *lines], ",")


def _rows(table: pa.Table, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def _cell(value: object, *, comma: bool) -> str:
    if isinstance(value, float):
        return repr(value).replace(".", ",") if comma else repr(value)
    text = _plain(value)
    return inert(text) if isinstance(value, str) else text


def _plain(value: object) -> str:
    return "" if value is None else str(value)


def _written(lines: Iterable[Sequence[str]], delimiter: str) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode()
