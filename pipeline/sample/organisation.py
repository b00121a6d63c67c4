"""The town: a tree of sectors, departments and teams of uneven size, and the people in it from wave to wave."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from random import Random

SECTORS = (
    ("Helse og omsorg", ("Hjemmetjenesten", "Sykehjemmet", "Legevakten")),
    ("Oppvekst", ("Skolene", "Barnehagene", "Barnevernet")),
    ("Teknikk og miljø", ("Vann og avløp", "Vei og park")),
    ("Organisasjon", ("Økonomi", "HR og lønn", "Digitalisering")),
)
ROOT = "U0"
TYPICAL_TEAM = 10.0  # the median of the log-normal
SPREAD = 0.55  # its sigma: a tenth of the teams has fewer than five, a few have more than thirty
LEADERS = 4  # in the management team of a department
GENDERS, AGES, TENURES = ("Kvinne", "Mann"), ("under-30", "30-44", "45-59", "60+"), ("0-1", "2-5", "6+")
LEAVE, JOIN = 0.02, 0.02  # of everybody, between two waves


@dataclass(frozen=True)
class Person:
    """Somebody on the payroll. `leaning` is how content they are, in points of a five-point answer."""

    id: str
    unit: str
    gender: str
    age: str
    tenure: str
    leaning: float


@dataclass(frozen=True)
class Organisation:
    """Units as (id, parent, name), people, each unit's climate, and the units in which something will change."""

    units: tuple[tuple[str, str, str], ...]
    people: tuple[Person, ...]
    climate: dict[str, float]
    improves: tuple[str, str]
    worsens: str


def organisation(random: Random, employees: int) -> Organisation:
    """A town of exactly so many employees before anybody joins or leaves."""
    units = [(ROOT, "", "Fjordvik kommune")]
    departments = []
    for s, (sector, names) in enumerate(SECTORS, 1):
        units.append((f"U{s}", ROOT, sector))
        for d, name in enumerate(names, 1):
            units.append((f"U{s}-{d}", f"U{s}", name))
            departments.append((f"U{s}-{d}", name))
    places: list[str] = [ROOT, "U1"]  # two who belong to no team
    for unit, name in departments:
        units.append((f"{unit}-0", unit, f"{name}, ledelse"))
        places += [f"{unit}-0"] * LEADERS
    team = 0
    while len(places) < employees:
        unit, name = departments[team % len(departments)]
        number = team // len(departments) + 1
        units.append((f"{unit}-{number}", unit, f"{name}, team {number}"))
        places += [f"{unit}-{number}"] * max(2, round(random.lognormvariate(0, SPREAD) * TYPICAL_TEAM))
        team += 1
    people = tuple(_person(random, f"{100000 + number}", unit) for number, unit in enumerate(places[:employees]))
    climate = {unit: random.gauss(0, 0.25) for unit, _, _ in units}
    size = Counter(person.unit for person in people)
    largest = sorted(climate, key=lambda unit: (-size[unit], unit))
    better = (largest[0], largest[1])
    climate |= {better[0]: -0.8, better[1]: -0.7, largest[2]: 0.3}
    return Organisation(tuple(units), people, climate, better, largest[2])


def season(random: Random, town: Organisation, number: int) -> Organisation:
    """The town one wave later: some have left, as many have joined, and nobody has two jobs."""
    stay = [person for person in town.people if random.random() >= LEAVE]
    seats = [unit for unit, _, _ in town.units if unit.count("-") == 2]  # noqa: PLR2004 - teams, the lowest level
    joiners = [
        replace(_person(random, f"{200000 + 10000 * number + one}", random.choice(seats)), tenure="0-1")
        for one in range(round(len(town.people) * JOIN))
    ]
    return replace(town, people=(*stay, *joiners))


def _person(random: Random, identity: str, unit: str) -> Person:
    return Person(
        identity,
        unit,
        random.choices(GENDERS, (68, 32))[0],
        random.choices(AGES, (16, 36, 34, 14))[0],
        random.choices(TENURES, (20, 30, 50))[0],
        random.gauss(0, 0.45),
    )
