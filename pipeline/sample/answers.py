"""Who answers what, and when: about three in four, now and then skipping a question, answering twice, or late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.sample.organisation import Organisation, Person

SCALES = ("safety", "collaboration", "communication", "clarity", "workload", "support")
REVERSED = frozenset({"communication_2", "workload_2"})
ITEMS = tuple(f"{scale}_{number}" for scale in SCALES for number in (1, 2))
MEAN = {"safety": 3.8, "collaboration": 3.9, "communication": 3.5, "clarity": 3.6, "workload": 3.1, "support": 3.6}
ANSWERING, SKIPPING, AGAIN, TWICE, LATE = 0.75, 0.02, 0.02, 0.01, 0.03
EFFECT = 0.6  # of an action, in points of a five-point answer, each wave after the first


@dataclass(frozen=True)
class Submission:
    """One person's answers once; None is a skipped question."""

    person: str
    at: datetime
    answers: dict[str, int | None]
    minutes: float
    repeated: bool = False  # stands twice in the export, letter by letter
    superseded: bool = False  # the same person answered again later in the same export


@dataclass(frozen=True)
class Collected:
    """The submissions of a wave: in time, and those that came after it closed."""

    in_time: tuple[Submission, ...]
    late: tuple[Submission, ...]


def collect(random: Random, town: Organisation, number: int, closes: date) -> Collected:
    """What a wave brings in; `number` counts waves from 0."""
    end = datetime(closes.year, closes.month, closes.day, 15, tzinfo=UTC)
    in_time, late = [], []
    for person in town.people:
        if random.random() >= ANSWERING:
            continue
        answers = _answers(random, person, _level(town, person, number))
        minutes = round(random.uniform(1, 9), 1)
        if random.random() < LATE:
            at = end + timedelta(minutes=random.randrange(2000, 6000))
            late.append(Submission(person.id, at, answers, minutes))
            continue
        at = end - timedelta(minutes=random.randrange(60, 17000))
        draw = random.random()
        if draw < AGAIN:
            first = _answers(random, person, _level(town, person, number))
            in_time.append(Submission(person.id, at - timedelta(minutes=45), first, minutes, superseded=True))
        in_time.append(Submission(person.id, at, answers, minutes, repeated=AGAIN <= draw < AGAIN + TWICE))
    in_time.sort(key=lambda one: (one.at, one.person))
    late.sort(key=lambda one: (one.at, one.person))
    return Collected(tuple(in_time), tuple(late))


def _level(town: Organisation, person: Person, number: int) -> float:
    effect = EFFECT * number * ((person.unit in town.improves) - (person.unit == town.worsens))
    return person.leaning + town.climate[person.unit] + effect


def _answers(random: Random, person: Person, level: float) -> dict[str, int | None]:
    given: dict[str, int | None] = {}
    for item in ITEMS:
        scale = item.rpartition("_")[0]
        age = -0.3 if scale == "workload" and person.age == "under-30" else 0.0
        value = min(5, max(1, round(random.gauss(MEAN[scale] + level + age, 0.7))))
        given[item] = 6 - value if item in REVERSED else value
    given["recommend"] = min(10, max(0, round(random.gauss(7.4 + 1.6 * level, 1.5))))
    return {item: None if random.random() < SKIPPING else value for item, value in given.items()}
