"""The survey of a bench: its file and its instrument, from what differs between one bench and another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline import survey

if TYPE_CHECKING:
    from pipeline.survey import Survey

_SURVEY = """
id = "bench"
title = {nb = "Bench", en = "Bench"}
organisation = "Fjord"
languages = ["nb"]
respondent = {%s}
wave = [{id = "w1", name = {nb = "First", en = "First"}, opens = 2026-08-01, closes = 2026-08-31}]
instrument = [{definition = "bench.toml", columns = {%s}}]
"""
_SEGMENT = """
[[segment]]
id = "{0}"
name = {{nb = "{0}", en = "{0}"}}
column = "{0}"
category = [{1}]
"""
_INSTRUMENT = """
id = "bench"
version = "1"
title = {nb = "Bench", en = "Bench"}
source = "our own"
licence = "Apache-2.0"
"""
_SCALE = """
[[scale]]
id = "{0}"
name = {{nb = "{1}", en = "{1}"}}
low = 1
high = 5
item = [{2}]
"""


def category(name: str, word: str, values: str = "") -> str:
    """A category of a segment; `values` is its spelling in files, where that is not its id."""
    spelled = f', values = ["{values}"]' if values else ""
    return f'{{id = "{name}", name = {{nb = "{word}", en = "{word}"}}{spelled}}}'


def scale(name: str, items: Iterable[str], word: str | None = None, reverse: Sequence[str] = ()) -> str:
    """A scale of five-point items, of which some are in `reverse`."""
    turned = (f'{{id = "{one}"{", reverse = true" if one in reverse else ""}}}' for one in items)
    return _SCALE.format(name, word or name, ", ".join(turned))


def parse(
    columns: Mapping[str, str],
    segments: Mapping[str, Iterable[str]],
    scales: Iterable[str],
    respondent: str = 'columns = ["person"]',
) -> Survey:
    """The survey with these columns (heading -> item), categories of each segment, and scales."""
    text = _SURVEY % (respondent, ", ".join(f'{heading} = "{item}"' for heading, item in columns.items()))
    text += "".join(_SEGMENT.format(name, ", ".join(categories)) for name, categories in segments.items())
    return survey.parse(text, {"bench.toml": _INSTRUMENT + "".join(scales)})
