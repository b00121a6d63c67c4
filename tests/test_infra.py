"""What the stack promises, read from the template that is deployed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
INFRA = ROOT / "infra"
FUNCTIONS = ("ingest", "aggregate", "check", "publish", "watch", "rotate")
BARE = {"PATH": "/nonexistent", "HOME": os.environ.get("HOME", "/tmp"), "PYTHONDONTWRITEBYTECODE": "1"}  # noqa: S108

Template = dict[str, Any]


def bare(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A program of the environment on a machine that has no Node, no Docker and no account."""
    own = str(Path(sys.executable).with_name(program))
    return subprocess.run(  # noqa: S603 - from our own environment
        [own, *arguments], cwd=ROOT, env=BARE, capture_output=True, text=True, check=False
    )


def is_fresh(template: Path) -> bool:
    sources = [*INFRA.glob("*.py"), INFRA / "pipeline.asl.json", *(ROOT / "pipeline" / "store").glob("*.py")]
    return template.exists() and template.stat().st_mtime > max(source.stat().st_mtime for source in sources)


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template that `make synth` has just written, or one made here."""
    if is_fresh(made := INFRA / "cdk.out" / "Pulsverk.template.json"):
        return made
    folder = tmp_path_factory.mktemp("cdk")
    done = bare("python", "-m", "infra.app", str(folder))
    assert done.returncode == 0, done.stderr
    return folder / "Pulsverk.template.json"


@pytest.fixture(scope="session")
def template(file: Path) -> Template:
    return dict(json.loads(file.read_text("utf-8")))


def of(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """Logical id -> properties of every resource of this kind."""
    found = {name: one["Properties"] for name, one in template["Resources"].items() if one["Type"] == f"AWS::{kind}"}
    assert found, f"the template has no {kind}"
    return found


def zone(template: Template, resource: str | dict[str, Any]) -> str:
    """A resource of a statement in words: `private/responses/*`, `key:private`, or the logical id."""
    if isinstance(resource, str):
        return resource
    if "Fn::Join" in resource:
        return "".join(zone(template, part) for part in resource["Fn::Join"][1])
    name = resource["Fn::GetAtt"][0] if "Fn::GetAtt" in resource else resource["Ref"]
    return re.sub(r"[0-9A-F]{8}$", "", str(name))


def grants(template: Template) -> Iterator[tuple[str, str, str]]:
    """(function, action, resource in words) for all that its role may do."""
    for policy in of(template, "IAM::Policy").values():
        role = zone(template, policy["Roles"][0])
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            actions, resources = statement["Action"], statement["Resource"]
            for action in [actions] if isinstance(actions, str) else actions:
                for resource in resources if isinstance(resources, list) else [resources]:
                    yield role.removesuffix("Role").lower(), action, zone(template, resource)


def may(template: Template, action: str, place: str) -> set[str]:
    """Whose role allows this action on a resource that starts like this."""
    return {who for who, what, where in grants(template) if what == action and where.startswith(place)}


def test_no_bucket_is_public_plain_unversioned_or_reachable_without_tls(template: Template) -> None:
    buckets = of(template, "S3::Bucket")
    assert len(buckets) == 5
    for name, bucket in buckets.items():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert bucket["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}], name
        if not name.startswith("AccessLogs"):
            encryption = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
            assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms", name
            assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, name
            assert bucket["LoggingConfiguration"]["LogFilePrefix"] == f"{name[:-8].lower()}/", name
    for policy in of(template, "S3::BucketPolicy").values():
        allowed = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
        denied = [one for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
        assert all(one["Principal"] == {"Service": "logging.s3.amazonaws.com"} for one in allowed)
        assert {"Bool": {"aws:SecureTransport": "false"}} in [one["Condition"] for one in denied]


def test_what_may_name_a_person_does_not_stay_for_ever(template: Template) -> None:
    buckets = {name[:-8].lower(): one["LifecycleConfiguration"]["Rules"] for name, one in buckets_of(template)}
    assert buckets["landing"][0]["ExpirationInDays"] == 400
    assert buckets["quarantine"][0]["ExpirationInDays"] == 90
    assert [one["ExpirationInDays"] for one in buckets["private"] if one.get("Prefix") == "candidate/"] == [30]
    assert all(rules[0]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30} for rules in buckets.values())


def buckets_of(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    yield from ((name, one) for name, one in of(template, "S3::Bucket").items() if not name.startswith("AccessLogs"))


def test_data_and_keys_outlive_the_stack(template: Template) -> None:
    kinds = ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SecretsManager::Secret")
    kept = [one for one in template["Resources"].values() if one["Type"] in kinds]
    assert len(kept) == 8
    assert all(one["DeletionPolicy"] == one["UpdateReplacePolicy"] == "Retain" for one in kept)


def test_rotate_reaches_the_secret_and_no_data_and_only_secrets_manager_calls_it(template: Template) -> None:
    assert {(what, where) for who, what, where in grants(template) if who == "rotate" and where != "*"} == {
        *(
            (f"secretsmanager:{what}", "PseudonymKey")
            for what in ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
        ),
        *((f"kms:{what}", "PrivateKey") for what in ("Decrypt", "GenerateDataKey")),
        *((what, where) for who, what, where in grants(template) if who == "rotate" and what.startswith("logs:")),
    }
    callers = [
        one for one in of(template, "Lambda::Permission").values() if "Rotate" in json.dumps(one["FunctionName"])
    ]
    assert [one["Principal"] for one in callers] == ["secretsmanager.amazonaws.com"]
    assert zone(template, callers[0]["SourceArn"]) == "PseudonymKey"


def test_keys_are_rotated_by_themselves_only_where_that_is_asked_for(template: Template) -> None:
    assert template["Parameters"]["RotateKeysAfterDays"]["Default"] == 0
    (schedule,) = [one for one in template["Resources"].values() if one["Type"].endswith("RotationSchedule")]
    assert schedule["Condition"] == "RotatesKeys"
    assert schedule["Properties"]["RotateImmediatelyOnUpdate"] is False


def test_links_between_pseudonyms_are_written_by_ingest_read_for_pairs_and_deleted_by_no_function(
    template: Template,
) -> None:
    key = "Private/links/tiny/people/a"
    links = {(who, what) for who, what, where in grants(template) if where != "*" and fnmatchcase(key, where)}
    reads = {(who, f"s3:{what}") for who in ("ingest", "aggregate") for what in ("GetObject", "GetObjectVersion")}
    assert links == {*reads, ("ingest", "s3:PutObject")}


def test_only_ingest_reads_raw_exports_and_the_pseudonym_key(template: Template) -> None:
    assert may(template, "secretsmanager:GetSecretValue", "") == {"ingest", "rotate"}
    assert may(template, "s3:GetObject", "Landing") == {"ingest"}
    assert may(template, "s3:GetObject", "Quarantine") == {"ingest"}


def test_each_zone_has_one_writer(template: Template) -> None:
    writers: dict[str, set[str]] = {}
    for who, what, where in grants(template):
        if what == "s3:PutObject":
            writers.setdefault(where, set()).add(who)
    assert writers == {
        "Private/candidate/*": {"aggregate"},
        "Private/candidate/*/artifacts.json": {"check"},
        "Private/candidate/*/gates.json": {"check"},
        "Private/identities/*": {"aggregate"},
        "Private/ledger/contents/*": {"ingest"},
        "Private/ledger/files/*": {"ingest"},
        "Private/ledger/quality/*": {"check"},
        "Private/ledger/releases/*": {"publish"},
        "Private/ledger/runs/*": {"aggregate", "check", "publish"},
        "Private/ledger/waves/*": {"ingest"},
        "Private/links/*": {"ingest"},
        "Private/organisation/*": {"ingest"},
        "Private/responses/*": {"ingest"},
        "Published/published/*": {"publish"},
        "Quarantine/quarantine/*": {"ingest"},
    }


def test_nothing_published_can_be_taken_away_by_its_pointer(template: Template) -> None:
    assert {
        (who, where) for who, what, where in grants(template) if what == "s3:DeleteObject" and "ublished" in where
    } == {("publish", "Published/published/*/releases/*")}


def test_of_the_ledger_only_the_private_tables_of_a_release_can_be_taken_away(template: Template) -> None:
    deleted = {(who, where) for who, what, where in grants(template) if what == "s3:DeleteObject" and "ledger" in where}
    assert deleted == {("publish", "Private/ledger/releases/*/*/*")}  # a record lies at <survey>/<release>.json


@pytest.mark.parametrize(
    ("function", "seen"),
    [
        ("publish", {"Private/config/*", "Private/ledger/*", "Private/candidate/*", "Published/published/*"}),
        ("watch", {"Private/config/*", "Private/ledger/*", "Private/organisation/*"}),
    ],
)
def test_publish_and_watch_never_read_the_answers(template: Template, function: str, seen: set[str]) -> None:
    assert {where for who, what, where in grants(template) if (who, what) == (function, "s3:GetObject")} == seen


def test_nothing_is_allowed_on_everything_but_logs_and_traces(template: Template) -> None:
    wide = {what.split(":")[0] for _, what, where in grants(template) if where == "*"}
    assert wide == {"xray", "logs"}
    assert not [what for _, what, _ in grants(template) if "*" in what]


def test_an_object_in_landing_becomes_a_message_and_a_message_that_fails_is_kept(template: Template) -> None:
    landing = next(one for name, one in of(template, "S3::Bucket").items() if name.startswith("Landing"))
    assert landing["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    (rule,) = of(template, "Events::Rule").values()
    assert rule["EventPattern"]["source"] == ["aws.s3"]
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"prefix": "landing/"}]}
    (mapping,) = of(template, "Lambda::EventSourceMapping").values()
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    queues = {name[:-8]: one for name, one in of(template, "SQS::Queue").items()}
    ingest = next(one for one in of(template, "Lambda::Function").values() if one["FunctionName"] == "pulsverk-ingest")
    assert queues["Landed"]["VisibilityTimeout"] == 6 * ingest["Timeout"]
    assert queues["Landed"]["RedrivePolicy"]["maxReceiveCount"] == 5
    assert zone(template, queues["Landed"]["RedrivePolicy"]["deadLetterTargetArn"]) == "LandedDead"


def test_the_functions_are_images_by_digest_for_arm_with_logs_that_end_and_traces(template: Template) -> None:
    functions = {
        one["FunctionName"].removeprefix("pulsverk-"): one for one in of(template, "Lambda::Function").values()
    }
    assert set(functions) == set(FUNCTIONS)
    for name, one in functions.items():
        image = json.dumps(one["Code"]["ImageUri"])
        assert "@sha256:" in image, name
        assert ("QualityDigest" in image) == (name == "check"), name
        assert one["ImageConfig"] == {"Command": [f"functions.{name}.handler"]}
        assert one["Architectures"] == ["arm64"], name
        assert one["TracingConfig"] == {"Mode": "Active"}, name
        assert ("PULSVERK_SECRET" in one["Environment"]["Variables"]) == (name == "ingest"), name
        assert one["Environment"]["Variables"]["POWERTOOLS_LOGGER_LOG_EVENT"] == "false", name
    assert functions["check"]["Environment"]["Variables"]["GX_ANALYTICS_ENABLED"] == "false"
    assert {one["RetentionInDays"] for one in of(template, "Logs::LogGroup").values()} == {90}


def test_the_state_machine_is_the_file_and_every_name_in_it_is_filled_in(template: Template) -> None:
    (machine,) = of(template, "StepFunctions::StateMachine").values()
    text = (INFRA / "pipeline.asl.json").read_text("utf-8")
    assert machine["DefinitionString"] == text
    assert set(machine["DefinitionSubstitutions"]) == set(re.findall(r"\$\{(\w+)\}", text))
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_the_pipeline_starts_every_morning_and_the_watch_looks_after_it(template: Template) -> None:
    schedules = {name[:-8]: one for name, one in of(template, "Scheduler::Schedule").items()}
    targets = {name: zone(template, one["Target"]["Arn"]) for name, one in schedules.items()}
    assert targets == {"DailySchedule": "Pipeline", "WatchSchedule": "Watch"}
    for one in schedules.values():
        assert one["Target"]["Input"] == "{}"
        assert one["Target"]["DeadLetterConfig"]
        assert one["ScheduleExpressionTimezone"] == "Europe/Oslo"


def test_every_way_of_stopping_quietly_rings_somebody(template: Template) -> None:
    alarms = of(template, "CloudWatch::Alarm").values()
    assert {one["MetricName"] for one in alarms} == {
        "ApproximateNumberOfMessagesVisible",
        "ApproximateAgeOfOldestMessage",
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "ExecutionsAborted",
        "Errors",
    }
    assert all(one["AlarmActions"] == [{"Ref": next(iter(of(template, "SNS::Topic")))}] for one in alarms)
    watched = [one for one in alarms if one["MetricName"] == "ApproximateNumberOfMessagesVisible"]
    assert {zone(template, {"Ref": one["Dimensions"][0]["Value"]["Fn::GetAtt"][0]}) for one in watched} == {
        "LandedDead",
        "ScheduleDead",
    }


def test_there_is_a_spark_only_where_its_image_is_named(template: Template) -> None:
    assert template["Parameters"]["SparkDigest"]["Default"] == ""
    assert template["Conditions"]["CountsOnSpark"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "SparkDigest"}, ""]}]}
    conditional = {one["Type"] for one in template["Resources"].values() if one.get("Condition") == "CountsOnSpark"}
    assert conditional == {"AWS::EMRServerless::Application", "AWS::IAM::Policy"}
    (machine,) = of(template, "StepFunctions::StateMachine").values()
    filled = machine["DefinitionSubstitutions"]
    assert filled["Elsewhere"] == {"Fn::If": ["CountsOnSpark", "Job", "Words"]}
    states = json.loads(machine["DefinitionString"])["States"]["Waves"]["ItemProcessor"]["States"]
    assert {"Job", "Words"} <= set(states)


def test_only_the_state_machine_starts_jobs_and_a_job_may_do_what_the_function_may(template: Template) -> None:
    assert may(template, "emr-serverless:StartJobRun", "Spark") == {"pipeline"}
    assert {(who, where) for who, what, where in grants(template) if what == "iam:PassRole"} == {
        ("pipeline", "AggregateRole")
    }
    (machine,) = of(template, "StepFunctions::StateMachine").values()
    assert zone(template, machine["DefinitionSubstitutions"]["AggregateRole"]) == "AggregateRole"
    trusts = {
        name[:-8]: json.dumps(one["AssumeRolePolicyDocument"])
        for name, one in of(template, "IAM::Role").items()
        if "emr-serverless" in json.dumps(one["AssumeRolePolicyDocument"])
    }
    assert set(trusts) == {"AggregateRole"}


def test_a_job_runs_a_file_of_its_image_in_the_workspace_and_under_the_version_of_the_functions(
    template: Template,
) -> None:
    (machine,) = of(template, "StepFunctions::StateMachine").values()
    text = json.dumps(machine["DefinitionSubstitutions"]["SparkParameters"])
    assert "driverEnv.PULSVERK_CODE_VERSION=" in text
    assert '{"Ref": "SlimDigest"}' in text
    assert "driverEnv.PULSVERK_WORKSPACE=s3://" in text
    states = json.loads(machine["DefinitionString"])["States"]["Waves"]["ItemProcessor"]["States"]
    entry = states["Job"]["Parameters"]["JobDriver"]["SparkSubmit"]["EntryPoint"]
    assert (ROOT / entry.removeprefix("local:///opt/pulsverk/")).exists()
    assert "COPY functions /opt/pulsverk/functions" in (INFRA / "images" / "spark.Dockerfile").read_text("utf-8")


PLANTED = """
import sys
from pathlib import Path

import infra.app
import infra.zones
from aws_cdk import aws_s3 as s3
from infra.findings import synthesise

infra.zones.acknowledge = lambda *_: None
app = infra.app.build(Path(sys.argv[1]))
s3.Bucket(app.node.find_child("Pulsverk"), "Forgotten")
synthesise(app)
"""


def test_a_finding_that_nobody_answered_for_ends_the_synthesis(tmp_path: Path) -> None:
    done = bare("python", "-c", PLANTED, str(tmp_path))
    assert done.returncode != 0
    assert "AwsSolutions-S10" in done.stderr  # the forgotten bucket takes requests without TLS
    assert "AwsSolutions-IAM5[Resource::" in done.stderr  # and the acknowledgement that was taken away was needed


def test_cfn_lint_is_content_with_the_template_and_not_with_any_template(file: Path, tmp_path: Path) -> None:
    planted = tmp_path / "planted.template.json"
    planted.write_text(file.read_text("utf-8").replace('"VersioningConfiguration"', '"VersionConfiguration"'), "utf-8")
    good, bad = bare("cfn-lint", str(file)), bare("cfn-lint", str(planted))
    assert (good.returncode, good.stdout) == (0, "")
    assert bad.returncode != 0
    assert "VersionConfiguration" in bad.stdout


@pytest.mark.parametrize(
    ("image", "lock"), [("slim", "functions.txt"), ("quality", "quality.txt"), ("spark", "quality.txt")]
)
def test_an_image_is_made_of_what_is_locked_and_of_what_is_there(image: str, lock: str) -> None:
    text = (INFRA / "images" / f"{image}.Dockerfile").read_text("utf-8")
    copied = re.findall(r"^COPY (\S+) ", text, re.MULTILINE)
    assert f"requirements/{lock}" in copied
    assert "--require-hashes" in text
    assert all((ROOT / path).exists() for path in copied)
    assert ("expectations" in copied) == (image == "quality")
