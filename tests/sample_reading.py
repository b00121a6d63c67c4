"""The sample's files as somebody with a text editor would understand them: Python's csv module and fractions alone."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipeline import sample
from pipeline.survey import parse

Files = dict[str, bytes]
TURNED = ("communication_2", "workload_2")
PERSON = {"qualtrics": "ExternalReference", "limesurvey": "token", "excel": "Ansattnr"}
SENT = {"qualtrics": "RecordedDate", "limesurvey": "submitdate", "excel": "Innsendt"}
HEADERS = {"qualtrics": 3, "limesurvey": 1, "excel": 1}
SCALES = ("safety", "collaboration", "communication", "clarity", "workload", "support")


def written(root: Path, **arguments: int) -> Files:
    """Everything that a sample consists of, by its path."""
    sample.write(root, **arguments)
    return {one.relative_to(root).as_posix(): one.read_bytes() for one in root.rglob("*") if one.is_file()}


@cache
def demo_files() -> Files:
    """The sample that the demo pushes."""
    with tempfile.TemporaryDirectory() as folder:
        return written(Path(folder), employees=1200, seed=1)


@cache
def demo_truth() -> dict[str, Any]:
    """What the sample says of itself."""
    told: dict[str, Any] = json.loads(demo_files()["truth.json"])
    return told


@cache
def demo_records() -> dict[str, list[Read]]:
    """Every record of it, by wave."""
    demo = demo_files()
    items = parse(demo["survey.toml"].decode()).columns
    return {wave: list(reading(demo, wave, items)) for wave in sample.WAVES}


def table(data: bytes) -> list[dict[str, str]]:
    """A file of ours: UTF-8, comma."""
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def exports(demo: Files, wave: str) -> dict[str, tuple[str, list[list[str]]]]:
    """File name -> vendor and records, header and all, read in the way that each vendor writes."""
    how = {"qualtrics": ("utf-8", ","), "limesurvey": ("utf-8-sig", ";"), "excel": ("cp1252", ";")}
    read = {}
    for path, data in sorted(demo.items()):
        if path.startswith(f"{wave}/responses/"):
            name = path.rpartition("/")[2]
            vendor = name.partition(".")[0].removesuffix("-late")
            encoding, delimiter = how[vendor]
            text = io.StringIO(data.decode(encoding), newline="")
            read[name] = (vendor, list(csv.reader(text, delimiter=delimiter)))
    return read


@dataclass(frozen=True)
class Read:
    """One record as somebody with a text editor would understand it; `answers` is None when that is not possible."""

    file: str
    number: int
    person: str
    sent: datetime | None
    excluded: bool
    answers: tuple[tuple[str, int], ...] | None


def moment(vendor: str, text: str) -> datetime | None:
    try:
        if vendor == "excel":
            return datetime.strptime(text, "%d.%m.%Y %H:%M").replace(tzinfo=UTC)
        zone = ZoneInfo("Europe/Oslo") if vendor == "qualtrics" else UTC
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        return None


def answers(cells: dict[str, str], items: dict[str, str]) -> tuple[tuple[str, int], ...] | None:
    given = []
    for heading, text in cells.items():
        if heading in items and text:
            low, high = (0, 10) if items[heading] == "recommend" else (1, 5)
            try:
                value = Fraction(text.removeprefix("A").replace(",", "."))
            except ValueError:
                return None
            if value.denominator != 1 or not low <= value <= high:
                return None
            given.append((items[heading], int(value)))
    return tuple(given)


def reading(demo: Files, wave: str, items: dict[str, str]) -> Iterator[Read]:
    for file, (vendor, records) in exports(demo, wave).items():
        heading = records[0]
        for number, record in enumerate(records[HEADERS[vendor] :], start=HEADERS[vendor] + 1):
            cells = dict(zip(heading, record, strict=False))
            person = cells[PERSON[vendor]].strip("\xa0 ")
            sent = moment(vendor, cells[SENT[vendor]])
            unsent = vendor == "limesurvey" and not cells["submitdate"]
            no_answer = cells.get("Status") in {"Survey Preview", "Spam"} or unsent
            whole = len(record) == len(heading) and bool(person) and (sent is not None or no_answer)
            yield Read(file, number, person, sent, no_answer, answers(cells, items) if whole else None)


def latest(read: list[Read]) -> dict[str, Read]:
    """Of everybody whose answers can be read, the last that they sent in."""
    found: dict[str, Read] = {}
    for one in read:
        if one.answers is None or one.excluded or one.sent is None:
            continue
        before = found.get(one.person)
        if before is None or before.sent is None or before.sent < one.sent:
            found[one.person] = one
    return found


def values(given: tuple[tuple[str, int], ...]) -> Iterator[tuple[str, int, int]]:
    """Measure, steps, and side, by the words of the survey's documentation, in fractions."""
    favourable = defaultdict(list)
    for item, value in given:
        if item == "recommend":
            vote = 1 if value >= 9 else 0 if value >= 7 else -1
            yield "enps", vote, vote
            continue
        good = 6 - value if item in TURNED else value
        favourable[item.rpartition("_")[0]].append(good)
        yield item, value, (good > 3) - (good < 3)
    for scale, good in favourable.items():
        points = 100 * (Fraction(sum(good), len(good)) - 1) / 4
        steps = points * 2 * 4 / 100  # points = 100 * steps / (L * 4), with L = lcm(1, 2)
        assert steps.denominator == 1
        yield scale, int(steps), (points >= Fraction("62.5")) - (points <= Fraction("37.5"))


def counted(demo: Files, wave: str, read: list[Read]) -> dict[tuple[str, ...], list[int]]:
    """Unit, segment, category, measure -> answered, total, favourable, neutral, unfavourable."""
    parent = {row["unit_id"]: row["parent_id"] for row in table(demo[f"{wave}/units/units.csv"])}
    people = {row["person_id"]: row for row in table(demo[f"{wave}/people/people.csv"])}
    category = {one.id: one.categories() for one in parse(demo["survey.toml"].decode()).file.segment}
    cells: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0] * 5)
    for one in latest(read).values():
        if one.person not in people:
            continue
        row = people[one.person]
        groups = [("all", "all"), *((name, category[name][row[name]]) for name in category)]
        for measure, steps, side in values(one.answers or ()):
            unit = row["unit_id"]
            while unit:
                for group in groups:
                    cell = cells[(unit, *group, measure)]
                    cell[0] += 1
                    cell[1] += steps
                    cell[3 - side] += 1
                unit = parent[unit]
    return dict(cells)
