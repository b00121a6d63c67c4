"""Suites proposed for a survey: what its instruments and people call for, with thresholds that its owner changes."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pipeline.gates.responses import LEAST_FOR_A_LINE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline.survey import Survey

BETWEEN = "expect_column_values_to_be_between"


def propose(survey: Survey) -> dict[str, dict[str, Any]]:
    """Stage -> suite, without what this survey cannot fail."""
    proposal = tomllib.loads((files("pipeline") / "gates" / "proposal.toml").read_text("utf-8"))
    left_out = _left_out(survey)
    return {
        stage: {
            "name": f"{survey.id}.{stage}",
            "expectations": [_expectation(one) for one in rows if not left_out & {one["column"], one.get("only")}],
        }
        for stage, rows in proposal.items()
    }


def to_json(suite: Mapping[str, Any]) -> bytes:
    """A suite as people edit it: a line for what is expected, and one for what it means."""
    parts = [
        f"  {{\n   {_line('type', one)},\n   {_line('kwargs', one)},\n   {_line('meta', one)}\n  }}"
        for one in suite["expectations"]
    ]
    body = ",\n".join(parts)
    return f'{{\n {_line("name", suite)},\n "expectations": [\n{body}\n ]\n}}\n'.encode()


def _line(name: str, of: Mapping[str, Any]) -> str:
    return f'"{name}": {json.dumps(of[name], ensure_ascii=False)}'


def _expectation(one: Mapping[str, Any]) -> dict[str, Any]:
    kwargs: dict[str, Any] = {"column": one["column"]}
    kwargs |= {f"{end}_value": one[end] for end in ("min", "max") if end in one}
    if "subject" in one:
        about = {"type": "comparison", "column": {"name": "subject"}, "operator": "==", "parameter": one["subject"]}
        kwargs["row_condition"] = about
    meta = {"of": "measures", "severity": one.get("severity", "stop"), "why": one["why"]}
    return {"type": BETWEEN, "kwargs": kwargs, "meta": meta}


def _left_out(survey: Survey) -> set[str]:
    """Columns, and kinds of survey, that this one has nothing of."""
    roster = survey.file.respondent.unit is None
    found = {"units" if roster else "roster"}
    if len(survey.file.wave) == 1 and survey.file.rhythm is None:
        found.add("waves")
    if all(len(scale.item) == 1 for scale in survey.scales):
        found.add("item_rest")
    alike = [Counter((scale.low, scale.high) for scale in one.scale for _ in scale.item) for one in survey.instruments]
    if all(max(one.values()) < LEAST_FOR_A_LINE for one in alike):
        found.add("straight_liners")
    return found
