"""The pseudonym keys in AWS Secrets Manager: read by their stage, and replaced by a version that takes it over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from pipeline import keyring
from pipeline.errors import StoreConflict

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from pipeline.keyring import Keyring

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"


@dataclass(frozen=True)
class KeySecret:
    """The ring under the name, or the address, of a secret."""

    name: str

    @property
    def _client(self) -> SecretsManagerClient:
        return boto3.client("secretsmanager")

    def read(self) -> Keyring:
        """See Holder."""
        return self._version()[0]

    def replace(self, before: Keyring, after: Keyring) -> None:
        """See Holder. The stage moves from the version that was read to the new one, or not at all."""
        there, old = self._version()
        if there != before:
            raise StoreConflict(self.name)
        put = self._client.put_secret_value(
            SecretId=self.name, SecretString=keyring.to_json(after), VersionStages=[PENDING]
        )
        self.promote(put["VersionId"], old)
        # The version before may hold a key that was retired, and would be readable under this stage until the next.
        self._unstage(PREVIOUS, old)
        self._unstage(PENDING, put["VersionId"])

    def promote(self, version: str, instead_of: str) -> None:
        """Makes a version the current one. Secrets Manager refuses when another took its place meanwhile."""
        self._client.update_secret_version_stage(
            SecretId=self.name, VersionStage=CURRENT, MoveToVersionId=version, RemoveFromVersionId=instead_of
        )

    def stages(self) -> dict[str, list[str]]:
        """The stages of each version by its id."""
        return dict(self._client.describe_secret(SecretId=self.name)["VersionIdsToStages"])

    def _version(self) -> tuple[Keyring, str]:
        found = self._client.get_secret_value(SecretId=self.name, VersionStage=CURRENT)
        return keyring.parse(found["SecretString"], self.name), found["VersionId"]

    def _unstage(self, stage: str, version: str) -> None:
        if stage in self.stages().get(version, []):
            self._client.update_secret_version_stage(
                SecretId=self.name, VersionStage=stage, RemoveFromVersionId=version
            )
