"""`pulsverk verify`: a release proven again."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version

import click

from pipeline.commands.answer import Answer, with_settings, workspace_option
from pipeline.commands.chosen import chosen_release, chosen_survey
from pipeline.store import open_store
from pipeline.verification import verify


@click.command("verify")
@click.argument("release", default="current")
@workspace_option
@click.option("--survey", "-S", "survey_id", metavar="ID", help="The survey's id; the only one unless named.")
@click.option("--history", is_flag=True, help="Audit all releases of each wave together, up to this one.")
@with_settings
def command(release: str, workspace: str, survey_id: str | None, *, history: bool) -> Answer:
    """Prove that a release is what was published, and safe.

    RELEASE is its id, or `current`. Every file is hashed again, and each wave is counted and audited again from
    scratch, from exactly the rows that it was counted from. A release that this version of the code made is made
    again from its private tables, and must have the same bytes. Where rows are no longer stored, it says what was
    checked and what was not: exit 0 when erasures or a redrive in the ledger explain it. Exit 1 when they do not, when
    a file is not as published, when figures are not those of the rows, or when somebody can be found: the certificate
    then names the cells by which, and is private. A wave that was published several times can tell more by all its
    releases than by one: --history audits them together.

    Example: pulsverk verify current --workspace ./work --survey demo
    """
    store = open_store(workspace)
    survey = chosen_survey(store, survey_id)
    release = chosen_release(store, survey.id, release)
    done = verify(store, survey.id, release, together=history, code_version=version("pulsverk"))
    words = [f"Release {release}: {done.status}. {done.files} files, {len(done.problems) or 'none'} not as published."]
    words += [done.remade.words[:1].upper() + done.remade.words[1:] + "."] if not done.problems else []
    words += [*done.problems, *(f"Wave {one.wave}: {one.state}; {one.words}." for one in done.waves)]
    words += [certificate for one in done.waves for certificate in one.certificates]
    return Answer(asdict(done) | {"status": done.status, "good": done.good}, tuple(words), exit_code=int(not done.good))
