"""`pulsverk keys`: the pseudonym keys of a workspace; never a secret on the screen."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from functions.secret import new_key
from pipeline.commands.answer import Answer, key_option, with_settings, workspace_option
from pipeline.commands.keyholder import holder_of, keys_of
from pipeline.commands.terminal import table
from pipeline.linking import link
from pipeline.rotation import retire, rotate, standing
from pipeline.store import open_store

if TYPE_CHECKING:
    from datetime import date


@click.group("keys")
def command() -> None:
    """Show, rotate and retire the keys that persons get their pseudonyms from.

    Waves begin under the newest key and stay under it. While there are several, people are linked from each key to
    the next, so that they can be followed from wave to wave, and erased, when the oldest is retired.

    Example: pulsverk keys rotate --workspace ./work
    """


@command.command("show")
@workspace_option
@key_option
@with_settings
def show(workspace: str, key_file: str | None) -> Answer:
    """Show the keys, what is under them, and what keeps the oldest.

    Example: pulsverk keys show --workspace ./work
    """
    store = open_store(workspace)
    found = standing(store, keys_of(store, key_file), _today())
    rows = [
        (
            one.key_id,
            "current" if one.current else "older",
            ", ".join(one.waves) or "no wave",
            ", ".join(one.open) or "-",
            "-" if one.current else str(sum(one.unlinked.values())),
        )
        for one in found
    ]
    headings = ("key", "state", "waves", "of them open", "not linked to the next")
    return Answer({"keys": [asdict(one) for one in found]}, (table(headings, rows),))


@command.command("rotate")
@workspace_option
@key_option
@with_settings
def rotate_(workspace: str, key_file: str | None) -> Answer:
    """Make another key for the waves that begin from now on.

    The keys that are there stay until they are retired. People whom raw files in landing name are linked to the new
    key at once. Where no wave began under the current key yet, no other is made.

    Example: pulsverk keys rotate --workspace ./work
    """
    store = open_store(workspace)
    keys_of(store, key_file)  # makes the first one, or says who must restore it
    done = rotate(store, holder_of(store, key_file), new_key(), _today())
    made = f"Waves begin under the new key {done.key_id} from now on; copy where it is kept anew."
    words = made if done.made else f"No wave began under the key {done.key_id} yet; no other was made."
    return Answer(asdict(done), (f"{words} {done.linked} people were linked to a newer key.",))


@command.command("link")
@workspace_option
@key_option
@with_settings
def link_(workspace: str, key_file: str | None) -> Answer:
    """Link people to newer keys, from the raw files in landing.

    For after a rotation that Secrets Manager made by itself; `rotate` and `retire` do so too.

    Example: pulsverk keys link --workspace s3://acme-{zone} --key-file secret:acme-pseudonyms
    """
    store = open_store(workspace)
    done = link(store, keys_of(store, key_file))
    return Answer({"linked": done}, (f"{done} people were linked to a newer key.",))


@command.command("retire")
@click.argument("key_id", metavar="KEY")
@click.option("--losing", type=click.IntRange(min=0), default=0, help="Accept that so many are lost, and no more.")
@workspace_option
@key_option
@with_settings
def retire_(key_id: str, losing: int, workspace: str, key_file: str | None) -> Answer:
    """Take the oldest key out for good.

    Refused while a wave under it is open, and while people are not linked to the next key. Afterwards files of its
    waves cannot be read again.

    Example: pulsverk keys retire k3f9a1 --workspace ./work
    """
    store = open_store(workspace)
    done = retire(store, holder_of(store, key_file), key_id, _today(), losing)
    words = (
        f"Key {key_id} was retired already." if done.again else f"Key {key_id} is retired; destroy the copies of it."
    )
    if lost := sum(done.lost.values()):
        words += f" {lost} were lost with it."
    return Answer(asdict(done), (words,))


def _today() -> date:
    return datetime.now(UTC).date()
