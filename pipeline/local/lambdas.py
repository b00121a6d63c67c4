"""Functions behind their Lambda names: the real handlers, called as Lambda calls them, with their output kept."""

from __future__ import annotations

import importlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.awslambda_simple.models import LambdaSimpleBackend

if TYPE_CHECKING:
    from collections.abc import Mapping

FUNCTIONS = ("ingest", "aggregate", "check", "publish", "watch")
Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Context:
    """What Lambda tells a function about its invocation."""

    function_name: str
    memory_limit_in_mb: int = 1769
    invoked_function_arn: str = "arn:aws:lambda:eu-north-1:123456789012:function:local"
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"
    log_group_name: str = "local"
    log_stream_name: str = "local"

    def get_remaining_time_in_millis(self) -> int:
        """Lambda's longest time."""
        return 900_000


@contextmanager
def invoked_for_real(others: Mapping[str, Handler], logs: list[dict[str, Any]]) -> Iterator[None]:
    """Within it, moto's Lambda calls `functions.<name>.handler`, or the handler of `others`, for pulsverk-<name>.

    Every line that a function writes is appended to `logs`, read as JSON.
    """

    def invoke(
        backend: LambdaSimpleBackend,
        function_name: str,
        qualifier: str | None,
        body: str,
        _: object,
        response_headers: dict[str, str],
    ) -> bytes:
        name: str = backend.get_function(function_name, qualifier).function_name  # raises as Lambda does
        short = name.removeprefix("pulsverk-")
        handler = others.get(short) or importlib.import_module(f"functions.{short}").handler
        written = io.StringIO()
        try:
            with redirect_stdout(written):
                answer = handler(json.loads(body or "{}"), Context(name))
        except Exception as error:  # noqa: BLE001 - Lambda makes an answer of every exception
            response_headers["x-amz-function-error"] = "Unhandled"
            answer = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
        logs.extend(_read(line) for line in written.getvalue().splitlines())
        return json.dumps(answer).encode()

    before = LambdaSimpleBackend.invoke
    LambdaSimpleBackend.invoke = invoke  # type: ignore[method-assign, assignment]  # moto's own only echoes
    try:
        yield
    finally:
        LambdaSimpleBackend.invoke = before  # type: ignore[method-assign]


def _read(line: str) -> dict[str, Any]:
    try:
        read = json.loads(line)
    except ValueError:
        return {"message": line}
    return read if isinstance(read, dict) else {"message": line}
