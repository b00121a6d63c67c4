"""EMR Serverless, where large waves are counted: an option. Without its image nothing of it is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Aws, CfnCondition, CfnParameter, Fn
from aws_cdk import aws_emrserverless as emrserverless
from aws_cdk import aws_iam as iam

from infra.findings import acknowledge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Stack
    from aws_cdk import aws_lambda as lambda_

RELEASE = "emr-spark-8.0.0"  # the first with Spark 4, which applies a function to Arrow tables by group
# No more than this at once, whatever Spark asks for; an application that waits for a job costs nothing.
MOST = emrserverless.CfnApplication.MaximumAllowedResourcesProperty(cpu="32 vCPU", memory="128 GB", disk="400 GB")
SETTINGS = {
    "spark.driver.cores": "8",  # the driver lays the wave out, and protects what was counted
    "spark.driver.memory": "24g",
    "spark.executor.cores": "4",
    "spark.executor.memory": "14g",
    "spark.emr-serverless.driverEnv.PYSPARK_PYTHON": "/usr/bin/python3.11",
    "spark.executorEnv.PYSPARK_PYTHON": "/usr/bin/python3.11",
}


@dataclass(frozen=True)
class Spark:
    """What the state machine's definition is filled in with, and the condition under which there is an application."""

    substitutions: Mapping[str, str]
    wanted: CfnCondition
    jobs: str  # the ARN of the application
    role: iam.IRole  # of its jobs


def spark(stack: Stack, aggregate: lambda_.Function, workspace: str, code_version: str) -> Spark:
    """The application, if its image is named. Its jobs have the role of the function `aggregate`, and make its runs."""
    role = aggregate.role
    if role is None:  # pragma: no cover - a promise of aws_cdk that its types do not make
        raise TypeError(aggregate)
    environment = {"PULSVERK_WORKSPACE": workspace, "PULSVERK_CODE_VERSION": code_version}
    repository = CfnParameter(
        stack,
        "SparkRepository",
        default="pulsverk-spark",
        description="ECR repository of the spark image, in this account and region",
        allowed_pattern="[a-z0-9][a-z0-9._/-]+",
    ).value_as_string
    digest = CfnParameter(
        stack,
        "SparkDigest",
        default="",
        description="The 64 hex digits after sha256: of the spark image; empty where no wave is counted on Spark",
        allowed_pattern="([0-9a-f]{64})?",
    ).value_as_string
    wanted = CfnCondition(stack, "CountsOnSpark", expression=Fn.condition_not(Fn.condition_equals(digest, "")))
    application = emrserverless.CfnApplication(
        stack,
        "Spark",
        name="pulsverk",
        type="SPARK",
        release_label=RELEASE,
        architecture="ARM64",
        image_configuration=emrserverless.CfnApplication.ImageConfigurationInputProperty(
            image_uri=f"{Aws.ACCOUNT_ID}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}/{repository}@sha256:{digest}"
        ),
        maximum_capacity=MOST,
        auto_stop_configuration=emrserverless.CfnApplication.AutoStopConfigurationProperty(
            enabled=True, idle_timeout_minutes=5
        ),
    )
    application.cfn_options.condition = wanted
    settings = SETTINGS | {f"spark.emr-serverless.driverEnv.{name}": value for name, value in environment.items()}
    filled = {
        "SparkApplication": _where(wanted, application.attr_application_id, "none"),
        "SparkParameters": " ".join(f"--conf {name}={value}" for name, value in settings.items()),
        "AggregateRole": role.role_arn,
        "Elsewhere": _where(wanted, "Job", "Words"),
    }
    return Spark(filled, wanted, application.attr_arn, role)


def allow(stack: Stack, spark: Spark, machine: iam.Role) -> None:
    """Lets the state machine start jobs and wait for them. Only where there is an application."""
    rule = "StepFunctionsGetEventsForEMRServerlessJobRule"
    runs = f"{spark.jobs}/jobruns/*"
    statements = [
        (["emr-serverless:StartJobRun"], spark.jobs),
        (["emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"], runs),
        (["iam:PassRole"], spark.role.role_arn),
        (
            ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
            stack.format_arn(service="events", resource="rule", resource_name=rule),
        ),
    ]
    policy = iam.CfnPolicy(
        stack,
        "JobPolicy",
        policy_name="Jobs",
        roles=[machine.role_name],
        policy_document=iam.PolicyDocument(
            statements=[iam.PolicyStatement(actions=actions, resources=[arn]) for actions, arn in statements]
        ),
    )
    policy.cfn_options.condition = spark.wanted
    acknowledge(
        policy,
        "AwsSolutions-IAM5[Resource::<Spark.Arn>/jobruns/*]",
        "The jobs of our own application: what they are called is not known beforehand.",
    )


def _where(wanted: CfnCondition, there: str, otherwise: str) -> str:
    return Fn.condition_if(wanted.logical_id, there, otherwise).to_string()
