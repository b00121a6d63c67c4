"""`pulsverk erase`: a person out of a survey."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from pipeline.commands.answer import Answer, key_option, survey_option, with_settings, workspace_option
from pipeline.commands.keyholder import keys_of
from pipeline.erase import erase
from pipeline.store import open_store


@click.command("erase")
@click.argument("person")
@workspace_option
@survey_option
@click.option("--remove-raw", is_flag=True, help="Also delete raw files that name the person; they hold others too.")
@key_option
@with_settings
def command(person: str, workspace: str, survey_id: str, remove_raw: bool, key_file: str | None) -> Answer:  # noqa: FBT001 - click calls it so
    """Take a person out of a survey.

    PERSON is the id that exports and people files use; `-` reads it from standard input, so that it stays out of the
    shell's history. Answers and roster rows are deleted, later ones are not stored. Releases hold nobody and stay.

    Example: pulsverk erase - --workspace ./work --survey demo
    """
    store = open_store(workspace)
    keys = keys_of(store, key_file)
    if person == "-":
        person = sys.stdin.readline().strip()
    done = erase(store, keys, survey_id, person, remove_raw=remove_raw)
    words = f"{done.responses} answers and {done.people} roster rows are deleted."
    if done.holding:
        words += f" These raw files still name the person; --remove-raw deletes them: {', '.join(done.holding)}"
    if done.removed:
        words += f" Raw files deleted: {', '.join(done.removed)}"
    if done.beyond:
        words += (
            f" Under the retired keys {', '.join(done.beyond)} the person was not found: if they answered then and are "
            "not linked, nobody can tell which answers are theirs."
        )
    return Answer(asdict(done), (words,))
