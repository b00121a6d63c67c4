"""What a command gives back, how it is shown, and the options that every command has."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

if TYPE_CHECKING:
    from rich.console import RenderableType


@dataclass
class Settings:
    """How to answer: `json` as one document, `debug` with the traceback of a fault."""

    json: bool = False
    debug: bool = False


@dataclass(frozen=True)
class Answer:
    """The same in two forms: a JSON document, and words or tables for people.

    `beside`: on standard error, because standard output holds what was asked for.
    """

    document: Mapping[str, Any]
    words: tuple[RenderableType, ...] = field(default=())
    exit_code: int = 0
    beside: bool = False

    def show(self, settings: Settings) -> None:
        """Writes one of the two forms to standard output, or beside it."""
        if settings.json:
            click.echo(json.dumps(self.document, ensure_ascii=False, indent=1), err=self.beside)
            return
        console = Console(file=sys.stderr if self.beside else sys.stdout, highlight=False, markup=False, emoji=False)
        for one in self.words:
            console.print(one, soft_wrap=isinstance(one, str))


def beside() -> Console:
    """Standard error, for progress and words on the way."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


Command = Callable[..., Answer]


def with_settings(command: Command) -> Command:
    """The options --json and --debug."""

    def keep(context: click.Context, option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click calls it so
        if value:
            setattr(context.ensure_object(Settings), str(option.name), value)

    options = (
        click.option("--json", is_flag=True, expose_value=False, callback=keep, help="One JSON document on stdout."),
        click.option("--debug", is_flag=True, expose_value=False, callback=keep, help="The traceback of a fault."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def workspace_option(command: Command) -> Command:
    """--workspace, from PULSVERK_WORKSPACE where it is not given."""
    return click.option(
        "--workspace",
        "-W",
        required=True,
        envvar="PULSVERK_WORKSPACE",
        metavar="FOLDER|s3://...",
        help="A folder, s3://bucket or s3://name-{zone}.  [env: PULSVERK_WORKSPACE]",
    )(command)


def signer(by: str | None) -> str:
    """Who asks: the name given, or that of the user. Raises click's UsageError for who is not known."""
    try:
        return getpass.getuser() if by is None else by
    except (OSError, KeyError, ImportError):  # depends on the system and on the version of Python
        msg = "your user name is not known here; say who you are with --by"
        raise click.UsageError(msg) from None


def survey_option(command: Command) -> Command:
    """--survey."""
    return click.option("--survey", "-S", "survey_id", required=True, metavar="ID", help="The survey's id.")(command)


def wave_option(command: Command) -> Command:
    """--wave."""
    return click.option("--wave", "-V", "wave_id", required=True, metavar="ID", help="The wave's id.")(command)


def key_option(command: Command) -> Command:
    """--key-file."""
    return click.option(
        "--key-file",
        envvar="PULSVERK_KEY_FILE",
        metavar="FILE|secret:NAME",
        help="The pseudonym keys: a JSON file, or a secret in AWS Secrets Manager. For a folder without any the first "
        "is made, once, as FOLDER.key beside the folder.  [env: PULSVERK_KEY_FILE]",
    )(command)
