"""`pulsverk push`: a file into landing, and over a folder, where no function listens, through ingest at once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipeline import ledger
from pipeline.commands.answer import Answer, key_option, survey_option, wave_option, with_settings, workspace_option
from pipeline.commands.keyholder import keys_of
from pipeline.commands.terminal import table
from pipeline.errors import Refused, StoreConflict
from pipeline.ingest import Landed, receive
from pipeline.store import FolderStore, Store, open_store

if TYPE_CHECKING:
    from pipeline.ledger import FileRecord


@click.command("push")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@workspace_option
@survey_option
@wave_option
@click.option("--kind", "-k", required=True, type=click.Choice(ledger.KINDS), help="What the files are.")
@click.option("--ingest", is_flag=True, help="Read them here and now, over S3 too; over a folder that is always so.")
@key_option
@with_settings
def command(
    files: tuple[Path, ...],
    workspace: str,
    survey_id: str,
    wave_id: str,
    kind: str,
    ingest: bool,  # noqa: FBT001 - click calls it so
    key_file: str | None,
) -> Answer:
    """Push a file of a wave into a workspace.

    A file is put under its own name and never over another: the same bytes again change nothing, and other bytes
    under a name that is taken are refused. Exit 1 when a file, or all of its records, went to quarantine.

    Example: pulsverk push answers.csv --workspace ./work --survey demo --wave 2026-08 --kind responses
    """
    store = open_store(workspace)
    ledger.survey(store, survey_id).wave(wave_id)
    read = ingest or isinstance(store, FolderStore)
    keys = keys_of(store, key_file) if read else None
    addresses = {file: f"landing/{survey_id}/{wave_id}/{kind}/{file.name}" for file in files}
    _check(addresses)
    done: list[FileRecord] = []
    for file, address in addresses.items():
        _land(store, address, file.read_bytes())
        if keys is not None:
            done.append(receive(store, keys, Landed(address, landed_at=datetime.now(UTC).isoformat())))
    document = {"pushed": list(addresses.values()), "received": [asdict(record) for record in done]}
    if keys is None:
        return Answer(document, (f"{len(files)} pushed; the function ingest reads them.",))
    stopped = any(record.state in {"quarantined", "rejected"} for record in done)
    rows = [(file.name, record.state, record.message) for file, record in zip(files, done, strict=True)]
    return Answer(document, (table(("file", "state", "what"), rows),), exit_code=int(stopped))


def _check(addresses: dict[Path, str]) -> None:
    """Raises Refused before anything is written when a name cannot be used, or stands for two files."""
    for file, address in addresses.items():
        if ledger.address(address) is None:
            msg = f"{file.name!r} cannot be the name of a file in landing; rename it"
            raise Refused(msg)
    if len(set(addresses.values())) < len(addresses):
        msg = "two of these files have the same name; rename one"
        raise Refused(msg)


def _land(store: Store, address: str, data: bytes) -> None:
    try:
        store.create(address, data)
    except StoreConflict:
        msg = f"another file was pushed as {address}; rename this one, so that both can be told apart"
        raise Refused(msg) from None
