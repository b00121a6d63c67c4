"""cdk-nag's findings: each is mended, or acknowledged with a reason, or fails the synthesis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Validations
from cdk_nag import AwsSolutionsChecks

if TYPE_CHECKING:
    from aws_cdk import App
    from constructs import IConstruct


def acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    """Answers for one finding on a construct and those below it, with a reason for whoever reviews it."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def synthesise(app: App) -> Path:
    """Writes the app's templates and returns their folder, held against AWS Solutions' rules.

    Raises RuntimeError when a finding was neither mended nor acknowledged; the findings themselves go to stderr.
    """
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    folder = Path(app.synth().directory)
    report = folder / "validation-report.json"
    # Findings of the level "error" have ended the synthesis by now. A warning is no less of a finding to us.
    reports = json.loads(report.read_text("utf-8"))["pluginReports"] if report.exists() else []
    left = [violation["ruleName"] for one in reports for violation in one["violations"]]
    if left:
        msg = f"neither mended nor acknowledged: {', '.join(left)}; see {report}"
        raise RuntimeError(msg)
    return folder
