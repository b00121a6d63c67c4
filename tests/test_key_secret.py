"""The keys in Secrets Manager: another comes in, the oldest goes out, and no version that can be read keeps it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from tiny_survey import INSTRUMENT, SURVEY

from functions import rotate as rotation
from functions.runtime import LIFETIME, from_environment
from functions.secret import CURRENT, KeySecret
from functions.telemetry import Fault
from pipeline import keyring, ledger
from pipeline.cli import run
from pipeline.commands import keys as command
from pipeline.errors import Refused, StoreConflict
from pipeline.pseudonyms import PseudonymKey

if TYPE_CHECKING:
    from pipeline.local.cloud import Cloud

CONTEXT: Any = SimpleNamespace(
    function_name="pulsverk-rotate", memory_limit_in_mb=1, invoked_function_arn="arn", aws_request_id="1"
)
NEW = PseudonymKey("k2", b"another secret of thirty-two byte")
VERSION = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def secret(pulsverk_cloud: Cloud) -> KeySecret:
    return KeySecret(pulsverk_cloud.account.secret)


def step(secret: KeySecret, name: str, token: str = VERSION) -> dict[str, Any]:
    return rotation.handler({"SecretId": secret.name, "ClientRequestToken": token, "Step": name}, CONTEXT)


def readable(secret: KeySecret) -> list[str]:
    """The ids of all keys in versions that have a stage, and can therefore be read."""
    client = boto3.client("secretsmanager")
    staged = client.describe_secret(SecretId=secret.name)["VersionIdsToStages"]
    texts = [
        client.get_secret_value(SecretId=secret.name, VersionId=one)["SecretString"] for one in staged if staged[one]
    ]
    return sorted({key.id for text in texts for key in keyring.parse(text, "").keys})


def test_a_rotation_adds_a_key_and_every_step_may_come_twice(
    secret: KeySecret, capsys: pytest.CaptureFixture[str]
) -> None:
    (before,) = secret.read().keys
    for name in ("createSecret", "setSecret", "testSecret", "finishSecret"):
        assert step(secret, name) == step(secret, name) == {"step": name}
    oldest, new = secret.read().keys
    assert (oldest, len(new.secret)) == (before, 64)
    assert new.secret.decode() not in capsys.readouterr().out
    assert secret._stages()[VERSION].count(CURRENT) == 1  # noqa: SLF001 - what Secrets Manager asks for


def test_a_rotation_that_another_change_overtook_is_refused(secret: KeySecret) -> None:
    step(secret, "createSecret")
    secret.replace(secret.read(), secret.read().with_new(NEW))
    for name in ("testSecret", "finishSecret"):
        with pytest.raises(Refused, match="the keys were changed while another was made"):
            step(secret, name)
    assert secret.read().current == NEW


def test_a_step_that_is_none_is_a_fault_without_words(secret: KeySecret) -> None:
    with pytest.raises(Fault):
        step(secret, "eraseSecret")


def test_a_retired_key_is_in_no_version_that_can_be_read(secret: KeySecret) -> None:
    secret.replace(secret.read(), secret.read().with_new(NEW))
    assert readable(secret) == ["demo", "k2"]
    secret.replace(secret.read(), secret.read().without_oldest())
    assert readable(secret) == ["k2"]


def test_a_key_that_stayed_behind_in_a_version_before_goes_when_it_is_retired_again(
    secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret.replace(secret.read(), secret.read().with_new(NEW))

    unstage, left = KeySecret._unstage, secret.read().without_oldest()  # noqa: SLF001 - the moment before
    monkeypatch.setattr(KeySecret, "_unstage", lambda *_: (_ for _ in ()).throw(ConnectionError))
    with pytest.raises(ConnectionError):
        secret.replace(secret.read(), left)
    monkeypatch.setattr(KeySecret, "_unstage", unstage)
    assert readable(secret) == ["demo", "k2"]
    secret.replace(secret.read(), secret.read())
    assert readable(secret) == ["k2"]


def test_of_two_who_change_the_ring_at_once_one_is_told(secret: KeySecret) -> None:
    before = secret.read()
    secret.replace(before, before.with_new(NEW))
    with pytest.raises(StoreConflict):
        secret.replace(before, before.with_new(NEW))


def test_whoever_is_overtaken_between_reading_and_writing_changes_nothing(
    secret: KeySecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, promote = secret.read(), KeySecret._promote  # noqa: SLF001 - the moment between

    def overtaken(self: KeySecret, version: str, instead_of: str) -> None:
        monkeypatch.setattr(KeySecret, "_promote", promote)
        secret.replace(before, before.with_new(NEW))
        promote(self, version, instead_of)

    monkeypatch.setattr(KeySecret, "_promote", overtaken)
    with pytest.raises(ClientError):
        secret.replace(before, before.with_new(PseudonymKey("k3", b"a third secret of thirty-two byte")))
    assert secret.read().current == NEW


def test_a_warm_function_notices_a_rotation(secret: KeySecret, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"PULSVERK_WORKSPACE": "s3://pulsverk-{zone}", "PULSVERK_CODE_VERSION": "1"}
    keys = from_environment({**environment, "PULSVERK_SECRET": secret.name}).keys
    before = keys()
    secret.replace(secret.read(), secret.read().with_new(NEW))
    assert keys() == before  # for a while it does not ask
    later = SimpleNamespace(now=lambda: datetime.now() + timedelta(seconds=LIFETIME + 1))  # noqa: DTZ005 - as Powertools does
    monkeypatch.setattr("aws_lambda_powertools.utilities.parameters.base.datetime", later)
    assert keys() == secret.read()


def test_the_whole_way_over_s3_from_the_command_line(
    pulsverk_cloud: Cloud, secret: KeySecret, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = pulsverk_cloud.runtime.store
    store.create("config/tiny/survey.toml", SURVEY.encode())
    store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    pulsverk_cloud.push("landing/tiny/w1/responses/a.csv", b"person,sent,Q1,Q2,Q3\np1,2026-08-01,4,4,7\n")
    pulsverk_cloud.drain()
    where = ["--workspace", "s3://pulsverk-{zone}", "--key-file", f"secret:{secret.name}", "--json"]

    def told(*arguments: str) -> dict[str, Any]:
        assert run(["keys", *arguments, *where]) == 0, capsys.readouterr().err
        return dict(json.loads(capsys.readouterr().out))

    monkeypatch.setattr(command, "_today", lambda: datetime(2026, 12, 1, tzinfo=UTC).date())
    assert told("rotate")["linked"] == 1
    assert told("link") == {"linked": 0}
    assert [one["key_id"] for one in told("show")["keys"]] == ["demo", secret.read().current.id]
    assert told("retire", "demo")["lost"] == {}
    assert readable(secret) == [secret.read().current.id]
    assert [one.key_id for one in ledger.retirements(store)] == ["demo"]
