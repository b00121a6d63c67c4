"""Last step of a run: what passed the gate becomes a release, and readers are pointed to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.parser import parse

from functions.payloads import RunNamed
from functions.runtime import runtime
from functions.telemetry import Event, Telemetry
from pipeline.publish import publish

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

telemetry = Telemetry.of("publish")


@telemetry.handler
def handler(event: Event, context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda calls with both
    """{survey, wave, run} -> the same with the release."""
    it = parse(event, RunNamed)
    made = publish(runtime().store, it.survey, it.wave, it.run, code_version=runtime().code_version)
    if (glue := runtime().glue) is not None:
        from pipeline import catalog  # noqa: PLC0415 - DuckDB, where there is a catalogue

        catalog.point(runtime().store, glue(), it.survey)
    telemetry.count(UnitsPublished=made.units, Releases=int(not made.unchanged))
    telemetry.report("published", it.model_dump() | {"release": made.release, "unchanged": made.unchanged})
    return it.model_dump() | {"release": made.release}
