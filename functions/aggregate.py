"""First step of a run: a wave's responses are counted, and what may be published about them is decided."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.parser import parse

from functions.payloads import RunNamed, WaveNamed
from functions.runtime import runtime
from functions.telemetry import Event, Telemetry
from pipeline.aggregate import aggregate, made_elsewhere
from pipeline.errors import EngineMissing

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

telemetry = Telemetry.of("aggregate")


@telemetry.handler
def handler(event: Event, context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda calls with both
    """{survey, wave} -> {survey, wave, run}. Raises EngineMissing where a job counts, until it has."""
    it = parse(event, WaveNamed)
    store, code_version = runtime().store, runtime().code_version
    try:
        made = aggregate(store, it.survey, it.wave, code_version=code_version)
    except EngineMissing:
        run = made_elsewhere(store, it.survey, it.wave, code_version=code_version)
        if run is None:
            raise
        telemetry.count(CountedElsewhere=1)
        return RunNamed(survey=it.survey, wave=it.wave, run=run).model_dump()
    telemetry.count(Cells=made.cells, CellsWithheld=made.withheld)
    telemetry.report("aggregated", asdict(made))
    return RunNamed(survey=made.survey, wave=made.wave, run=made.run).model_dump()
