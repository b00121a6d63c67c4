"""A synthetic organisation and its exports, written as vendors write them, with the true figures beside them.

Nobody in it exists. The same arguments give the same bytes.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from random import Random

from pipeline import survey as surveys
from pipeline.sample.answers import collect
from pipeline.sample.organisation import Organisation, organisation, season
from pipeline.sample.truth import figures
from pipeline.sample.writers import Written, actions_csv, people_csv, responses, units_csv

WAVES = ("2026-08", "2026-09", "2026-10")


def write(directory: Path, *, employees: int = 1200, waves: int = 3, seed: int = 1) -> dict[str, object]:
    """Writes survey.toml, <wave>/<kind>/<file> and truth.json under `directory`; the truth is also returned.

    truth.json holds, for each wave: `files`, name of a response file -> its accounts by state and its quarantined
    records (record, column, reason); `respondents` and `not_invited`; `improves` and `worsens`, the units with a
    planted effect; and `cells`, rows of unit, segment, category, measure, answered, total (in the steps of
    pipeline.scoring), for every cell in which somebody answered.
    """
    text = (files("examples") / "demo" / "survey.toml").read_text("utf-8")
    survey = surveys.parse(text)
    random = Random(seed)  # noqa: S311 - a reproducible picture, not a secret
    town = organisation(random, employees)
    truth: dict[str, object] = {}
    _write(directory / "survey.toml", text.encode())
    for number, name in enumerate(WAVES[:waves]):
        wave = survey.wave(name)
        if number:
            town = season(random, town, number)
        collected = collect(random, town, number, wave.closes)
        written = responses(random, number, collected)
        folder = directory / name
        _write(folder / "units" / "units.csv", units_csv(town))
        _write(folder / "people" / "people.csv", people_csv(town))
        _write(folder / "actions" / "actions.csv", actions_csv(town, number, wave.closes))
        for one in written:
            _write(folder / "responses" / one.name, one.data)
        truth[name] = {**_accounts(written), **figures(survey, town, written), **_planted(town)}
    _write(directory / "truth.json", json.dumps(truth, ensure_ascii=False, sort_keys=True).encode() + b"\n")
    return truth


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _accounts(written: list[Written]) -> dict[str, object]:
    return {"files": {one.name: {"accounts": one.accounts, "quarantined": one.quarantined} for one in written}}


def _planted(town: Organisation) -> dict[str, object]:
    return {"improves": list(town.improves), "worsens": town.worsens}
