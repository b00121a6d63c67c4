"""A prepared folder of the tiny survey: two units, forty people, two waves; what demo and commands are given."""

from __future__ import annotations

import json
import random
from pathlib import Path

from tiny_survey import INSTRUMENT, SURVEY

UNITS = "unit_id,parent_id,name\nU,,Fjord\nA,U,Havn\nB,U,Kai\n"
ACTIONS = """action_id,unit_id,text,owner,created,due,status,scale
T1,A,Rydde brygga,Ingrid Moen,2026-08-20,2026-12-01,open,safety
"""
SUITES = {
    "responses": [("expect_column_values_to_be_between", {"column": "safe_1", "min_value": 1, "max_value": 5})],
    "aggregates": [
        (
            "expect_column_values_to_be_between",
            {"column": "answered", "min_value": {"$PARAMETER": "minimum_group_size"}},
        )
    ],
    "artifacts": [("expect_column_values_to_be_between", {"column": "identifiers", "max_value": 0})],
}
OF = {"artifacts": "measures"}  # the others are of rows


def suite(stage: str, *more: tuple[str, dict[str, object]]) -> bytes:
    """A suite of the tiny survey, with `more` expectations."""
    expectations = [
        {"type": kind, "kwargs": kwargs, "meta": {"why": "an answer is on its scale", "of": OF.get(stage, "rows")}}
        for kind, kwargs in (*SUITES[stage], *more)
    ]
    return json.dumps({"name": stage, "expectations": expectations}).encode()


def people() -> list[tuple[str, str, str]]:
    """Forty of them: id, unit, gender as the people file spells it."""
    return [(f"kari{n}@fjord.no", "A" if n < 22 else "B", "Kvinne" if n % 3 else "Mann") for n in range(40)]


def answers(wave: int, seed: int = 7) -> list[str]:
    """Lines of 36 answers; unit A gets better from one wave to the next."""
    chance = random.Random(seed + wave)  # noqa: S311 - pictures, no secrets
    lines = []
    for who, unit, _ in people()[:36]:
        up = wave if unit == "A" else 0
        safe = [min(5, chance.randint(1, 4) + up), max(1, chance.randint(2, 5) - up)]
        lines.append(f"{who},{safe[0]},{safe[1]},{chance.randint(3, 10)}\n")
    return lines


HEADER = "person,Q1,Q2,Q3\n"


def prepare(folder: Path, waves: int = 2, text: str = SURVEY) -> Path:
    """Writes survey.toml, its instrument and suites, and <wave>/<kind>/<file>.

    Of the response files of each wave, `b again.csv` is `b.csv` once more, and `z.csv` is somebody else's. In `b.csv`
    one answer is off its scale, one person was never invited, and one answers again after `a.csv`.
    """
    (folder / "expectations").mkdir(parents=True)
    (folder / "survey.toml").write_text(text, "utf-8")
    (folder / "tiny.toml").write_text(INSTRUMENT, "utf-8")
    for stage in SUITES:
        (folder / f"expectations/{stage}.json").write_bytes(suite(stage))
    for number, wave in enumerate(("w1", "w2")[:waves]):
        lines = answers(number)
        b = [*lines[18:], "stranger@fjord.no,3,3,5\n", lines[0], "kari39@fjord.no,9,3,5\n"]
        roster = "person_id,unit_id,kjonn\n" + "".join(f"{','.join(one)}\n" for one in people())
        files = {
            "units/units.csv": UNITS,
            "people/people.csv": roster,
            "actions/actions.csv": ACTIONS,
            "responses/a.csv": HEADER + "".join(lines[:18]),
            "responses/b.csv": HEADER + "".join(b),
            "responses/b again.csv": HEADER + "".join(b),
            "responses/z.csv": "a,b\n1,2\n",
        }
        for name, content in files.items():
            (folder / wave / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / wave / name).write_text(content, "utf-8")
    return folder
