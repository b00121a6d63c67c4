"""What a function tells about itself: logs, metrics and traces of counts, codes and hashes; nothing of a person."""

from __future__ import annotations

import io
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger, Tracer
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from pipeline.content import sha256
from pipeline.errors import DisclosureLeak, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.utilities.typing import LambdaContext

Event = dict[str, Any]
Handler = Callable[[Event, "LambdaContext"], dict[str, Any]]


class Fault(Exception):  # noqa: N818 - ours, whatever it is called
    """A fault of ours without its words, which may hold anything: where it happened. Named like the fault itself."""


@dataclass(frozen=True)
class Telemetry:
    """The three of Powertools under one service name."""

    logger: Logger
    metrics: EphemeralMetrics
    tracer: Tracer

    @classmethod
    def of(cls, service: str) -> Telemetry:
        """Those of one function. Clients are not traced: X-Ray would keep the key of every object they ask for."""
        return cls(
            Logger(service=service, stream=cast("IO[str]", _Stdout())),
            # Metrics of functions that share a process, as they do in the demo, must not mix.
            EphemeralMetrics(namespace="Pulsverk", service=service),
            Tracer(service=service, auto_patch=False),
        )

    def count(self, **numbers: int) -> None:
        """Adds to the metrics of this invocation."""
        for name, number in numbers.items():
            self.metrics.add_metric(name, MetricUnit.Count, number)

    def handler(self, handle: Handler) -> Handler:
        """A Lambda handler: logged, measured and traced; a fault leaves it without its words.

        A refusal keeps them, since they are written for people and never hold a value. Both keep their type's name,
        by which the state machine tells them apart.
        """

        @wraps(handle)
        def guarded(event: Event, context: LambdaContext) -> dict[str, Any]:
            try:
                return handle(event, context)
            except Refused as refusal:
                leak = isinstance(refusal, DisclosureLeak)
                self.count(**{"Leaks" if leak else "Refusals": 1})
                self.logger.warning("refused", extra={"refusal": type(refusal).__name__})
                raise
            except Exception as error:  # noqa: BLE001 - a boundary: nothing may leave with words of its own
                fault = wordless(error)
            # Out of the handler of the first, so that no traceback leads back to it.
            self.tell(fault)
            raise fault

        traced = self.tracer.capture_lambda_handler(guarded, capture_response=False, capture_error=False)
        measured = self.metrics.log_metrics(traced, capture_cold_start_metric=True, raise_on_empty_metrics=False)
        told: Handler = self.logger.inject_lambda_context(measured, log_event=False, clear_state=True)
        return told

    def tell(self, fault: Fault, **about: str) -> None:
        """Logs and counts a fault of ours."""
        self.count(Faults=1)
        self.logger.error("fault", extra={"fault": type(fault).__name__, "where": str(fault), **about})

    def report(self, message: str, about: Mapping[str, object]) -> None:
        """One line in the log."""
        self.logger.info(message, extra=dict(about))


class _Stdout(io.TextIOBase):
    """Wherever standard output leads when a line is written: in a test, or in the demo, not where it led at import."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


def wordless(error: Exception) -> Fault:
    """The same fault by name and place."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [one for one in frames if {"functions", "pipeline"} & set(PurePath(one.filename).parts)]
    last = (ours or frames)[-1:]
    place = f"{PurePath(last[0].filename).name}:{last[0].lineno}" if last else "unknown"
    named: Fault = type(type(error).__name__, (Fault,), {"__module__": __name__})(place)
    return named


def hashed(text: str) -> str:
    """12 hex digits of sha256: enough to find an object's line in the log, and too few to tell what it is called."""
    return sha256(text.encode("utf-8", "surrogatepass"))[:12]
