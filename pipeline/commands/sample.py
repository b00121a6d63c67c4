"""`pulsverk sample`: a synthetic organisation on disk."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline import sample
from pipeline.commands.answer import Answer, with_settings


@click.command("sample")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--employees", type=click.IntRange(min=20), default=1200, show_default=True)
@click.option("--waves", type=click.IntRange(1, 3), default=3, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@with_settings
def command(directory: Path, employees: int, waves: int, seed: int) -> Answer:
    """Write a synthetic organisation with exports in vendors' formats.

    Besides the files, truth.json states the figures they were made from. Nobody in them exists.

    Example: pulsverk sample ./sample --employees 300 --seed 7
    """
    sample.write(directory, employees=employees, waves=waves, seed=seed)
    files = sorted(one.relative_to(directory).as_posix() for one in directory.rglob("*") if one.is_file())
    return Answer({"directory": str(directory), "files": files}, (f"{len(files)} files in {directory}.",))
