"""An SPSS file (.sav, .zsav) -> its table and the labels of its values. Runs in a child: `-m pipeline.foreign.sav`.

A value that the file itself calls missing is blank: the person did not answer, or could not.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pipeline.foreign import child
from pipeline.foreign.found import Found, Labels, refuse
from pipeline.foreign.meaning import number_text

CELLS = 20_000_000  # more are pushed as CSV
_DAY_ZERO = datetime(1582, 10, 14)  # noqa: DTZ001 - SPSS has no time zones; the first Gregorian day is the next
_LAST = (datetime(9999, 12, 31) - _DAY_ZERO).total_seconds()  # noqa: DTZ001 - as above
_FORMAT = re.compile(r"([A-Z]+)([0-9]*)")
_DATES = frozenset({"DATE", "ADATE", "EDATE", "SDATE", "JDATE"})
_MOMENTS = frozenset({"DATETIME", "YMDHMS"})
_MACHINE = 48  # bytes of the record on the machine that wrote the file; the last four are its code page
_BITS = 4  # code pages up to here only say how many bits a letter has
_COUNT_AT = 80  # where the header has its number of cases, as four bytes
_LAYOUT_AT = 64  # where it has a 2 or a 3, which tells the order of bytes


def convert(data: bytes) -> Found:
    """Variable names, and below them every case. Raises Unreadable."""
    import pyreadstat  # noqa: PLC0415 - after the limits are set, so that they hold for it too

    cases = _cases(data)
    # The parser stops at the count in the header, whatever comes after; with the count open it reads to the end.
    data = data[:_COUNT_AT] + b"\xff" * 4 + data[_COUNT_AT + 4 :]
    try:
        # As a dict, also where only the names are asked for: the images of the functions have no pandas.
        about = pyreadstat.read_sav(io.BytesIO(data), metadataonly=True, output_format="dict")[1]
        if len(about.column_names) * cases > CELLS:
            refuse("too_large")
        columns, about = pyreadstat.read_sav(io.BytesIO(data), output_format="dict", disable_datetime_conversion=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, ValueError, OSError):
        refuse("broken_sav")
    names = list(about.column_names)
    if not names:
        refuse("empty_file")
    texts = [_texts(columns[name], about.original_variable_types.get(name)) for name in names]
    count = len(texts[0])
    if count != cases:
        refuse("records_lost")
    rows = [names, *([column[at] for column in texts] for at in range(count))]
    encoding = str(about.file_encoding or "")
    labels = _labels(about.variable_value_labels, about.original_variable_types)
    if not _says_letters(data) and not _ascii(rows, labels):
        refuse("sav_encoding")
    return Found(rows, labels=labels, encoding=encoding.lower() or "ascii")


def _says_letters(data: bytes) -> bool:
    """Whether the file names its encoding, or a code page that is one; older ones say 7 or 8 bits, or nothing."""
    order = "<" if data[_LAYOUT_AT] in {2, 3} else ">"
    if struct.pack(f"{order}iii", 7, 20, 1) in data:
        return True
    at = data.find(struct.pack(f"{order}iiii", 7, 3, 4, 8))
    if at < 0 or len(data) < at + _MACHINE:
        return False
    (code_page,) = struct.unpack_from(f"{order}i", data, at + _MACHINE - 4)
    return int(code_page) > _BITS


def _cases(data: bytes) -> int:
    """How many cases the header says there are. Raises Unreadable where it leaves that open: a cut would go unseen."""
    if len(data) < _COUNT_AT + 4:
        refuse("broken_sav")
    order = "<" if data[_LAYOUT_AT] in {2, 3} else ">"
    (cases,) = struct.unpack_from(f"{order}i", data, _COUNT_AT)
    if cases < 0:
        refuse("sav_count")
    return int(cases)


def _texts(values: Sequence[Any], written: str | None) -> list[str]:
    match = _FORMAT.match(written or "")
    kind, width = (match[1], int(match[2] or 0)) if match else ("", 0)
    return ["" if value is None else _text(value, kind, width) for value in values]


def _text(value: str | float, kind: str, width: int) -> str:
    if isinstance(value, str):
        return value.rstrip(" ")  # SPSS fills texts up with blanks
    number = float(value)
    if number != number:  # noqa: PLR0124 - only what is no number is not itself
        return ""
    if kind in _DATES | _MOMENTS:
        if not 0 <= number <= _LAST:
            return number_text(number)
        at = _DAY_ZERO + timedelta(seconds=round(number))
        return at.date().isoformat() if kind in _DATES else at.isoformat(sep=" ")
    text = number_text(number) if abs(number) != float("inf") else str(number)
    return text.zfill(width) if kind == "N" and text.isdigit() else text


def _labels(labels: Mapping[str, Mapping[Any, str]], written: Mapping[str, str | None]) -> Labels:
    return {
        column: {_texts([value], written.get(column))[0]: str(label) for value, label in values.items()}
        for column, values in labels.items()
    }


def _ascii(rows: list[list[str]], labels: Labels) -> bool:
    return all(cell.isascii() for row in rows for cell in row) and all(
        label.isascii() for values in labels.values() for label in values.values()
    )


if __name__ == "__main__":
    child.run(convert)
