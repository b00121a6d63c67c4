"""`pulsverk inspect`: what a file is; nothing is written."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline import exports, ledger
from pipeline.commands.answer import Answer, with_settings
from pipeline.commands.terminal import table
from pipeline.register import beside, parse
from pipeline.store import open_store

if TYPE_CHECKING:
    from pipeline.survey import Survey


@click.command("inspect")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--survey-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read FILE as an export of this survey.",
)
@click.option("--workspace", "-W", envvar="PULSVERK_WORKSPACE", metavar="FOLDER|s3://...", help="With --survey.")
@click.option("--survey", "-S", "survey_id", metavar="ID", help="Read FILE as an export of this survey there.")
@click.option("--faults", is_flag=True, help="Also list every record that is not accepted, and why.")
@click.option(
    "--rows",
    is_flag=True,
    help="Write the cells of what would be read, as text, and the rest to standard error. These are people's answers.",
)
@with_settings
def command(
    file: Path,
    survey_file: Path | None,
    workspace: str | None,
    survey_id: str | None,
    faults: bool,  # noqa: FBT001 - click calls it so
    rows: bool,  # noqa: FBT001 - click calls it so
) -> Answer:
    """Say what a file is and where each of its records would go.

    Nothing is written, and no answer is shown but with --rows: then a line of column names and one line for each
    record, as JSON arrays, go to standard output. Exit 1 when the file would be refused.

    Example: pulsverk inspect answers.csv --survey-file examples/demo/survey.toml --faults
    """
    found = exports.examine(file.read_bytes(), _survey(survey_file, workspace, survey_id))
    account = dict(found.account)
    shown: list[Any] = [table(("", ""), [(key, _words(value)) for key, value in account.items()])]
    if faults:
        account["faults"] = [asdict(one) for one in found.faults]
        shown.append(table(("record", "column", "reason"), [tuple(one.values()) for one in account["faults"]]))
    if rows and found.sheet is not None:
        for cells in (found.sheet.columns, *found.sheet.rows):
            click.echo(json.dumps(list(cells), ensure_ascii=False))
    return Answer(account, tuple(shown), exit_code=int(account["verdict"] == "rejected"), beside=rows)


def _survey(survey_file: Path | None, workspace: str | None, survey_id: str | None) -> Survey | None:
    if survey_file is not None:
        return parse(beside(survey_file))[0]
    if survey_id is None:
        return None
    if workspace is None:
        msg = "--survey names a survey of a --workspace"
        raise click.UsageError(msg)
    return ledger.survey(open_store(workspace), survey_id)


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
