"""SPSS files for tests, written byte by byte after the published description of the format, without a library."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SYSMIS = -1.7976931348623157e308
F, A, DATE, DATETIME, N = 5, 1, 20, 22, 16  # format types


@dataclass(frozen=True)
class Variable:
    """A variable: `width` 0 for numbers, else characters; labels and missing values as the file has them."""

    name: str
    width: int = 0
    shown: int = F
    labels: Mapping[float, str] = field(default_factory=dict)
    missing: Sequence[float] = ()
    ranged: bool = False  # `missing` is a range: low, high


def sav(
    variables: Sequence[Variable],
    cases: Sequence[Sequence[float | str | None]],
    *,
    code_page: int = 65001,
    encoding: str | None = "UTF-8",
    count: int | None = None,
) -> bytes:
    """An uncompressed .sav; `count` is what its header says, `encoding` None leaves that record out."""
    python = encoding or ("utf-8" if code_page == 65001 else "cp1252")
    size = sum(max(1, (one.width + 7) // 8) for one in variables)
    said = len(cases) if count is None else count
    out = [b"$FL2", b"@(#) SPSS DATA FILE by hand".ljust(60), struct.pack("<iiiii", 2, size, 0, 0, said)]
    out += [struct.pack("<d", 100.0), b"01 Aug 26", b"10:20:30", b" " * 64, b"\0" * 3]
    for one in variables:
        out.append(_variable(one))
    at = 1
    for one in variables:
        if one.labels:
            out.append(struct.pack("<ii", 3, len(one.labels)))
            for value, label in one.labels.items():
                text = label.encode(python)
                room = (len(text) + 8) // 8 * 8 - 1
                out += [struct.pack("<dB", value, len(text)), text.ljust(room)]
            out.append(struct.pack("<iii", 4, 1, at))
        at += max(1, (one.width + 7) // 8)
    if code_page:
        out.append(struct.pack("<iiii8i", 7, 3, 4, 8, 20, 0, 0, -1, 1, 1, 2, code_page))
    if encoding is not None:
        name = encoding.encode()
        out.append(struct.pack("<iiii", 7, 20, 1, len(name)) + name)
    out.append(struct.pack("<ii", 999, 0))
    for case in cases:
        for one, value in zip(variables, case, strict=True):
            out.append(_value(one, value, python))
    return b"".join(out)


def _variable(one: Variable) -> bytes:
    kind = A if one.width else one.shown
    shown = (kind << 16) | ((one.width or 8) << 8)
    missing = -2 if one.ranged else len(one.missing)
    head = struct.pack("<iiiiii", 2, one.width, 0, missing, shown, shown) + one.name.encode().ljust(8)
    head += b"".join(struct.pack("<d", value) for value in one.missing)
    rest = struct.pack("<iiiiii", 2, -1, 0, 0, 0, 0) + b" " * 8
    return head + rest * (max(1, (one.width + 7) // 8) - 1)


def _value(one: Variable, value: float | str | None, python: str) -> bytes:
    if one.width:
        return str(value or "").encode(python).ljust((one.width + 7) // 8 * 8)
    return struct.pack("<d", SYSMIS if value is None else float(value))
