"""An object landed: the queue's messages in, one file record each. What failed comes back to the queue, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes import S3EventBridgeNotificationEvent, SQSRecord

from functions.runtime import runtime
from functions.telemetry import Event, Telemetry, hashed, wordless
from pipeline.ingest import Landed, receive

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

telemetry = Telemetry.of("ingest")


@telemetry.handler
def handler(event: Event, context: LambdaContext) -> dict[str, Any]:
    """Receives every message on its own: batchItemFailures names those that must come again."""
    batch = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, _receive, batch, context))


def _receive(record: SQSRecord) -> None:
    try:
        landed = _landed(S3EventBridgeNotificationEvent(record.json_body))
        done = receive(runtime().store, runtime().keys(), landed)
    except Exception as error:  # noqa: BLE001 - see Telemetry.handler; a refusal of the object is no exception
        fault = wordless(error)
        telemetry.tell(fault, message_id=record.message_id)
        raise fault from None
    telemetry.count(**{f"Files{done.state.title()}": 1, "RecordsAccepted": done.accounts.get("accepted", 0)})
    telemetry.count(RecordsQuarantined=done.accounts.get("quarantined", 0))
    telemetry.report("received", {"file": done.id, "key": hashed(landed.key), "kind": done.kind, "state": done.state})


def _landed(event: S3EventBridgeNotificationEvent) -> Landed:
    # Read raw: the data class unquotes keys, and EventBridge never quoted them ("a b+c.csv" would become "a b c.csv").
    it = event.detail.object.raw_event
    return Landed(it["key"], it.get("version-id") or "", event.time, event.detail.bucket.name)
