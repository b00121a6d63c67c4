"""`pulsverk demo`: the whole chain on an organisation that does not exist."""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.text import Text

from pipeline.commands.answer import Answer, beside, with_settings
from pipeline.commands.terminal import table

if TYPE_CHECKING:
    from pipeline.local.demo import Demo

_ROWS = {
    "files": "files pushed",
    "twice": "  same content again",
    "records": "response records",
    "accepted": "  accepted",
    "quarantined": "  quarantined",
    "left_out": "  duplicate, excluded",
    "superseded": "  superseded",
    "later": "accepted: came again",
    "not_invited": "  not invited",
    "counted": "  counted",
    "respondents": "people counted",
    "published": "cells published",
    "withheld": "cells withheld",
    "release": "release",
}


@click.command("demo")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"), show_default=True)
@click.option("--employees", type=click.IntRange(min=20), default=1200, show_default=True)
@click.option("--waves", type=click.IntRange(1, 3), default=3, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@with_settings
def command(out: Path, employees: int, waves: int, seed: int) -> Answer:
    """Everything below on a synthetic organisation, inside this process.

    Exports are pushed as S3 objects; events, queue, schedule, state machine and the functions do the rest, on a
    simulated AWS account. The current release is copied to --out. Reaches no network and needs no account.

    Example: pulsverk demo --out ./demo
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"  # read when Great Expectations is imported
    from pipeline import sample  # noqa: PLC0415 - the demo's own parts, which the other commands need not wait for
    from pipeline.local import demo  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory() as folder:
        sample.write(Path(folder), employees=employees, waves=waves, seed=seed)
        done = demo.run(Path(folder), out, "demo", beside())
    return answer(done)


def answer(done: Demo) -> Answer:
    """A finished demo as a table, the proofs, and the page to open; exit 3 when something does not add up."""
    document = asdict(done) | {"report": str(done.report) if done.report else None, "good": done.good}
    rows = [[label, *(getattr(wave, name) for wave in done.waves)] for name, label in _ROWS.items()]
    stopped = [f"Wave {wave.wave} is not published: {wave.why}" for wave in done.waves if wave.why]
    proven = [f"{'holds' if one.holds else 'FAILS'}  {one.name} {one.promise} ({one.places:,})" for one in done.proofs]
    page = Text(f"Open {done.report}", style="bold") if done.report else Text("Nothing was published.")
    last = ("", page, f"{done.seconds:.0f} seconds.")
    return Answer(
        document,
        (table(["", *(wave.wave for wave in done.waves)], rows, right=True), *stopped, *proven, *last),
        exit_code=0 if done.good else 3,
    )
