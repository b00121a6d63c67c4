"""`pulsverk prune`: what nobody needs any more is deleted."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipeline.commands.answer import Answer, with_settings, workspace_option
from pipeline.commands.chosen import chosen_survey
from pipeline.prune import prune
from pipeline.store import open_store


@click.command("prune")
@workspace_option
@click.option("--survey", "-S", "survey_id", metavar="ID", help="The survey's id; the only one unless named.")
@click.option("--keep", multiple=True, metavar="RUN", help="A run whose candidate stays; may be given several times.")
@click.option("--dry-run", is_flag=True, help="Only say what would be deleted.")
@with_settings
def command(workspace: str, survey_id: str | None, keep: tuple[str, ...], *, dry_run: bool) -> Answer:
    """Delete what nobody needs any more.

    Candidates that were never published, whose numbers they used, and files of releases that were taken back. Never a
    release that was in force, a record of the ledger, or answers. Not while a wave is being run.

    Example: pulsverk prune --workspace ./work --survey demo --dry-run
    """
    store = open_store(workspace)
    survey = chosen_survey(store, survey_id)
    done = prune(store, survey.id, keep=keep, dry_run=dry_run)
    told = "would be deleted" if dry_run else "were deleted"
    words = (
        f"{len(done.keys)} objects {told}: {len(done.candidates)} of candidates, {len(done.identities)} of their "
        f"identities, {len(done.retracted)} of releases taken back."
    )
    return Answer({"survey": survey.id, "dry_run": dry_run, **asdict(done)}, (words,))
