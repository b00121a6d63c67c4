"""A rotation by Secrets Manager, a step at a time: another key comes into the ring, and none is taken out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.parser import parse

from functions.payloads import RotationStep
from functions.secret import KeySecret, new_key
from functions.telemetry import Event, Telemetry

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

telemetry = Telemetry.of("rotate")


@telemetry.handler
def handler(event: Event, context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 - Lambda calls with both
    """{SecretId, ClientRequestToken, Step} -> {step}. Each step may come more than once."""
    it = parse(event, RotationStep)
    secret = KeySecret(it.secret)
    if it.step == "createSecret":
        secret.propose(it.token, new_key())
    elif it.step == "testSecret":
        secret.proposed(it.token)
    elif it.step == "finishSecret":
        secret.accept(it.token)
    telemetry.count(RotationSteps=1)
    telemetry.report("rotating", {"step": it.step})
    return {"step": it.step}
