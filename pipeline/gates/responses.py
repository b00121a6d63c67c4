"""The responses of a wave, measured by a locked DuckDB: a row for the wave, each instrument, and each item.

Great Expectations then judges these few rows instead of millions of answers, which it never sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, log, prod, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.counting.arrays import arrow, numbers, valid
from pipeline.gates.sql import rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pipeline.gates.before import Before
    from pipeline.instruments import Instrument, Scale
    from pipeline.survey import Survey, Wave

# `subject` names what a row is about, `kind` says what that is. A share is of 0 to 1. Null: not measured.
RESPONSES = pa.schema(
    [
        pa.field("subject", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),  # wave, instrument or item
        # Of the wave.
        pa.field("answers", pa.int64()),  # accepted records
        pa.field("respondents", pa.int64()),  # different people
        pa.field("invited", pa.int64()),  # people of the roster; null without one
        pa.field("response_rate", pa.float64()),  # share of those invited who answered
        pa.field("strangers", pa.float64()),  # share of the respondents who are not in the roster
        pa.field(
            "no_pseudonym", pa.int64()
        ),  # records whose respondent is none: a name or number may have come through
        pa.field("keys", pa.int64()),  # keys that pseudonyms were made with
        pa.field("no_file", pa.int64()),  # records that do not say which file they came from
        pa.field("taken_twice", pa.int64()),  # records of a file that are there more than once
        pa.field("no_unit", pa.int64()),  # records without a unit, where exports carry it
        pa.field("days_early", pa.float64()),  # 99 of 100 records came at most this long before the wave opened
        pa.field("days_late", pa.float64()),  # and at most this long after it closed
        # Of an instrument.
        pa.field("complete", pa.float64()),  # share of its questions that were answered, over all records
        pa.field("straight_liners", pa.float64()),  # share who gave one and the same answer to all of its questions
        pa.field("repeated_patterns", pa.float64()),  # share whose whole pattern of answers somebody else has too
        # Of an item.
        pa.field("missing", pa.float64()),  # share of the records that do not answer it
        pa.field("outside", pa.int64()),  # answers that are not on its scale
        pa.field("item_rest", pa.float64()),  # correlation with the mean of the scale's other items, all turned one way
        pa.field("shift", pa.float64()),  # difference of its mean from the wave before, in standard deviations, >= 0
        pa.field("drift", pa.float64()),  # population stability index against the wave before, above chance
    ],
)
LEAST_FOR_A_LINE = 4  # questions on one range of answers, below which one answer to all of them says nothing
# The 99th percentile of chi-squared with two degrees of freedom: what the index of three bands reaches by chance.
CHANCE = 9.21


def responses(
    survey: Survey, wave: Wave, records: pa.Table, people: pa.Table | None, earlier: Mapping[str, Before]
) -> pa.Table:
    """Measures of a wave as RESPONSES. `records` are accepted responses with `days_early` and `days_late`.

    `people` is the roster, None where the exports carry the units; `earlier` is what was published of the wave before
    about the whole organisation, by measure. Raises KeyError when an item has no column.
    """
    found = [_wave(survey, wave, records, people)]
    for instrument in survey.instruments:
        items = [row for scale in instrument.scale for row in _items(scale, records, earlier)]
        found += [_instrument(instrument, records, items), *items]
    return pa.Table.from_pylist(found, schema=RESPONSES)


def _wave(survey: Survey, wave: Wave, records: pa.Table, people: pa.Table | None) -> dict[str, Any]:
    carried = survey.file.respondent.unit is not None
    names = ("respondent", "key_id", "source", "record", "days_early", "days_late")
    unit = records["unit"] if carried else pa.nulls(records.num_rows, pa.string())
    nobody = pa.table({"respondent": pa.array([], pa.string())})
    relations = {
        "records": records.select(names).append_column("unit", unit),
        "people": nobody if people is None else people.select(["respondent"]),
    }
    (one,) = rows("gates_wave", relations)
    invited = None if people is None else one["invited"]
    return {
        "subject": wave.id,
        "kind": "wave",
        "answers": one["answers"],
        "respondents": one["respondents"],
        "invited": invited,
        "response_rate": one["reached"] / invited if invited else None,
        "strangers": None if people is None else _share(one["respondents"] - one["reached"], one["respondents"]),
        "no_pseudonym": one["no_pseudonym"],
        "keys": one["key_ids"],
        "no_file": one["unsourced"],
        "taken_twice": one["taken_twice"],
        "no_unit": one["without_unit"] if carried else None,
        "days_early": one["days_early"],
        "days_late": one["days_late"],
    }


def _items(scale: Scale, records: pa.Table, earlier: Mapping[str, Before]) -> Iterator[dict[str, Any]]:
    """One row an item of a scale."""
    width = scale.high - scale.low
    moved = [
        pc.subtract(scale.high, records[item.id]) if item.reverse else pc.subtract(records[item.id], scale.low)
        for item in scale.item
    ]
    numbered = {f"i{number}": one for number, one in enumerate(moved)}
    points = scale.score == "points"
    above, below = (width, width) if points else (17, 13)  # of eNPS, 9 and 10 are above, 0 to 6 below
    given = {"width": width, "above": above, "below": below}
    (found,) = rows("gates_items", {"moved": pa.table({**numbered, **_together(moved)})}, given)
    for item, one in zip(scale.item, found.values(), strict=True):
        answered = one["answered"]
        now = _Moments.of(one)
        before = earlier.get(item.id if points else scale.id)
        yield {
            "subject": item.id,
            "kind": "item",
            "missing": _share(records.num_rows - answered, records.num_rows),
            "outside": one["outside"],
            "item_rest": _correlation(one["rest"]),
            "shift": now.shift(before, scale, reverse=item.reverse) if before else None,
            "drift": now.drift(before) if before else None,
        }


def _together(items: list[pa.ChunkedArray]) -> dict[str, pa.Array]:
    """The sum of the answers of each record to these items, and how many there are."""
    total, answered = (np.zeros(len(items[0]), np.int64) for _ in range(2))
    for item in items:
        total += numbers(item, 0)
        answered += valid(item)
    return {"total": arrow(total), "answered": arrow(answered)}


def _instrument(instrument: Instrument, records: pa.Table, items: list[dict[str, Any]]) -> dict[str, Any]:
    ranges: dict[tuple[int, int], list[str]] = {}
    for scale in instrument.scale:
        ranges.setdefault((scale.low, scale.high), []).extend(item.id for item in scale.item)
    block = max(ranges.values(), key=len)  # questions that are answered on one range
    every = [item.id for scale in instrument.scale for item in scale.item]
    sizes = [scale.high - scale.low + 1 for scale in instrument.scale for _ in scale.item]
    lines = _patterns(records, block) if len(block) >= LEAST_FOR_A_LINE else None
    # Among n people some two agree by chance unless there are far more than n * n patterns; answers go together, so
    # it takes a hundred times more.
    rare = prod(sizes) >= 100 * records.num_rows**2
    patterns = _patterns(records, every) if rare else None
    return {
        "subject": instrument.id,
        "kind": "instrument",
        "complete": 1 - sum(one["missing"] for one in items) / len(items) if records.num_rows else None,
        "straight_liners": _share(lines["straight"], lines["people"]) if lines else None,
        "repeated_patterns": _share(patterns["repeated"], patterns["people"]) if patterns else None,
    }


def _patterns(records: pa.Table, items: list[str]) -> dict[str, Any]:
    """Over those who answered at least two thirds of these items, and no fewer than four."""
    numbered = pa.table([records[item] for item in items], names=[f"i{number}" for number, _ in enumerate(items)])
    least = max(LEAST_FOR_A_LINE, -(-2 * len(items) // 3))
    (found,) = rows("gates_patterns", {"answers": numbered}, {"least": least})
    return found


def _correlation(value: float | None) -> float | None:
    """To nine digits, since the last ones depend on the order of rows; null where nothing varies."""
    return None if value is None or isnan(value) else round(value, 9)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


@dataclass(frozen=True)
class _Moments:
    """An item in this wave: how many answered, mean and spread from the unfavourable end, and its three bands."""

    answered: int
    mean: float
    sd: float
    bands: tuple[int, int, int]

    @staticmethod
    def of(one: Mapping[str, Any]) -> _Moments:
        """From counts and exact sums."""
        answered = one["answered"]
        mean = one["total"] / answered if answered else 0.0
        variance = max(one["squares"] / answered - mean * mean, 0.0) if answered else 0.0
        neutral = answered - one["favourable"] - one["unfavourable"]
        return _Moments(answered, mean, sqrt(variance), (one["favourable"], neutral, one["unfavourable"]))

    def shift(self, before: Before, scale: Scale, *, reverse: bool) -> float | None:
        """Standardised difference of means (Cohen 1988, d), by this wave's own spread; null where nothing varies.

        An eNPS is published as shares less shares, and is compared as such.
        """
        if not self.answered or before.mean is None:
            return None
        if scale.score != "points":
            up, _, down = (band / self.answered for band in self.bands)
            spread = sqrt(max(up + down - (up - down) ** 2, 0.0))
            return abs(up - down - before.mean / 100) / spread if spread else None
        then = scale.high - before.mean if reverse else before.mean - scale.low
        return abs(self.mean - then) / self.sd if self.sd else None

    def drift(self, before: Before) -> float | None:
        """Population stability index of the three bands, less what chance gives (Yurdakul and Naranjo 2020), >= 0.

        Sum of (p - q) ln(p / q), Siddiqi 2006; a band that nobody is in counts as half a person. Without any change
        it is distributed as chi-squared with two degrees of freedom times (1/n + 1/m).
        """
        if not self.answered or not before.answered or before.shares is None:
            return None
        now = [max(band, 0.5) / self.answered for band in self.bands]
        then = [max(share, 0.5 / before.answered) for share in before.shares]
        index = sum((p - q) * log(p / q) for p, q in zip(now, then, strict=True))
        return max(index - CHANCE * (1 / self.answered + 1 / before.answered), 0.0)
