"""`pulsverk expectations`: what must hold before a wave of a survey is published."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline import gates
from pipeline.commands.answer import Answer, with_settings
from pipeline.errors import Refused
from pipeline.register import beside, parse


@click.group("expectations")
def command() -> None:
    """Propose what must hold before a wave is published.

    Example: pulsverk expectations init examples/demo/survey.toml --to ./expectations
    """


@command.command("init")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where the suites go; expectations/ beside the survey file if not given.",
)
@with_settings
def init(file: Path, to: Path | None) -> Answer:
    """Write suites for a survey, from its instruments.

    FILE is the survey.toml. The suites are plain files: change their numbers, take out what is not for you, and put
    them into the workspace with pulsverk survey. What is there already is never overwritten.

    Example: pulsverk expectations init ./survey.toml
    """
    survey, _ = parse({name: data for name, data in beside(file).items() if name.endswith(".toml")})
    folder = to or file.parent / "expectations"
    made = {folder / f"{stage}.json": suite for stage, suite in gates.propose(survey).items()}
    if there := [str(path) for path in made if path.exists()]:
        msg = f"{', '.join(there)} would be overwritten; take it away first, or name another folder with --to"
        raise Refused(msg)
    folder.mkdir(parents=True, exist_ok=True)
    for path, suite in made.items():
        path.write_bytes(gates.to_json(suite))
    counts = {path.stem: len(suite["expectations"]) for path, suite in made.items()}
    listed = ", ".join(f"{path.name} ({counts[path.stem]})" for path in made)
    words = f"Wrote {listed} to {folder}. Look at their numbers, then: pulsverk survey {file} --workspace ..."
    return Answer({"survey": survey.id, "folder": str(folder), "expectations": counts}, (words,))
