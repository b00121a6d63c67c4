"""`pulsverk watch`: what somebody should see to."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import click

from pipeline.commands.answer import Answer, with_settings, workspace_option
from pipeline.commands.terminal import table
from pipeline.store import open_store
from pipeline.watch import watch


@click.command("watch")
@workspace_option
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Another day than today.")
@with_settings
def command(workspace: str, today: datetime | None) -> Answer:
    """Show what is due, missing, late or overdue.

    Changes nothing; `pulsverk run` publishes what is due.

    Example: pulsverk watch --workspace ./work --today 2026-09-01
    """
    seen = watch(open_store(workspace), (today or datetime.now(UTC)).date())
    document = {kind: [asdict(entry) for entry in entries] for kind, entries in seen.entries.items()}
    rows = [
        (kind, one.survey, one.wave, one.what, one.since) for kind, entries in seen.entries.items() for one in entries
    ]
    shown = table(("", "survey", "wave", "what", "since"), rows) if rows else "Nothing to see to."
    return Answer(document, (shown,))
