"""A demo of a survey in which one person answers about several units: answers add up with answers, not with people."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from tiny_survey import PER_UNIT
from tiny_wave import UNITS, prepare

from pipeline.commands import demo as command
from pipeline.local import demo

if TYPE_CHECKING:
    from pipeline.local.demo import Demo

HEADER = "person,team,kjonn,Q1,Q2,Q3\n"
RATERS = 14


def rated(folder: Path) -> Path:
    """Fourteen people answer about A and about B; two of them once more about A, in a file that comes later."""
    folder = prepare(folder, waves=1, text=PER_UNIT)
    for file in folder.glob("w1/*/*"):
        file.unlink()
    (folder / "w1/units/units.csv").write_text(UNITS)
    first = [
        f"p{who},{unit},{'fm'[who % 2]},{1 + who % 5},{1 + who % 3},{who % 11}\n"
        for who in range(RATERS)
        for unit in "AB"
    ]
    (folder / "w1/responses/a.csv").write_text(HEADER + "".join(first))
    (folder / "w1/responses/b.csv").write_text(HEADER + "p0,A,f,3,3,3\np1,A,m,3,3,3\n")
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    root = tmp_path_factory.mktemp("rated")
    return demo.run(rated(root / "prepared"), root / "out", "tiny", Console(quiet=True))


def test_accepted_answers_add_up_with_answers_and_people_are_told_beside_them(done: Demo) -> None:
    (wave,) = done.waves
    assert wave.why == ""
    # 14 people x 2 units, and 2 answers once more; the later of two takes the place of the earlier
    assert (wave.accepted, wave.later, wave.not_invited, wave.counted) == (28 + 2, 2, 0, 28)
    assert wave.accepted == wave.later + wave.not_invited + wave.counted
    assert wave.respondents == RATERS
    assert [one.name for one in done.proofs if one.holds] == ["R0", "R1", "R2", "R4", "R5"]


def test_the_table_says_so(done: Demo) -> None:
    out = io.StringIO()
    Console(file=out, width=100).print(command.answer(done).words[0])
    rows = re.findall(r"^ *([a-z :,]+?) +([0-9]+) *$", out.getvalue(), re.MULTILINE)
    told = {label.strip(): int(number) for label, number in rows}
    assert (told["accepted"], told["accepted: came again"], told["not invited"]) == (30, 2, 0)
    assert (told["counted"], told["people counted"]) == (28, 14)


def test_a_lost_answer_fails_the_proof(done: Demo) -> None:
    from dataclasses import replace  # noqa: PLC0415 - for this alone

    (wave,) = done.waves
    assert demo._dealt([wave]).holds  # noqa: SLF001 - the proof by itself
    assert not demo._dealt([replace(wave, counted=wave.counted - 1)]).holds  # noqa: SLF001 - as above
