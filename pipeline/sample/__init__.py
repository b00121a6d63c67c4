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
from pipeline.sample.organisation import organisation, season
from pipeline.sample.truth import FileTruth, Truth, WaveTruth, wave_truth
from pipeline.sample.writers import actions_csv, people_csv, responses, units_csv

__all__ = ["WAVES", "FileTruth", "Truth", "WaveTruth", "write"]

WAVES = ("2026-08", "2026-09", "2026-10")


def write(directory: Path, *, employees: int = 1200, waves: int = 3, seed: int = 1) -> Truth:
    """Writes survey.toml, <wave>/<kind>/<file> and truth.json under `directory`; the truth is also returned.

    truth.json holds a WaveTruth for each wave, by its id. What lies under a wave is what is pushed to
    landing/demo/<wave>, as it is.
    """
    text = (files("examples") / "demo" / "survey.toml").read_text("utf-8")
    survey = surveys.parse(text)
    random = Random(seed)  # noqa: S311 - a reproducible picture, not a secret
    town = organisation(random, employees)
    truth: Truth = {}
    closes = []
    _write(directory / "survey.toml", text.encode())
    for number, name in enumerate(WAVES[:waves]):
        before = town
        if number:
            town = season(random, town, number)
        still = set(town.people)
        gone = [person for person in before.people if person not in still]
        closes.append(survey.wave(name).closes)
        written = responses(survey, collect(random, town, gone, number, closes[-1]))
        folder = directory / name
        _write(folder / "units" / "units.csv", units_csv(town))
        _write(folder / "people" / "people.csv", people_csv(town))
        _write(folder / "actions" / "actions.csv", actions_csv(town, closes))
        for one in written:
            _write(folder / "responses" / one.name, one.data)
        truth[name] = wave_truth(survey, town, written)
    _write(directory / "truth.json", json.dumps(truth, ensure_ascii=False, sort_keys=True).encode() + b"\n")
    return truth


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
