"""What was decided, what came afterwards, and when to measure and talk again. Dates come from the wave, no clock."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipeline.reports.names import inert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pipeline.reports.leader import Wording
    from pipeline.survey import Measure, Survey, Wave

DAYS = {"week": 7, "fortnight": 14}
MONTHS = {"month": 1, "quarter": 3, "half-year": 6, "year": 12}
TO_TALK = 14  # days from when results are due; a team that meets every other week has met once


@dataclass(frozen=True)
class Effect:
    """The theme of an action in the last wave that closed before it was decided, and in this one. No cause is meant."""

    before: float
    before_wave: str
    after: float
    after_wave: str


@dataclass(frozen=True)
class Taken:
    """An action as it stood when the wave was published. `overdue`: open on the day the wave closed, past its due."""

    text: str
    owner: str | None
    due: date | None
    status: str
    overdue: bool
    measure: Measure | None
    effect: Effect | None
    unknown: str  # why there is no effect to tell; "" when there is


@dataclass(frozen=True)
class Next:
    """The day the next wave opens, and the day by which to have talked about this one."""

    opens: date
    talk_by: date


def taken(rows: Sequence[Mapping[str, Any]], unit: str, wording: Wording) -> tuple[Taken, ...]:
    """The actions of a unit: those still open first, then by deadline."""
    made = [_taken(row, unit, wording) for row in rows]
    order = {"open": 0, "done": 1, "dropped": 2}
    return tuple(sorted(made, key=lambda one: (order[one.status], one.due or date.max, one.text)))


def _taken(row: Mapping[str, Any], unit: str, wording: Wording) -> Taken:
    effect = _effect(row, unit, wording)
    return Taken(
        text=inert(row["text"]),
        owner=inert(row["owner"] or "") or None,
        due=row["due"],
        status=row["status"],
        overdue=row["status"] == "open" and row["due"] is not None and row["due"] < wording.wave.closes,
        measure=wording.measures.get(row["scale"] or ""),
        effect=effect if isinstance(effect, Effect) else None,
        unknown=effect if isinstance(effect, str) else "",
    )


def upcoming(survey: Survey, wave: Wave) -> Next | None:
    """From the next wave in the survey file, otherwise from its rhythm; None when it says neither."""
    rhythm = survey.file.rhythm
    planned = [one.opens for one in survey.file.wave if one.opens > wave.closes]
    if planned:
        opens = min(planned)
    elif rhythm is not None:
        opens = later(wave.opens, rhythm.every)
    else:
        return None
    ready = rhythm.published_within_days if rhythm else 0
    return Next(opens, min(wave.closes + timedelta(days=ready + TO_TALK), opens - timedelta(days=1)))


def later(day: date, every: str) -> date:
    """One step of a rhythm further; the last day of the month where the month is too short."""
    if every in DAYS:
        return day + timedelta(days=DAYS[every])
    month = day.month - 1 + MONTHS[every]
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _effect(row: Mapping[str, Any], unit: str, wording: Wording) -> Effect | str:
    """What can be told afterwards, or the reason why not: `no_theme`, `pending`, `no_before` or `hidden`.

    Before: the last wave that had closed by the day the action was decided. Afterwards: this wave, when it opened no
    earlier than that day.
    """
    created = row["created"]
    if row["status"] == "dropped" or created is None or row["scale"] not in wording.measures:
        return "no_theme"
    if wording.wave.opens < created:
        return "pending"
    earlier = [wave for wave in wording.waves if wave.closes <= created]
    if not earlier:
        return "no_before"
    before = wording.figures.shown(earlier[-1].id, unit, row["scale"])
    after = wording.figures.shown(wording.wave.id, unit, row["scale"])
    if before is None or after is None:
        return "hidden"
    words = wording.words
    return Effect(before.mean, words.of(earlier[-1].name), after.mean, words.of(wording.wave.name))
