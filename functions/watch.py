"""Every morning: what is due to be published, and what is missing, late or overdue."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from functions.runtime import runtime
from functions.telemetry import Event, Telemetry
from pipeline.watch import watch

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

telemetry = Telemetry.of("watch")


@telemetry.handler
def handler(event: Event, context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda calls with both
    """Anything -> {due, missing, late, overdue, invalid}, each a list of {survey, wave, what, since}."""
    seen = watch(runtime().store, runtime().today)
    found = {kind: [asdict(entry) for entry in entries] for kind, entries in seen.entries.items()}
    counts = {kind.title(): len(entries) for kind, entries in found.items()}
    telemetry.count(**counts)
    telemetry.report("watched", counts)
    return found
