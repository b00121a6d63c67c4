"""The true figures, counted straight from the answers, in plain Python and without the pipeline's own arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypedDict

from pipeline.sample.answers import REVERSED, SCALES, Submission

if TYPE_CHECKING:
    from pipeline.sample.export import Written
    from pipeline.sample.organisation import Organisation, Person
    from pipeline.survey import Survey

Where = tuple[str, str, str]  # unit, segment, category
Figures = list[int]  # answered, total in steps, favourable, neutral, unfavourable


class FileTruth(TypedDict):
    """What becomes of the records of a response file: how many by state, and for the quarantined ones where and why.

    `records` is the sum of the accounts. A record is counted from 1, the header records among them; `column` is ""
    where the whole record is at fault.
    """

    records: int
    accounts: dict[str, int]
    quarantined: list[dict[str, object]]


class WaveTruth(TypedDict):
    """The truth about a wave.

    `came_again` are accepted submissions that a later one, in another file, goes before; what is left of those accepted
    is `respondents` and `not_invited`. `improves` and `worsens` are the units with a planted effect.
    `cells` are rows of unit, segment, category, measure, answered, total; `sides` the same with favourable, neutral,
    unfavourable. Both list every cell in which somebody answered. A total is in steps (pipeline.scoring): of an item
    the sum of its answers, of a scale twice the sum of its means above the lowest answer, of eNPS the promoters less
    the detractors.
    """

    files: dict[str, FileTruth]
    respondents: int
    not_invited: int
    came_again: int
    improves: list[str]
    worsens: str
    cells: list[list[str | int]]
    sides: list[list[str | int]]


Truth = dict[str, WaveTruth]  # by wave


def wave_truth(survey: Survey, town: Organisation, written: list[Written]) -> WaveTruth:
    """What is true about a wave of these people, given what they wrote."""
    known = {person.id: person for person in town.people}
    handed_in = sorted((one for file in written for one in file.counted), key=lambda one: one.at)
    latest = {one.person: one for one in handed_in}
    counted = [(known[one.person], one) for one in latest.values() if one.person in known]
    cells = sorted(_cells(survey, town, counted).items())
    return {
        "files": {
            one.name: {
                "records": sum(one.accounts.values()),
                "accounts": one.accounts,
                "quarantined": one.quarantined,
            }
            for one in written
        },
        "respondents": len(counted),
        "not_invited": len(latest) - len(counted),
        "came_again": len(handed_in) - len(latest),
        "improves": list(town.improves),
        "worsens": town.worsens,
        "cells": [[*where, measure, *figures[:2]] for (where, measure), figures in cells],
        "sides": [[*where, measure, *figures[2:]] for (where, measure), figures in cells],
    }


def _cells(
    survey: Survey,
    town: Organisation,
    counted: Iterable[tuple[Person, Submission]],
) -> dict[tuple[Where, str], Figures]:
    """Figures by unit, segment, category and measure: of each unit by itself first, then with those below it."""
    spelling = {segment.id: segment.categories() for segment in survey.file.segment}
    own: dict[tuple[Where, str], Figures] = {}
    for person, one in counted:
        groups = list(_groups(person, spelling))
        for measure, steps, side in measures(one):
            for segment, category in groups:
                figures = own.setdefault(((person.unit, segment, category), measure), [0] * 5)
                figures[0] += 1
                figures[1] += steps
                figures[3 - side] += 1
    parent = {unit: above for unit, above, _ in town.units}
    cells: dict[tuple[Where, str], Figures] = {}
    for ((unit, segment, category), measure), figures in own.items():
        for above in _up(parent, unit):
            cell = cells.setdefault(((above, segment, category), measure), [0] * 5)
            for at, figure in enumerate(figures):
                cell[at] += figure
    return cells


def measures(one: Submission) -> Iterator[tuple[str, int, int]]:
    """Measure, value in steps, and side of the middle (1 favourable, 0 neutral, -1 unfavourable) of a submission.

    An item counts as it was answered; a scale is twice the mean of its items above 1, of 0 to 8 steps, favourable from
    5 (62.5 of 100 points) and unfavourable up to 3; eNPS is 1 for a promoter, -1 for a detractor (Reichheld 2003).
    """
    for scale in SCALES:
        above = []
        for item in (f"{scale}_1", f"{scale}_2"):
            value = one.answers[item]
            if value is not None:
                above.append(5 - value if item in REVERSED else value - 1)
                yield item, value, (above[-1] > 2) - (above[-1] < 2)  # noqa: PLR2004 - the middle of 0 to 4
        if above:
            steps = sum(above) * 2 // len(above)
            yield scale, steps, (steps >= 5) - (steps <= 3)  # noqa: PLR2004 - as said above
    recommend = one.answers["recommend"]
    if recommend is not None:
        vote = (recommend >= 9) - (recommend <= 6)  # noqa: PLR2004 - Reichheld 2003
        yield "enps", vote, vote


def _up(parent: dict[str, str], unit: str) -> Iterator[str]:
    while unit:
        yield unit
        unit = parent[unit]


def _groups(person: Person, spelling: dict[str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    yield "all", "all"
    for segment, value in (("gender", person.gender), ("age", person.age), ("tenure", person.tenure)):
        yield segment, spelling[segment][value]
