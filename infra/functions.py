"""The six functions: two container images, and for each function its own role, log and limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, CfnParameter, Duration, RemovalPolicy, Size
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager

from infra.findings import acknowledge
from infra.rotation import rotation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Stack
    from aws_cdk import aws_kms as kms

    from infra.zones import Zones

LOGS_KEPT = logs.RetentionDays.THREE_MONTHS


@dataclass(frozen=True)
class Workers:
    """The functions by name, and the version of the code of all but `check`."""

    functions: Mapping[str, lambda_.DockerImageFunction]
    code_version: str


@dataclass(frozen=True)
class _Size:
    """What a function is given: memory and disk in MiB (CPU goes with memory) and minutes before it is stopped."""

    image: str
    memory: int
    minutes: int
    disk: int = 512


# A zip may hold 250 MB unpacked; DuckDB and Arrow alone are nearly that, so every function is an image. Great
# Expectations is larger than all the rest together and only the gate needs it, so it has an image of its own.
_SIZES: Mapping[str, _Size] = {
    "ingest": _Size("slim", 1769, 5, 4096),  # a large export is sorted on disk, so that its memory does not grow
    "aggregate": _Size("slim", 3538, 15),
    "check": _Size("quality", 3538, 15),
    "publish": _Size("slim", 3538, 15),
    "watch": _Size("slim", 512, 5),
    "rotate": _Size("slim", 512, 1),
}


def workspace(prefix: str) -> str:
    """The address of the workspace in these buckets."""
    return f"s3://{prefix}-{{zone}}"


def functions(stack: Stack, zones: Zones, prefix: str) -> Workers:
    """The functions. Each reaches only the zones that its stage reads and writes."""
    secret = _secret(stack, zones.keys["private"])
    images = {name: _Image(stack, name) for name in ("slim", "quality")}
    environment = {
        "PULSVERK_WORKSPACE": workspace(prefix),
        "OPENBLAS_NUM_THREADS": "1",  # a second thread of linear algebra spins longer than it works
        "POWERTOOLS_METRICS_NAMESPACE": "Pulsverk",
        "POWERTOOLS_LOGGER_LOG_EVENT": "false",  # an event may name a file after a person
    }
    made = {}
    for name, size in _SIZES.items():
        role = _role(stack, name)
        own = {"POWERTOOLS_SERVICE_NAME": name}
        if name == "ingest":
            own["PULSVERK_SECRET"] = secret.secret_arn
            secret.grant_read(role)
        if name == "publish":
            own["PULSVERK_CATALOG"] = "glue"
            _catalog(stack, role)
        if name == "check":
            own["GX_ANALYTICS_ENABLED"] = "false"
        made[name] = images[size.image].function(name, size, role, {**environment, **own})
        _allow(zones, name, role)
    rotation(stack, secret, zones.keys["private"], made["rotate"])
    return Workers(made, images["slim"].digest)


def _allow(zones: Zones, name: str, role: iam.Role) -> None:
    """Who reaches what. Answers are written by ingest alone, and what is published by publish alone."""
    if name == "ingest":
        zones.allow(
            role,
            reads=["landing", "config", "responses", "organisation", "quarantine", "links", "ledger"],
            writes=[
                *("responses", "organisation", "quarantine", "links"),
                *("ledger/contents", "ledger/files", "ledger/waves"),
            ],
            deletes=["responses", "organisation", "quarantine"],  # what another reading of the same file replaces
        )
    elif name == "aggregate":
        zones.allow(
            role,
            # links: who answered in the wave before as well, where that is under another key
            reads=["config", "responses", "organisation", "ledger", "identities", "links", "candidate", "published"],
            writes=["candidate", "identities", "ledger/runs"],
        )
    elif name == "check":
        zones.allow(
            role,
            reads=["config", "responses", "organisation", "ledger", "identities", "candidate", "published"],
            writes=["candidate/*/gates.json", "candidate/*/artifacts.json", "ledger/quality", "ledger/runs"],
        )
    elif name == "publish":
        zones.allow(
            role,
            reads=["config", "ledger", "candidate", "published"],
            writes=["published", "ledger/releases", "ledger/runs"],
            # What lost a race; never the pointer, and of the ledger only private tables, which lie deeper than records.
            deletes=["candidate", "identities", "ledger/releases/*/*/*", "published/*/releases/*"],
        )
    elif name == "watch":
        zones.allow(role, reads=["config", "organisation", "ledger"])  # who answered is a matter of listing


def _catalog(stack: Stack, role: iam.Role) -> None:
    """Lets `publish` keep the databases that Athena reads, one for each survey; it never deletes there."""
    parts = ("catalog", "database/pulsverk_*", "table/pulsverk_*/*")
    arns = [stack.format_arn(service="glue", resource=part, arn_format=ArnFormat.NO_RESOURCE_NAME) for part in parts]
    actions = ["CreateDatabase", "CreateTable", "UpdateTable", "GetTable", "CreatePartition"]
    role.add_to_policy(iam.PolicyStatement(actions=[f"glue:{one}" for one in actions], resources=arns))
    for arn, part in zip(arns, parts, strict=True):
        if "*" in part:
            acknowledge(
                role,
                f"AwsSolutions-IAM5[Resource::{_written(stack, arn)}]",
                "The surveys' own databases: which surveys there will be is not known beforehand.",
            )


def _written(stack: Stack, arn: str) -> str:
    """An ARN as cdk-nag writes it: references in angle brackets."""
    joined = stack.resolve(arn)["Fn::Join"][1]
    return "".join(one if isinstance(one, str) else f"<{one['Ref']}>" for one in joined)


class _Image:
    """A repository and the digest in it, both given at deployment: synthesis needs no Docker and no account."""

    def __init__(self, stack: Stack, name: str) -> None:
        self._stack = stack
        title = name.capitalize()
        repository = CfnParameter(
            stack,
            f"{title}Repository",
            default=f"pulsverk-{name}",
            description=f"ECR repository of the {name} image, in this account and region",
            allowed_pattern="[a-z0-9][a-z0-9._/-]+",
        )
        self.digest = CfnParameter(
            stack,
            f"{title}Digest",
            description=f"The 64 hex digits after sha256: of the {name} image; a tag can move, a digest cannot",
            allowed_pattern="[0-9a-f]{64}",
        ).value_as_string
        self._repository = ecr.Repository.from_repository_name(stack, f"{title}Images", repository.value_as_string)

    def function(
        self, name: str, size: _Size, role: iam.Role, environment: Mapping[str, str]
    ) -> lambda_.DockerImageFunction:
        """One function of this image: the handler in functions/<name>.py."""
        log = logs.LogGroup(
            self._stack,
            f"{name.capitalize()}Log",
            log_group_name=f"/aws/lambda/pulsverk-{name}",
            retention=LOGS_KEPT,
            removal_policy=RemovalPolicy.DESTROY,
        )
        log.grant_write(role)
        return lambda_.DockerImageFunction(
            self._stack,
            name.capitalize(),
            function_name=f"pulsverk-{name}",
            code=lambda_.DockerImageCode.from_ecr(
                self._repository,
                tag_or_digest=f"sha256:{self.digest}",
                cmd=[f"functions.{name}.handler"],
            ),
            architecture=lambda_.Architecture.ARM_64,
            memory_size=size.memory,
            ephemeral_storage_size=Size.mebibytes(size.disk),
            timeout=Duration.minutes(size.minutes),
            environment={**environment, "PULSVERK_CODE_VERSION": self.digest},
            role=role,
            log_group=log,
            logging_format=lambda_.LoggingFormat.JSON,
            tracing=lambda_.Tracing.ACTIVE,
        )


def _role(stack: Stack, name: str) -> iam.Role:
    # The step that may be a job has the same rights wherever it runs; who may start one with them is in spark.py.
    runs = ["lambda.amazonaws.com", *(["emr-serverless.amazonaws.com"] if name == "aggregate" else [])]
    role = iam.Role(
        stack,
        f"{name.capitalize()}Role",
        assumed_by=iam.CompositePrincipal(*(iam.ServicePrincipal(one) for one in runs)),
        description=f"Pulsverk: what the function {name} may do",
    )
    acknowledge(role, "AwsSolutions-IAM5[Resource::*]", "X-Ray takes trace segments for no particular resource.")
    return role


def _secret(stack: Stack, key: kms.IKey) -> secretsmanager.Secret:
    secret = secretsmanager.Secret(
        stack,
        "PseudonymKey",
        description="Pulsverk: the key that turns persons into pseudonyms; read by ingest, and by rotate to add one",
        encryption_key=key,
        generate_secret_string=secretsmanager.SecretStringGenerator(
            secret_string_template='{"id": "1"}',  # noqa: S106 - the name of the key; its secret is made by AWS
            generate_string_key="secret",
            password_length=64,
            exclude_punctuation=True,
        ),
        removal_policy=RemovalPolicy.RETAIN,
    )
    acknowledge(
        secret,
        "AwsSolutions-SMG4",
        "Rotated where the parameter RotateKeysAfterDays says so; until people are linked it cuts the waves apart.",
    )
    return secret
