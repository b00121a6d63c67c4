"""`pulsverk survey`: the survey file into config/, after it was read and held against what people answered under."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pipeline.commands.answer import Answer, with_settings, workspace_option
from pipeline.register import beside, register
from pipeline.store import open_store


@click.command("survey")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@workspace_option
@with_settings
def command(file: Path, workspace: str) -> Answer:
    """Put a survey file into a workspace.

    FILE is the survey.toml. Instrument files that it names, and suites in expectations/, lie beside it and come along.
    Refused is a file that cannot be read, that lowers the minimum group size of a wave people have answered in, or
    that leaves such a wave out; and a suite by which no wave could be judged.

    Example: pulsverk survey examples/demo/survey.toml --workspace ./work
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when Great Expectations is imported
    done = register(open_store(workspace), beside(file))
    waves = [wave.id for wave in done.survey.file.wave]
    state = "changed" if done.changed else "unchanged"
    document = {
        "survey": done.survey.id,
        "sha256": done.survey.sha256,
        "state": state,
        "files": list(done.files),
        "waves": waves,
    }
    return Answer(document, (f"Survey {done.survey.id}, {state}: {', '.join(done.files)}; waves {', '.join(waves)}.",))
