"""The true figures, counted straight from the answers, in plain Python and without the pipeline's own arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.sample.answers import REVERSED, SCALES, Submission

if TYPE_CHECKING:
    from pipeline.sample.organisation import Organisation, Person
    from pipeline.sample.writers import Written
    from pipeline.survey import Survey


def figures(survey: Survey, town: Organisation, written: list[Written]) -> dict[str, object]:
    """respondents, not_invited and cells of a wave; see pipeline.sample.write."""
    parent = {unit: above for unit, above, _ in town.units}
    known = {person.id: person for person in town.people}
    spelling = {segment.id: segment.categories() for segment in survey.file.segment}
    latest = {one.person: one for file in written for one in file.counted}
    counted = [one for one in latest.values() if one.person in known]
    cells: dict[tuple[str, str, str, str], list[int]] = {}
    for one in counted:
        person = known[one.person]
        for measure, steps in measures(one):
            for unit in _up(parent, person.unit):
                for segment, category in _groups(person, spelling):
                    cell = cells.setdefault((unit, segment, category, measure), [0, 0])
                    cell[0] += 1
                    cell[1] += steps
    rows = sorted([*key, *value] for key, value in cells.items())
    return {"respondents": len(counted), "not_invited": len(latest) - len(counted), "cells": rows}


def measures(one: Submission) -> Iterator[tuple[str, int]]:
    """Measure and value in steps: an item as answered, a scale as twice the mean of its two items above 1, eNPS."""
    for item, value in one.answers.items():
        if value is not None and item != "recommend":
            yield item, value
    for scale in SCALES:
        given = [(item, one.answers[item]) for item in (f"{scale}_1", f"{scale}_2")]
        above = [5 - value if item in REVERSED else value - 1 for item, value in given if value is not None]
        if above:
            yield scale, sum(above) * 2 // len(above)
    recommend = one.answers["recommend"]
    if recommend is not None:
        yield "enps", (recommend >= 9) - (recommend <= 6)  # noqa: PLR2004 - Reichheld 2003


def _up(parent: dict[str, str], unit: str) -> Iterator[str]:
    while unit:
        yield unit
        unit = parent[unit]


def _groups(person: Person, spelling: dict[str, dict[str, str]]) -> Iterator[tuple[str, str]]:
    yield "all", "all"
    for segment, value in (("gender", person.gender), ("age", person.age), ("tenure", person.tenure)):
        yield segment, spelling[segment][value]
