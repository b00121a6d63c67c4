"""`pulsverk instruments`: what there is, and what to write in a survey file."""

from __future__ import annotations

import json

import pytest

from pipeline import cli
from pipeline.instruments import names


def test_it_lists_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["instruments", "--json"]) == cli.DONE
    found = json.loads(capsys.readouterr().out)["instruments"]
    assert [one["id"] for one in found] == list(names())
    assert cli.run(["instruments"]) == cli.DONE
    assert "60 items, 28 of" in capsys.readouterr().out


@pytest.mark.parametrize("name", names())
def test_it_shows_one_with_licence_source_and_a_piece_of_a_survey_file(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["instruments", "show", name]) == cli.DONE
    said = capsys.readouterr().out
    assert "Licence: " in said
    assert "Source: " in said
    assert f'[[instrument]]\ndefinition = "{name}"' in said


def test_one_that_is_not_there_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["instruments", "show", "gallup"]) == cli.REFUSED
    assert "there are: copsoq-iii, " in capsys.readouterr().err
    assert cli.run(["instruments", "show"]) == cli.USED_WRONGLY
    assert "show which one? There are: copsoq-iii, " in capsys.readouterr().err
