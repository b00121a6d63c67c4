"""`pulsverk verify`: a release proven again."""

from __future__ import annotations

from dataclasses import asdict

import click

from pipeline.commands.answer import Answer, with_settings, workspace_option
from pipeline.commands.chosen import chosen_survey
from pipeline.errors import Refused
from pipeline.published import current
from pipeline.store import open_store
from pipeline.verification import verify


@click.command("verify")
@click.argument("release", default="current")
@workspace_option
@click.option("--survey", "-S", "survey_id", metavar="ID", help="The survey's id; the only one unless named.")
@with_settings
def command(release: str, workspace: str, survey_id: str | None) -> Answer:
    """Prove that a release is what was published, and safe.

    RELEASE is its id, or `current`. Every file is hashed again; each wave whose answers are still stored is counted
    and audited again from scratch. Exit 1 when a file is not as published, or somebody can be found: the certificate
    then names the cells by which, and is private.

    Example: pulsverk verify current --workspace ./work --survey demo
    """
    store = open_store(workspace)
    survey = chosen_survey(store, survey_id)
    if release == "current":
        now = current(store, survey.id)
        if now is None:
            msg = f"no wave of survey {survey.id} is published"
            raise Refused(msg)
        release = now.release
    done = verify(store, survey.id, release)
    words = [f"Release {release}: {done.files} files, {len(done.problems) or 'none'} not as published."]
    words += [*done.problems, *(f"Wave {one.wave}: {one.state}; {one.words}." for one in done.waves)]
    words += [certificate for one in done.waves for certificate in one.certificates]
    return Answer(asdict(done) | {"good": done.good}, tuple(words), exit_code=int(not done.good))
