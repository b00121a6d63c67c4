"""The readers of children, run in this process: the same stream without the second that each child costs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline.foreign import child, parquet, sav, xlsx
from pipeline.foreign.process import Spoken

if TYPE_CHECKING:
    from pipeline.foreign.found import Found

CONVERT: dict[str, Callable[[bytes], Found]] = {"xlsx": xlsx.convert, "sav": sav.convert, "parquet": parquet.convert}


def read(parser: str, data: bytes) -> Spoken:
    """What a child would say."""
    said: list[str] = []
    child.answer(CONVERT[parser], data, said.append)
    head, _, table = "".join(said).encode().partition(b"\n")
    return Spoken(json.loads(head), table)
