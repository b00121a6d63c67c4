"""The survey that the export is one of, and the key that its persons are under."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import surveys
from bench.ingest.columns import ITEMS, SEGMENTS
from pipeline.pseudonyms import PseudonymKey

if TYPE_CHECKING:
    from pipeline.survey import Survey

KEY = PseudonymKey("bench", b"nobody answered this export, so this is no secret")


def read_survey() -> Survey:
    """The survey that this is an export of."""
    segments = {
        name: [surveys.category(f"{name}{place}", value, value) for place, value in enumerate(values)]
        for name, values in SEGMENTS.items()
    }
    scales = (
        surveys.scale(f"scale{first}", [item.lower() for item in ITEMS[first : first + 5]], word=str(first))
        for first in range(0, len(ITEMS), 5)
    )
    respondent = 'columns = ["person"], submitted = ["sent"], unit = "unit"'
    return surveys.parse({item: item.lower() for item in ITEMS}, segments, scales, respondent)
