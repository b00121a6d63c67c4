"""`pulsverk tables`: a release in the forms that BI tools open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline.commands.answer import Answer, with_settings, workspace_option
from pipeline.commands.chosen import chosen_release, chosen_survey
from pipeline.errors import Refused
from pipeline.published import file_of, tables_of
from pipeline.release import DISCLOSURE
from pipeline.store import open_store

if TYPE_CHECKING:
    from pipeline.bi import Decimal
    from pipeline.store import Store


@click.command("tables")
@click.argument("release", default="current")
@workspace_option
@click.option("--survey", "-S", "survey_id", metavar="ID", help="The survey's id; the only one unless named.")
@click.option("--out", "-o", type=click.Path(file_okay=False, path_type=Path), default=Path(), help="A folder.")
@click.option("--duckdb", is_flag=True, help="One DuckDB file with the tables and the views.")
@click.option("--csv", "decimal", type=click.Choice(["comma", "point"]), help="A CSV file for each table and view.")
@click.option("--sdmx", is_flag=True, help="The facts as SDMX-CSV 2.0, with CONF_STATUS.")
@click.option("--xlsx", is_flag=True, help="One workbook: the facts with their names, and how to read them.")
@with_settings
def command(  # noqa: PLR0913 - one for each option
    release: str,
    workspace: str,
    survey_id: str | None,
    out: Path,
    *,
    duckdb: bool,
    decimal: Decimal | None,
    sdmx: bool,
    xlsx: bool,
) -> Answer:
    """Write a release for Power BI, Tableau, Superset or a spreadsheet.

    RELEASE is its id, or `current`. Every table is held against the manifest first. Parquet needs no writing: it lies
    in the release. Files that are there already, of an earlier release, are written over.

    Example: pulsverk tables --workspace ./work --survey demo --duckdb --csv comma --out ./bi
    """
    if not (duckdb or decimal or sdmx or xlsx):
        msg = "say what to write: --duckdb, --csv comma, --csv point, --sdmx or --xlsx"
        raise click.UsageError(msg)
    from pipeline import bi  # noqa: PLC0415 - DuckDB, which help need not wait for

    store = open_store(workspace)
    survey = chosen_survey(store, survey_id)
    chosen = chosen_release(store, survey.id, release)
    tables = tables_of(store, survey.id, chosen)
    files: dict[str, bytes] = {}
    if duckdb:
        files[f"{survey.id}.duckdb"] = bi.duckdb_bytes(tables)
    if decimal:
        files |= {f"{name}.csv": bi.to_csv(table, decimal) for name, table in bi.with_views(tables).items()}
    if sdmx:
        files["facts.sdmx.csv"] = bi.to_sdmx(tables["facts"])
    if xlsx:
        files["facts.xlsx"] = bi.to_xlsx(tables, chosen, _minimum(store, survey.id, chosen))
    _write(out, files)
    words = f"Release {chosen} of {survey.id}: {', '.join(files)} in {out}"
    return Answer({"survey": survey.id, "release": chosen, "files": [str(out / name) for name in files]}, (words,))


def _minimum(store: Store, survey_id: str, release_id: str) -> dict[str, int] | None:
    """The smallest counts that a release states; None of one that was made before releases stated them."""
    stated = file_of(store, survey_id, release_id, DISCLOSURE)
    return None if stated is None else dict(json.loads(stated)["minimum_group_size"])


def _write(out: Path, files: dict[str, bytes]) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            aside = out / f".{name}.part"
            aside.write_bytes(data)
            aside.replace(out / name)  # a tool that has the file open keeps the one before, whole
    except OSError as error:
        msg = f"{out} cannot be written to: {error.strerror}; name another folder with --out"
        raise Refused(msg) from None
