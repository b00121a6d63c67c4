"""What a function runs with: where things lie, the key, the time, the version. The only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from pipeline import keyring
from pipeline.store import open_store

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

    from pipeline.keyring import Keyring, Keys
    from pipeline.store import Store

LIFETIME = 300  # seconds for which a function that stays warm keeps the keys; less than a message waits to come again


@dataclass(frozen=True)
class Runtime:
    """`keys` are fetched when they are asked for: `ingest` alone is allowed to. `now` tells the time, with its zone."""

    store: Store
    keys: Callable[[], Keys]
    now: Callable[[], datetime]
    code_version: str
    glue: Callable[[], GlueClient] | None = None  # where Athena reads what is published

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
    """PULSVERK_WORKSPACE, PULSVERK_CODE_VERSION; PULSVERK_SECRET where persons are read, PULSVERK_CATALOG for Athena.

    Raises KeyError.
    """
    held: list[Callable[[], Keyring]] = []

    def keys() -> Keyring:
        if not held:
            held.append(_secret_keys(environment["PULSVERK_SECRET"]))
        return held[0]()

    return Runtime(
        store=open_store(environment["PULSVERK_WORKSPACE"]),
        keys=keys,
        now=lambda: datetime.now(UTC),
        code_version=environment["PULSVERK_CODE_VERSION"],
        glue=_glue if environment.get("PULSVERK_CATALOG") == "glue" else None,
    )


_held: list[Runtime] = []


def _glue() -> GlueClient:
    import boto3  # noqa: PLC0415 - publish alone needs it

    return boto3.client("glue")


def _secret_keys(name: str) -> Callable[[], Keyring]:
    """The pseudonym keys from AWS Secrets Manager, asked for again when the answer is older than LIFETIME.

    A function that has not heard of a rotation yet begins waves under the key before, which is still in the ring. What
    it cannot know, a wave that another began under the new key, comes back to the queue and is read later.
    """
    from aws_lambda_powertools.utilities.parameters import SecretsProvider  # noqa: PLC0415 - only ingest needs it

    # A provider of our own: the one that the module shares would keep the secret for whoever asks next.
    provider = SecretsProvider()
    return lambda: keyring.parse(str(provider.get(name, max_age=LIFETIME, VersionStage="AWSCURRENT")), name)
