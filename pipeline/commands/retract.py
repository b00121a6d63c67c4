"""`pulsverk retract`: a release taken back."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipeline.commands.answer import Answer, signer, with_settings, workspace_option
from pipeline.commands.chosen import chosen_release, chosen_survey
from pipeline.retract import retract
from pipeline.store import open_store


@click.command("retract")
@click.argument("release")
@workspace_option
@click.option("--survey", "-S", "survey_id", metavar="ID", help="The survey's id; the only one unless named.")
@click.option("--why", required=True, metavar="TEXT", help="Why; it is kept in the ledger, so name no respondent.")
@click.option("--by", metavar="NAME", help="Who asks for it; your user name unless given. It is kept as well.")
@with_settings
def command(release: str, workspace: str, survey_id: str | None, why: str, by: str | None) -> Answer:
    """Take a release back, and all that were built on it.

    RELEASE is its id, or `current`. Readers are given the release before it, or none; its files are deleted. What it
    said cannot be made unknown: the ledger keeps it, and every later release of the wave is audited together with it.

    Example: pulsverk retract current --workspace ./work --survey demo --why "wrong people file" --by kari
    """
    store = open_store(workspace)
    survey = chosen_survey(store, survey_id)
    done = retract(store, survey.id, chosen_release(store, survey.id, release), by=signer(by), why=why)
    now = f"readers see release {done.back_to} now" if done.back_to else "readers see no release now"
    told = f"Taken back: {', '.join(done.releases)}" if done.releases else "It had been taken back before"
    return Answer({"survey": survey.id, **asdict(done)}, (f"{told}; {now}.",))
