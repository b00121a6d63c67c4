"""Another pseudonym key every so many days, where Secrets Manager is to ask for it. None is ever taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnCondition, CfnParameter, Fn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager

if TYPE_CHECKING:
    from aws_cdk import Stack
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_


def rotation(stack: Stack, secret: secretsmanager.Secret, key: kms.IKey, worker: lambda_.Function) -> None:
    """Lets Secrets Manager, and nobody else, have `worker` put a key into `secret`; a schedule where one is wanted."""
    days = CfnParameter(
        stack,
        "RotateKeysAfterDays",
        type="Number",
        default=0,
        min_value=0,
        max_value=1000,
        description="Days after which waves begin under another pseudonym key; 0 for never by itself (docs/keys.md)",
    )
    wanted = CfnCondition(
        stack, "RotatesKeys", expression=Fn.condition_not(Fn.condition_equals(days.value_as_string, "0"))
    )
    worker.add_to_role_policy(
        iam.PolicyStatement(
            actions=[
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetSecretValue",
                "secretsmanager:PutSecretValue",
                "secretsmanager:UpdateSecretVersionStage",
            ],
            resources=[secret.secret_arn],
        )
    )
    worker.add_to_role_policy(
        iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn])
    )
    worker.add_permission(
        "SecretsManager",
        principal=iam.ServicePrincipal("secretsmanager.amazonaws.com"),
        source_account=stack.account,
        source_arn=secret.secret_arn,
    )
    schedule = secretsmanager.CfnRotationSchedule(
        stack,
        "KeyRotation",
        secret_id=secret.secret_arn,
        rotation_lambda_arn=worker.function_arn,
        rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
            automatically_after_days=days.value_as_number
        ),
        rotate_immediately_on_update=False,
    )
    schedule.cfn_options.condition = wanted
    schedule.node.add_dependency(worker)  # with its permission
