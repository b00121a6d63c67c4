"""`pulsverk inspect`: what a file is; nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pipeline import exports, ledger
from pipeline.commands.answer import Answer, with_settings
from pipeline.commands.tables import table
from pipeline.errors import ExportRejected
from pipeline.pseudonyms import PseudonymKey
from pipeline.register import beside, parse
from pipeline.store import open_store

if TYPE_CHECKING:
    from pipeline.survey import Survey

_THROWN_AWAY = PseudonymKey("inspect", b"pseudonyms that leave no process")


@click.command("inspect")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--survey-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read FILE as an export of this survey.",
)
@click.option("--workspace", "-W", envvar="PULSVERK_WORKSPACE", metavar="FOLDER|s3://...", help="With --survey.")
@click.option("--survey", "-S", "survey_id", metavar="ID", help="Read FILE as an export of this survey there.")
@click.option("--rows", is_flag=True, help="Also list every record that is not accepted, and why.")
@with_settings
def command(file: Path, survey_file: Path | None, workspace: str | None, survey_id: str | None, rows: bool) -> Answer:  # noqa: FBT001 - click calls it so
    """Say what a file is and where each of its records would go.

    Nothing is written, and no answer is shown. Exit 1 when the file would be refused.

    Example: pulsverk inspect answers.csv --survey-file examples/demo/survey.toml --rows
    """
    survey = _survey(survey_file, workspace, survey_id)
    data = file.read_bytes()
    found = exports.inspect(data, survey)
    shown: list[Any] = [table(("", ""), [(key, _words(value)) for key, value in found.items()])]
    if rows:
        found["rows"] = _rows(data, survey)
        shown.append(table(("record", "column", "reason"), [tuple(one.values()) for one in found["rows"]]))
    return Answer(found, tuple(shown), exit_code=int(found["verdict"] == "rejected"))


def _survey(survey_file: Path | None, workspace: str | None, survey_id: str | None) -> Survey | None:
    if survey_file is not None:
        return parse(beside(survey_file))[0]
    if survey_id is None:
        return None
    if workspace is None:
        msg = "--survey names a survey of a --workspace"
        raise click.UsageError(msg)
    return ledger.survey(open_store(workspace), survey_id)


def _rows(data: bytes, survey: Survey | None) -> list[dict[str, Any]]:
    """Record, column and reason of every fault; none for a file that is refused as a whole."""
    try:
        sheet = exports.read(data)
        faults = exports.interpret(sheet, survey, _THROWN_AWAY, "").quarantined if survey else sheet.faults
    except ExportRejected:
        return []
    return [{"record": one.record, "column": one.column, "reason": one.reason} for one in sorted(faults)]


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {one}" for key, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
