"""`pulsverk redrive`: what was set aside, read again."""

from __future__ import annotations

import click

from pipeline.commands.answer import Answer, key_option, survey_option, wave_option, with_settings, workspace_option
from pipeline.commands.keys import pseudonym_key
from pipeline.commands.tables import table
from pipeline.ingest import redrive
from pipeline.store import open_store


@click.command("redrive")
@workspace_option
@survey_option
@wave_option
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@key_option
@with_settings
def command(workspace: str, survey_id: str, wave_id: str, dry_run: bool, key_file: str | None) -> Answer:  # noqa: FBT001 - click calls it so
    """Read again what was set aside, with today's survey file.

    For when the survey file was mended, not the export: a mended export is pushed as a new file.

    Example: pulsverk redrive --workspace ./work --survey demo --wave 2026-08 --dry-run
    """
    store = open_store(workspace)
    found = redrive(store, pseudonym_key(store, key_file), survey_id, wave_id, dry_run=dry_run)
    files = [
        {
            "key": one.key,
            "before": one.before.state,
            "after": one.after.state,
            "changed": one.changed,
            "message": one.after.message,
        }
        for one in found
    ]
    rows = [(one["key"], one["before"], one["after"], one["message"]) for one in files]
    changed = sum(one.changed for one in found)
    words = f"{len(found)} files {'would be' if dry_run else 'were'} read again; {changed} came out differently."
    shown = (table(("file", "before", "after", "what"), rows), words) if rows else (words,)
    return Answer({"dry_run": dry_run, "files": files}, shown)
