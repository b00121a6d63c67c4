"""The first step of a run as a job on EMR Serverless: `aggregate_on_spark.py SURVEY WAVE`, with a Lambda's environment.

It writes the candidate that the function `aggregate` then finds, so what follows never knows where it was counted.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from functions.payloads import WaveNamed
from functions.runtime import runtime
from pipeline.aggregate import aggregate
from pipeline.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """0 when the candidate is there; 1 with a line that says why not, when somebody has to do something first."""
    survey, wave = arguments
    it = WaveNamed(survey=survey, wave=wave)
    try:
        made = aggregate(runtime().store, it.survey, it.wave, code_version=runtime().code_version, engine="spark")
    except Refused as words:
        _say({"message": "refused", "type": type(words).__name__, "why": str(words)})
        return 1
    _say({"message": "aggregated", **asdict(made)})
    return 0


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
