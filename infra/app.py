"""`python -m infra.app [FOLDER]` writes the templates to FOLDER, infra/cdk.out unless told otherwise.

Needs neither an account nor Docker nor a Node of the machine's. Ends with an error when cdk-nag finds anything that
is neither mended nor acknowledged.
"""

from __future__ import annotations

import sys
from pathlib import Path

from aws_cdk import App, CfnOutput, CfnParameter, Stack, Tags

from infra.alarms import alarms
from infra.findings import synthesise
from infra.functions import functions, workspace
from infra.landing import landing
from infra.schedule import schedule
from infra.spark import spark
from infra.zones import zones

OUT = Path(__file__).with_name("cdk.out")


def build(folder: Path) -> App:
    """The app, to be synthesised into `folder`: everything in one stack, so that it is deployed, or fails, together."""
    app = App(outdir=str(folder), analytics_reporting=False)
    # Access logs are let in by the bucket's policy; the older way by an access control list, which ours has not.
    app.node.set_context("@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy", value=True)
    made = Stack(app, "Pulsverk", description="Survey exports in, anonymised aggregates and reports out")
    prefix = CfnParameter(
        made,
        "BucketPrefix",
        default="pulsverk",
        description="The buckets are named <prefix>-landing, -quarantine, -private and -published",
        allowed_pattern="[a-z0-9][a-z0-9-]{1,40}",
    ).value_as_string
    places = zones(made, prefix)
    made_of = functions(made, places, prefix)
    workers = made_of.functions
    jobs = spark(made, workers["aggregate"], workspace(prefix), made_of.code_version)
    landed = landing(made, places.buckets["landing"], workers["ingest"])
    scheduled = schedule(made, workers, jobs)
    topic = alarms(made, landed, scheduled, workers)
    CfnOutput(made, "AlarmTopic", value=topic.topic_arn, description="Subscribe whoever looks after the pipeline")
    CfnOutput(made, "StateMachine", value=scheduled.machine.state_machine_arn, description="Start with {}")
    Tags.of(made).add("application", "pulsverk")
    # aws_cdk writes a dependency on a role's policy beside the reference to the role; the first is not redundant.
    made.template_options.metadata = {"cfn-lint": {"config": {"ignore_checks": ["W3005"]}}}
    return app


if __name__ == "__main__":
    synthesise(build(Path(sys.argv[1]) if sys.argv[1:] else OUT))
