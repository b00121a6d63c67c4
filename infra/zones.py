"""The zones of a workspace as buckets, and who may do what in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from infra.findings import acknowledge
from pipeline.store import bucket_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import Stack

# How long a bucket keeps what may name a person; None where the pipeline itself decides.
_KEPT = {
    "landing": Duration.days(400),  # a year of raw exports, so that a wave can be looked into after the next one
    "quarantine": Duration.days(90),  # by then the sender has mended and pushed again
    "private": None,
    "published": None,
}
# An overwritten or deleted object stays restorable this long: enough to notice, short enough for a right to erasure.
_UNDO = Duration.days(30)


@dataclass(frozen=True)
class Zones:
    """The buckets by name and, by the same name, the key that each is encrypted with."""

    buckets: Mapping[str, s3.Bucket]
    keys: Mapping[str, kms.IKey]

    def allow(
        self,
        role: iam.Role,
        *,
        reads: Sequence[str] = (),
        writes: Sequence[str] = (),
        deletes: Sequence[str] = (),
    ) -> None:
        """Lets `role` read, write or delete objects that lie under these zones or parts of zones, and nothing else.

        What a function replaces or creates conditionally it must be able to read, so `reads` names those as well.
        """
        for actions, places in (
            (["s3:GetObject", "s3:GetObjectVersion"], reads),  # an event names the version that landed
            (["s3:PutObject"], writes),
            (["s3:DeleteObject", "s3:DeleteObjectVersion"], deletes),
        ):
            for place in places:
                self._objects(role, place, actions)
        # Without the right to list, S3 answers 403 and not 404 for an object that is not there, and a missing
        # object would look like a fault. A condition on the prefix would not hold for that answer.
        for name in _names([*reads, *writes, *deletes]):
            role.add_to_policy(
                iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.buckets[name].bucket_arn])
            )
            self._key(role, name, writes=name in _names(writes))
        for name in _names(deletes):
            arn = self.buckets[name].bucket_arn
            role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucketVersions"], resources=[arn]))

    def _objects(self, role: iam.Role, place: str, actions: list[str]) -> None:
        bucket = self.buckets[_bucket(place)]
        pattern = place if "*" in place else f"{place}/*"
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[bucket.arn_for_objects(pattern)]))
        acknowledge(
            role,
            f"AwsSolutions-IAM5[Resource::<{_logical_id(bucket)}.Arn>/{pattern}]",
            f"The objects of zone {place}: their keys carry survey, wave and content, which are not known beforehand.",
        )

    def _key(self, role: iam.Role, name: str, *, writes: bool) -> None:
        actions = ["kms:Decrypt", "kms:GenerateDataKey"] if writes else ["kms:Decrypt"]
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[self.keys[name].key_arn]))


def zones(stack: Stack, prefix: str) -> Zones:
    """Four buckets named `<prefix>-<bucket>`: closed to the public, versioned, encrypted, TLS only, logged.

    Two keys, so that whoever may read what is published can be given its key without the one for answers.
    """
    logs = s3.Bucket(
        stack,
        "AccessLogs",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,  # S3 can deliver access logs to no other kind
        enforce_ssl=True,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(400))],
        removal_policy=RemovalPolicy.RETAIN,
    )
    acknowledge(logs, "AwsSolutions-S1", "The bucket that access logs are delivered to; its own would never end.")
    private = kms.Key(
        stack,
        "PrivateKey",
        description="Pulsverk: exports, answers, candidates and the ledger",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    published = kms.Key(
        stack,
        "PublishedKey",
        description="Pulsverk: published releases",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN,
    )
    keys: dict[str, kms.IKey] = {name: published if name == "published" else private for name in _KEPT}
    buckets = {name: _made(stack, name, prefix, keys[name], logs) for name in _KEPT}
    return Zones(buckets, keys)


def _made(stack: Stack, name: str, prefix: str, key: kms.IKey, logs: s3.Bucket) -> s3.Bucket:
    bucket = s3.Bucket(
        stack,
        name.capitalize(),
        bucket_name=f"{prefix}-{name}",
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        encryption=s3.BucketEncryption.KMS,
        encryption_key=key,
        bucket_key_enabled=True,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        server_access_logs_bucket=logs,
        server_access_logs_prefix=f"{name}/",
        lifecycle_rules=[
            s3.LifecycleRule(
                expiration=_KEPT[name],
                noncurrent_version_expiration=_UNDO,
                abort_incomplete_multipart_upload_after=Duration.days(7),
            )
        ],
        removal_policy=RemovalPolicy.RETAIN,
    )
    if name == "private":
        # A candidate is deleted when it is published; one that was refused is not, and holds rows of people.
        bucket.add_lifecycle_rule(prefix="candidate/", expiration=_UNDO)
    if name == "landing":
        # The construct's own switch deploys a function with wide rights to set this one property.
        cfn = bucket.node.default_child
        if not isinstance(cfn, s3.CfnBucket):  # pragma: no cover - a promise of aws_cdk that its types do not make
            raise TypeError(type(cfn))
        cfn.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)  # noqa: FBT003
    return bucket


def _bucket(place: str) -> str:
    return bucket_of(place.split("/", maxsplit=1)[0])


def _names(places: Sequence[str]) -> list[str]:
    return sorted({_bucket(place) for place in places})


def _logical_id(bucket: s3.Bucket) -> str:
    cfn = bucket.node.default_child
    if not isinstance(cfn, s3.CfnBucket):  # pragma: no cover - see above
        raise TypeError(type(cfn))
    return str(bucket.stack.resolve(cfn.logical_id))
