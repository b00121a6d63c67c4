"""What a function runs with: where things lie, the key, the time, the version. The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from pipeline.pseudonyms import PseudonymKey
from pipeline.store import open_store

if TYPE_CHECKING:
    from pipeline.store import Store


@dataclass(frozen=True)
class Runtime:
    """`key` is fetched when it is asked for: `ingest` alone is allowed to. `now` tells the time, with its zone."""

    store: Store
    key: Callable[[], PseudonymKey]
    now: Callable[[], datetime]
    code_version: str

    @property
    def today(self) -> date:
        """The day in UTC: west of the organisation or on it, so that no wave is closed before its last day is over."""
        return self.now().astimezone(UTC).date()


def runtime() -> Runtime:
    """The runtime of this process, made from its environment when it is first needed, or the one in `using`."""
    if not _held:
        _held.append(from_environment(os.environ))
    return _held[-1]


@contextmanager
def using(other: Runtime) -> Iterator[Runtime]:
    """Within it every handler of this process runs with `other`, in whichever thread: what tests and the demo do."""
    _held.append(other)
    try:
        yield other
    finally:
        _held.remove(other)


def from_environment(environment: Mapping[str, str]) -> Runtime:
    """PULSVERK_WORKSPACE, PULSVERK_CODE_VERSION and, where persons are read, PULSVERK_SECRET. Raises KeyError."""
    return Runtime(
        store=open_store(environment["PULSVERK_WORKSPACE"]),
        key=cache(lambda: _secret_key(environment["PULSVERK_SECRET"])),
        now=lambda: datetime.now(UTC),
        code_version=environment["PULSVERK_CODE_VERSION"],
    )


_held: list[Runtime] = []


def _secret_key(name: str) -> PseudonymKey:
    """The pseudonym key from AWS Secrets Manager: a JSON object with `id` and `secret`."""
    from aws_lambda_powertools.utilities.parameters import SecretsProvider  # noqa: PLC0415 - only ingest needs it

    # A provider of our own: the one that the module shares would keep the secret for whoever asks next.
    found: Any = SecretsProvider().get(name, transform="json")
    return PseudonymKey(str(found["id"]), str(found["secret"]).encode())
