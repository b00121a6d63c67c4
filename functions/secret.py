"""The pseudonym keys in AWS Secrets Manager: read by their stage, and replaced by a version that takes it over."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from pipeline import keyring
from pipeline.errors import Refused, StoreConflict
from pipeline.pseudonyms import PseudonymKey

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

    from pipeline.keyring import Keyring

CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"


def new_key() -> PseudonymKey:
    """A key that nobody has seen, with an id that says nothing."""
    return PseudonymKey(f"k{secrets.token_hex(3)}", secrets.token_hex(32).encode())


@dataclass(frozen=True)
class KeySecret:
    """The ring under the name, or the address, of a secret."""

    name: str

    @property
    def _client(self) -> SecretsManagerClient:
        return boto3.client("secretsmanager")

    def read(self) -> Keyring:
        """See Holder."""
        return self._current()[0]

    def replace(self, before: Keyring, after: Keyring) -> None:
        """See Holder. The stage moves from the version that was read to the new one, or not at all."""
        there, old = self._current()
        if there != before:
            raise StoreConflict(self.name)
        new = self._client.put_secret_value(
            SecretId=self.name, SecretString=keyring.to_json(after), VersionStages=[PENDING]
        )["VersionId"]
        self._promote(new, old)
        self._unstage(PENDING, new)
        # The version before may hold a key that was retired, and would be readable under this stage until the next.
        self._unstage(PREVIOUS, old)

    def propose(self, version: str, new: PseudonymKey) -> None:
        """First step of a rotation by Secrets Manager: a ring with another key as this version, unless there is one."""
        if version not in self._stages():
            ring = keyring.to_json(self.read().with_new(new))
            self._client.put_secret_value(
                SecretId=self.name, ClientRequestToken=version, SecretString=ring, VersionStages=[PENDING]
            )

    def proposed(self, version: str) -> str:
        """The version that the proposed one comes after. Raises Refused when it is not that ring and another key."""
        ring, old = self._current()
        found = self._client.get_secret_value(SecretId=self.name, VersionId=version)
        if keyring.parse(found["SecretString"], self.name).keys[:-1] != ring.keys:
            msg = "the keys were changed while another was made; Secrets Manager rotates again, or whoever keeps them"
            raise Refused(msg)
        return old

    def accept(self, version: str) -> None:
        """Last step: the proposed version becomes the current one. Raises Refused as `proposed` does."""
        if CURRENT not in self._stages()[version]:
            self._promote(version, self.proposed(version))

    def _current(self) -> tuple[Keyring, str]:
        found = self._client.get_secret_value(SecretId=self.name, VersionStage=CURRENT)
        return keyring.parse(found["SecretString"], self.name), found["VersionId"]

    def _promote(self, version: str, instead_of: str) -> None:
        """Makes a version the current one. Secrets Manager refuses when another took its place meanwhile."""
        self._client.update_secret_version_stage(
            SecretId=self.name, VersionStage=CURRENT, MoveToVersionId=version, RemoveFromVersionId=instead_of
        )

    def _stages(self) -> dict[str, list[str]]:
        """The stages of each version by its id."""
        return dict(self._client.describe_secret(SecretId=self.name)["VersionIdsToStages"])

    def _unstage(self, stage: str, version: str) -> None:
        if stage in self._stages().get(version, []):
            self._client.update_secret_version_stage(
                SecretId=self.name, VersionStage=stage, RemoveFromVersionId=version
            )
