"""A time as it may be written -> the moment that it is, or None where there could be two."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import ExportRejected
from pipeline.exports import times

if TYPE_CHECKING:
    from pipeline.survey import Dates

OSLO = ZoneInfo("Europe/Oslo")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-08-01 10:20:30", datetime(2026, 8, 1, 10, 20, 30, tzinfo=UTC)),
        (" 2026-08-01T10:20 ", datetime(2026, 8, 1, 10, 20, tzinfo=UTC)),
        ("2026-08-01T10:20:30.5Z", datetime(2026, 8, 1, 10, 20, 30, 500_000, tzinfo=UTC)),
        ("2026-08-01T10:20:30+02:00", datetime(2026, 8, 1, 8, 20, 30, tzinfo=UTC)),
        ("2026-08-01", datetime(2026, 8, 1, tzinfo=UTC)),
        ("1.8.2026", datetime(2026, 8, 1, tzinfo=UTC)),
        ("01.08.2026 10.20", datetime(2026, 8, 1, 10, 20, tzinfo=UTC)),
        ("01.08.2026 10:20:30", datetime(2026, 8, 1, 10, 20, 30, tzinfo=UTC)),
        ("01/08/2026", None),  # the first of August, or the eighth of January
        ("31/08/2026", None),  # only one of them, but what of the next record?
        ("2026/8/1", datetime(2026, 8, 1, tzinfo=UTC)),
        ("2026/08/01 10:20", datetime(2026, 8, 1, 10, 20, tzinfo=UTC)),
        ("2026/08/01 9:30:05 AM GMT+2", datetime(2026, 8, 1, 7, 30, 5, tzinfo=UTC)),
        ("2026/08/01 9:30:05 p.m. GMT-3:30", datetime(2026, 8, 2, 1, 0, 5, tzinfo=UTC)),
        ("2026/08/01 9:30:05 AM UTC", datetime(2026, 8, 1, 9, 30, 5, tzinfo=UTC)),
        ("2026/08/01 0:30 AM", None),
        ("0001-01-01", None),  # what programs put where there is no time
        ("1899-12-31 10:00", None),
        ("9999-12-31", None),
        ("01.01.1900", None),
        ("1990-01-01", datetime(1990, 1, 1, tzinfo=UTC)),
        ("2026/08/01 13:30 PM", None),
        ("2026/08/01 9:30 GMT+26", None),
        ("26/08/01", None),
        ("2026/08/2026", None),
        ("8/1/26", None),
        ("45870", None),
        ("31.02.2026", None),
        ("2026-13-01", None),
        ("0001-01-01T00:00:00+02:00", None),
        ("٢٠٢٦-08-01", None),
        ("", None),
    ],
)
def test_times(text: str, expected: datetime | None) -> None:
    assert times.moment(text) == expected


def test_a_time_is_in_the_zone_of_its_column() -> None:
    assert times.moment("2026-08-01 10:00:00", OSLO) == datetime(2026, 8, 1, 8, tzinfo=UTC)
    assert times.moment("01.08.2026 10:00", OSLO) == datetime(2026, 8, 1, 8, tzinfo=UTC)
    assert times.zone("Z", "x") is UTC
    assert times.zone("Europe/Oslo", "x") == OSLO


@pytest.mark.parametrize("name", ["Middle/Earth", "../etc/passwd", ""])
def test_a_zone_that_there_is_not(name: str) -> None:
    with pytest.raises(ExportRejected, match="column 'StartDate': the time zone"):
        times.zone(name, "StartDate")


@pytest.mark.parametrize(
    ("text", "dates", "expected"),
    [
        ("01/08/2026", "day_first", datetime(2026, 8, 1, tzinfo=UTC)),
        ("01/08/2026", "month_first", datetime(2026, 1, 8, tzinfo=UTC)),
        ("31/08/2026 10:20", "day_first", datetime(2026, 8, 31, 10, 20, tzinfo=UTC)),
        ("31/08/2026 10:20", "month_first", None),
        ("08/01/2026 12:00:00 AM", "month_first", datetime(2026, 8, 1, tzinfo=UTC)),
        ("8/1/2026, 12:20 pm", "month_first", datetime(2026, 8, 1, 12, 20, tzinfo=UTC)),
        ("8/1/2026 9:30:05 PM", "month_first", datetime(2026, 8, 1, 21, 30, 5, tzinfo=UTC)),
        ("2026/08/01", "month_first", datetime(2026, 8, 1, tzinfo=UTC)),  # the year first can only be this
        ("8/1/26", "month_first", None),
        ("8/1/20261", "month_first", None),
    ],
)
def test_slashes_are_read_as_the_owner_says(text: str, dates: Dates, expected: datetime | None) -> None:
    assert times.moment(text, dates=dates) == expected


@given(at=st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda at: at.replace(microsecond=0)))  # noqa: DTZ001 - in the zone
def test_a_time_is_what_it_was_however_it_is_written(at: datetime) -> None:
    meant = at.replace(tzinfo=OSLO, fold=0).astimezone(UTC)  # what is written cannot say which of two hours
    written: list[tuple[str, Dates | None]] = [
        ("%Y-%m-%d %H:%M:%S", None),
        ("%d.%m.%Y %H:%M:%S", None),
        ("%Y/%m/%d %I:%M:%S %p", None),
        ("%d/%m/%Y %H:%M:%S", "day_first"),
        ("%m/%d/%Y %I:%M:%S %p", "month_first"),
    ]
    assert {times.moment(at.strftime(style), OSLO, dates) for style, dates in written} == {meant}


@pytest.mark.parametrize(
    ("text", "ambiguous"),
    [("1/8/2026", True), ("01/08/2026 9:30 AM", True), ("2026/08/01", False), ("1/8/26", False), ("i går", False)],
)
def test_whether_somebody_has_to_say_what_comes_first(text: str, ambiguous: bool) -> None:  # noqa: FBT001 - an example
    assert times.is_ambiguous(text) is ambiguous
