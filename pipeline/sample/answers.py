"""Who answers what, and when: about three in four, now and then skipping a question, answering twice, or late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from pipeline.sample.effects import effects

if TYPE_CHECKING:
    from pipeline.sample.effects import Effect
    from pipeline.sample.organisation import Organisation, Person

SCALES = ("safety", "collaboration", "communication", "clarity", "workload", "support")
REVERSED = frozenset({"communication_2", "workload_2"})
ITEMS = tuple(f"{scale}_{number}" for scale in SCALES for number in (1, 2))
QUESTIONS = (*ITEMS, "recommend")
MEAN = {"safety": 3.8, "collaboration": 3.9, "communication": 3.5, "clarity": 3.6, "workload": 3.1, "support": 3.6}
ANSWERING, SKIPPING, AGAIN, TWICE, LATE = 0.75, 0.02, 0.02, 0.01, 0.03
AGAIN_LATE = 0.005  # of those who answered in time, once more after the wave had closed
GONE = 0.2  # of those who have left, still answering
DAYS, OFFICE_HOURS = 12, 480  # the last days of a wave, and the minutes of a working day


@dataclass(frozen=True)
class Submission:
    """One person's answers once; None is a skipped question. `unit` says which part of the town it comes from."""

    person: str
    unit: str
    at: datetime
    answers: dict[str, int | None]
    minutes: float
    repeated: bool = False  # stands twice in the export, letter by letter
    superseded: bool = False  # the same person answered again later in the same export


@dataclass(frozen=True)
class Collected:
    """The submissions of a wave: in time, and those that came after it closed and are pushed in a file of their own."""

    in_time: tuple[Submission, ...]
    late: tuple[Submission, ...]


def collect(random: Random, town: Organisation, gone: Sequence[Person], number: int, closes: date) -> Collected:
    """What a wave brings in; `number` counts waves from 0, and `gone` are people who are on the payroll no more."""
    end = datetime(closes.year, closes.month, closes.day, 14, tzinfo=UTC)
    planted = effects(town)
    left = set(gone)
    in_time, late = [], []
    for person in (*town.people, *gone):
        if random.random() >= (GONE if person in left else ANSWERING):
            continue
        one = Submission(
            person.id,
            person.unit,
            end - timedelta(days=random.randrange(DAYS), minutes=random.randrange(OFFICE_HOURS)),
            _answers(random, town, person, planted, number),
            round(random.uniform(1, 9), 1),
        )
        after = end + timedelta(days=random.randrange(1, 5), minutes=-random.randrange(OFFICE_HOURS))
        draw = random.random()
        if draw < LATE:
            late.append(replace(one, at=after))
        elif draw < LATE + AGAIN:
            first = _answers(random, town, person, planted, number)
            in_time += [replace(one, at=one.at - timedelta(minutes=45), answers=first, superseded=True), one]
        elif draw < LATE + AGAIN + AGAIN_LATE:
            in_time.append(one)
            late.append(replace(one, at=after, answers=_answers(random, town, person, planted, number)))
        else:
            in_time.append(replace(one, repeated=draw < LATE + AGAIN + AGAIN_LATE + TWICE))
    random.shuffle(in_time)
    return Collected(tuple(in_time), tuple(late))


def _answers(
    random: Random,
    town: Organisation,
    person: Person,
    planted: Sequence[Effect],
    number: int,
) -> dict[str, int | None]:
    level = person.leaning + town.climate[person.unit]
    given: dict[str, int | None] = {}
    for scale in SCALES:
        age = -0.3 if scale == "workload" and person.age == "under-30" else 0.0
        mean = MEAN[scale] + level + age + sum(one.shift(person.unit, scale, number) for one in planted)
        for item in (one for one in ITEMS if one.startswith(scale)):
            value = min(5, max(1, round(random.gauss(mean, 0.7))))
            given[item] = 6 - value if item in REVERSED else value
    level += sum(one.shift(person.unit, "enps", number) for one in planted)
    given["recommend"] = min(10, max(0, round(random.gauss(7.4 + 1.6 * level, 1.5))))
    return {item: None if random.random() < SKIPPING else value for item, value in given.items()}
