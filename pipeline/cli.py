"""The command line: `pulsverk COMMAND`. Exit 0 done, 1 refused (said why), 2 used wrongly, 3 a fault of ours.

What is asked for goes to standard output, with --json as exactly one JSON document; words on the way and progress go
to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback
from pathlib import PurePath
from typing import TYPE_CHECKING

import click

from pipeline.commands.answer import Answer, Settings
from pipeline.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, REFUSED, USED_WRONGLY, FAULT, INTERRUPTED = 0, 1, 2, 3, 130

# In the order of their use. A command's module is imported when it is called, so that help is there at once.
COMMANDS = {
    "demo": "Everything below on a synthetic organisation, inside this process.",
    "sample": "Write a synthetic organisation with exports in vendors' formats.",
    "inspect": "Say what a file is and where each of its records would go.",
    "instruments": "List what can be asked, and what to write in a survey file for it.",
    "expectations": "Propose what must hold before a wave is published.",
    "survey": "Put a survey file into a workspace.",
    "push": "Push a file of a wave into a workspace.",
    "run": "Aggregate, check and publish a wave.",
    "status": "Show what was received and published.",
    "tables": "Write a release for Power BI, Tableau, Superset or a spreadsheet.",
    "catalog": "Point Athena's views at the current release.",
    "explain": "Say why a cell is shown or withheld.",
    "verify": "Prove that a release is what was published, and safe.",
    "retract": "Take a release back, and all that were built on it.",
    "prune": "Delete what nobody needs any more.",
    "redrive": "Read again what was set aside, with today's survey file.",
    "erase": "Take a person out of a survey.",
    "keys": "Show, rotate and retire the keys that persons get their pseudonyms from.",
    "watch": "Show what is due, missing, late or overdue.",
}


class Commands(click.Group):
    """The commands by name, each from its own module."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """See click."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """See click."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"pipeline.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """See click. From the list, so that no command is imported to describe it."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="pulsverk")
def pulsverk() -> None:
    """Survey exports on the psychosocial work environment in; aggregates and reports in which nobody can be found, out.

    A workspace is a folder, s3://bucket, or s3://name-{zone} with a bucket for each zone.

    Start with: pulsverk demo
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and exits."""
    # Small systems, many of them: a second thread of linear algebra spins longer than it works. Read by the import.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Runs one command and says what came of it. Returns the exit code."""
    settings = Settings("--json" in arguments)
    try:
        answer = pulsverk.main(list(arguments), prog_name="pulsverk", standalone_mode=False, obj=settings)
    except click.Abort:
        kind, words, code = "interrupted", "whatever was begun is completed by doing it again", INTERRUPTED
    except click.ClickException as wrong:
        context = wrong.ctx if isinstance(wrong, click.UsageError) else None
        usage = f"\n{context.get_usage()}" if context else ""
        kind, words, code = "used wrongly", f"{wrong.format_message()}{usage}", USED_WRONGLY
    except Refused as refusal:
        kind, words, code = "refused", str(refusal), REFUSED
    except Exception as error:  # noqa: BLE001 - whatever else is raised is a fault of ours, and is told as one
        if settings.debug:
            traceback.print_exception(error)
        kind, words, code = "fault", _where(error), FAULT
    else:
        if not isinstance(answer, Answer):
            return int(answer or DONE)  # what click itself answers: help, and the version
        answer.show(settings)
        return answer.exit_code
    if settings.json:
        click.echo(json.dumps({"error": kind, "message": words}, ensure_ascii=False))
    click.echo(f"{kind}: {words}", err=True)
    return code


def _where(error: Exception) -> str:
    """One line; the words of the error may hold a person's answer, so they are shown with --debug alone."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if "pipeline" in PurePath(one.filename).parts]
    last = (ours or frames)[-1]
    place = "/".join(PurePath(last.filename).parts[-2:])
    return f"{type(error).__name__} in {place}, line {last.lineno}; --debug shows all of it"
