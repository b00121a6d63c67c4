"""Names that others chose: made harmless to show, and turned into names of folders."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from pipeline.content import sha256

if TYPE_CHECKING:
    from collections.abc import Iterable

SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
LIKE_A_HASH = re.compile(r"u-[0-9a-f]{16}", re.IGNORECASE)
DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]", re.IGNORECASE)  # no folder on Windows may be called so
BREAKS = {"Cc", "Zl", "Zp"}  # controls, line and paragraph separators: a space stands in their place
UNSEEN = {"Cf", "Cs", "Co", "Cn"}  # right-to-left overrides, soft hyphens, private use: nothing does


def inert(name: str) -> str:
    """The name on one line without characters that are not seen or that turn the text around.

    Escaping for HTML is the template's part.
    """
    kinds = [(one, unicodedata.category(one)) for one in name]
    return " ".join("".join(" " if kind in BREAKS else one for one, kind in kinds if kind not in UNSEEN).split())


def as_people_count(unit: str) -> tuple[tuple[int, str], ...]:
    """What ids are put in order by, as people count: `U1-2` before `U1-10`."""
    parts = re.split(r"([0-9]+)", unit)
    return tuple((int(one), "") if number % 2 else (-1, one) for number, one in enumerate(parts))


def slugs(units: Iterable[str]) -> dict[str, str]:
    """Unit id -> a name for its folder: the id when that is safe everywhere, otherwise `u-` and a hash of the id.

    No two units share a folder, also where upper and lower case are one.
    """
    units = list(units)
    alike = Counter(unit.casefold() for unit in units)
    return {unit: unit if _is_safe(unit) and alike[unit.casefold()] == 1 else _hashed(unit) for unit in units}


def _is_safe(unit: str) -> bool:
    return bool(SAFE.fullmatch(unit)) and not LIKE_A_HASH.fullmatch(unit) and not DEVICE.fullmatch(unit)


def _hashed(unit: str) -> str:
    return f"u-{sha256(unit.encode())[:16]}"
