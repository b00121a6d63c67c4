"""Suites: what must hold before a wave is published, written for people, in the form of Great Expectations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import RunRefused

Stage = Literal["responses", "aggregates", "artifacts"]
STAGES: tuple[Stage, ...] = ("responses", "aggregates", "artifacts")
Severity = Literal["stop", "warn"]
Of = Literal["rows", "measures"]
# What a stage has to be judged: a release has no rows but those that its files hold.
TABLES: Mapping[Stage, tuple[Of, ...]] = {
    "responses": ("rows", "measures"),
    "aggregates": ("rows", "measures"),
    "artifacts": ("measures",),
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Text = Annotated[str, Field(min_length=1)]


class _Why(_Strict):
    nb: Text
    en: Text


class _Meta(_Strict):
    why: Text | _Why  # what it means for somebody when this does not hold
    severity: Severity = "stop"  # stop: nothing is published; warn: it is, and the warning is shown
    of: Of = "rows"  # what is judged: the rows themselves, or what the gate measured of them (pipeline/gates)


class _Expectation(_Strict):
    type: str
    kwargs: dict[str, Any]
    meta: _Meta


class _Suite(_Strict):
    name: Annotated[str, Field(min_length=1)]
    expectations: Annotated[tuple[_Expectation, ...], Field(min_length=1)]  # an empty suite would pass everything


def shipped(survey_id: str, stage: Stage) -> dict[str, Any]:
    """The suite shipped for this survey and stage. Raises RunRefused where there is none, or it is malformed."""
    source = files("expectations") / survey_id / f"{stage}.json"
    if not source.is_file():
        msg = (
            f"there are no expectations for the {stage} of survey {survey_id!r}, and nothing is published unjudged; "
            f"the survey's owner writes config/{survey_id}/expectations/{stage}.json"
        )
        raise RunRefused(msg)
    return parse(source.read_bytes(), f"expectations/{survey_id}/{stage}.json")


def parse(text: bytes, origin: str) -> dict[str, Any]:
    """A suite from its JSON text. Raises RunRefused that names `origin` and, where it can, the part at fault."""
    try:
        document = json.loads(text)
        _Suite.model_validate(document)
    except ValidationError as error:
        found = [f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in error.errors()]
        msg = f"{origin} is no suite: {'; '.join(found)}"
        raise RunRefused(msg) from None
    except ValueError as error:
        msg = f"{origin} is not JSON: {error}"
        raise RunRefused(msg) from None
    return dict(document)


def why(meta: Mapping[str, Any], language: Literal["nb", "en"]) -> str:
    """What it means when an expectation does not hold, in this language where the suite has it."""
    given = meta["why"]
    return str(given if isinstance(given, str) else given[language])


def judged_of(suite: Mapping[str, Any]) -> frozenset[Of]:
    """The tables that a suite's expectations are of."""
    return frozenset(one["meta"].get("of", "rows") for one in suite["expectations"])
