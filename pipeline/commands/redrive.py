"""`pulsverk redrive`: what was set aside, read again."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import click

from pipeline import ledger
from pipeline.commands.answer import Answer, key_option, signer, with_settings, workspace_option
from pipeline.commands.chosen import chosen_survey
from pipeline.commands.keyholder import keys_of
from pipeline.commands.terminal import table
from pipeline.redrive import Redrive, Signed, of_file, of_wave, redrive, since
from pipeline.store import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.ledger import FileRecord
    from pipeline.store import Store

_NOTHING_TO_DO = frozenset({"accepted", "duplicate"})  # counted, where many files are looked at


class _Asked(TypedDict):
    """Which files are meant: by one of the last three."""

    survey_id: str | None
    file: str | None
    wave_id: str | None
    day: date | None


def _day(context: click.Context, option: click.Parameter, value: str | None) -> date | None:  # noqa: ARG001 - click calls it so
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError:
        msg = f"{value!r} is no day; write it like 2026-08-31"
        raise click.BadParameter(msg) from None


@click.command("redrive")
@workspace_option
@click.option("--survey", "-S", "survey_id", metavar="ID", help="The survey's id; the only one unless named.")
@click.option("--file", "file", metavar="KEY", help="This file: landing/<survey>/<wave>/<kind>/<file>.")
@click.option("--wave", "-V", "wave_id", metavar="ID", help="Every file of this wave.")
@click.option("--since", "day", metavar="YYYY-MM-DD", callback=_day, help="Every file that landed then (UTC) or later.")
@click.option("--why", metavar="TEXT", help="Why; it is kept in the ledger, so name no respondent.")
@click.option("--by", metavar="NAME", help="Who asks for it; your user name unless given. It is kept as well.")
@click.option("--dry-run", is_flag=True, help="Only say what would change; needs no --why.")
@key_option
@with_settings
def command(
    workspace: str, why: str | None, by: str | None, *, dry_run: bool, key_file: str | None, **asked: Unpack[_Asked]
) -> Answer:
    """Read again what was set aside, with today's survey file.

    For when the survey file was mended, not the export: a mended export is pushed as a new file. What is wholly
    accepted is left as it is, and doing it twice changes nothing more.

    Example: pulsverk redrive --workspace ./work --survey demo --wave 2026-08 --why "the scale goes to 7" --by kari
    """
    signed = None if dry_run else _signed(by, why)
    store = open_store(workspace)
    files = _files(store, asked)
    if not files:
        return _answer(Redrive((), ()), signed, ("No file is meant by this; nothing has changed.",))
    done = redrive(store, keys_of(store, key_file), files, signed)
    return _answer(done, signed, _words(done, dry_run=dry_run))


def _signed(by: str | None, why: str | None) -> Signed:
    """Who asks, and why. Raises click's UsageError for who is not known, and for no reason; Refused as Signed does."""
    if why is None or not why.strip():
        msg = "say --why these files are read again; it is kept in the ledger. --dry-run needs no reason"
        raise click.UsageError(msg)
    return Signed(signer(by), why)


def _files(store: Store, asked: _Asked) -> tuple[FileRecord, ...]:
    """The files that are meant. Raises click's UsageError unless exactly one option says so; Refused."""
    if sum(one is not None for one in (asked["file"], asked["wave_id"], asked["day"])) != 1:
        msg = "say which files with one of --file, --wave and --since"
        raise click.UsageError(msg)
    if asked["file"] is not None:
        address = ledger.address(asked["file"])
        if address is not None and asked["survey_id"] not in {None, address.survey}:
            msg = f"--file names its survey itself, {address.survey}; leave --survey out, or name another file"
            raise click.UsageError(msg)
        return of_file(store, asked["file"])
    survey = chosen_survey(store, asked["survey_id"]).id
    return since(store, survey, asked["day"]) if asked["day"] else of_wave(store, survey, str(asked["wave_id"]))


def _answer(done: Redrive, signed: Signed | None, words: tuple[Any, ...]) -> Answer:
    files = [
        {
            "key": one.key,
            "before": one.before.state,
            "after": one.after.state,
            "changed": one.changed,
            "counts": {"before": dict(one.before.accounts), "after": dict(one.after.accounts)},
            "message": one.after.message,
        }
        for one in done.read
    ]
    left = [
        {"key": one.record.key, "state": one.record.state, "reason": one.reason, "message": one.message}
        for one in done.left
    ]
    who = {"by": signed.by if signed else None, "why": signed.why if signed else None}
    return Answer({"dry_run": signed is None, **who, "changed": done.changed, "files": files, "left": left}, words)


def _words(done: Redrive, *, dry_run: bool) -> tuple[Any, ...]:
    rows = [(one.key, _counts(one.before), _counts(one.after), one.after.message) for one in done.read]
    rows += [
        (one.record.key, _counts(one.record), "not read again", one.message)
        for one in done.left
        if one.reason not in _NOTHING_TO_DO
    ]
    total = len(done.read) + len(done.left)
    read, came = ("would be", "would come") if dry_run else ("were", "came")
    said = f"{len(done.read)} of {total} files {read} read again; {done.changed} {came} out differently."
    alike = Counter(one.message for one in done.left if one.reason in _NOTHING_TO_DO)
    said += "".join(f" {count} {message}." for message, count in sorted(alike.items()))
    if not done.changed:
        said += " Nothing would change." if dry_run else " Nothing has changed."
    return (table(("file", "before", "after", "what"), rows), said) if rows else (said,)


def _counts(record: FileRecord) -> str:
    """`partly: 1 accepted, 1 quarantined`: every count of records that is not none."""
    accounts: Mapping[str, int] = record.accounts
    counts = [f"{count} {name}" for name, count in accounts.items() if count and name not in {"records", "header"}]
    return f"{record.state}: {', '.join(counts)}" if counts else record.state
