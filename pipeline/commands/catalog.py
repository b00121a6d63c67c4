"""`pulsverk catalog`: Athena reads the current release."""

from __future__ import annotations

import boto3
import click

from pipeline.catalog import database_of, point
from pipeline.commands.answer import Answer, with_settings, workspace_option
from pipeline.commands.chosen import chosen_survey
from pipeline.store import open_store


@click.command("catalog")
@workspace_option
@click.option("--survey", "-S", "survey_id", metavar="ID", help="The survey's id; the only one unless named.")
@with_settings
def command(workspace: str, survey_id: str | None) -> Answer:
    """Point Athena's views at the current release.

    The function that publishes does so by itself; this is for the first time, and after a release was taken back.

    Example: pulsverk catalog --workspace s3://acme-{zone} --survey demo
    """
    store = open_store(workspace)
    survey = chosen_survey(store, survey_id)
    release, database = point(store, boto3.client("glue"), survey.id), database_of(survey.id)
    words = f"Database {database}: {f'release {release}' if release else 'no release'}."
    return Answer({"survey": survey.id, "database": database, "release": release}, (words,))
