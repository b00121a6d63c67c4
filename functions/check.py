"""Second step of a run: the gate. It answers, or it refuses and nothing is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.parser import parse

from functions.payloads import RunNamed
from functions.runtime import runtime
from functions.telemetry import Event, Telemetry
from pipeline.check import check

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

telemetry = Telemetry.of("check")


@telemetry.handler
def handler(event: Event, context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda calls with both
    """{survey, wave, run} -> the same, once every gate has passed."""
    it = parse(event, RunNamed)
    gates = check(runtime().store, it.survey, it.wave, it.run, code_version=runtime().code_version)
    telemetry.count(GatesPassed=len(gates.gates), Warnings=len(gates.warnings))
    telemetry.report("checked", it.model_dump())
    return it.model_dump()
