"""Instruments: which items make which scale, which end is favourable, and when a score is missing.

Definitions are TOML files beside this module, or beside a customer's survey file. Wording is in them only
where its licence allows; everything needed for scoring is always there.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import SurveyInvalid

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Language = Literal["nb", "en"]


class Closed(BaseModel):
    """A part of a survey or instrument file: an unknown key is an error, and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Localised(Closed):
    """A text that people read, in every language we render."""

    nb: str
    en: str

    def text(self, language: Language) -> str:
        """The text in `language`."""
        return self.nb if language == "nb" else self.en


class Option(Closed):
    """One answer a person can choose: its stored value and its wording."""

    value: int
    name: Localised


class Item(Closed):
    """One question. `reverse`: agreeing is unfavourable for the scale it belongs to."""

    id: Identifier
    text: Localised | None = None
    reverse: bool = False


class Scale(Closed):
    """Items that are scored together.

    `points`: mean of the items, each moved to 0..100 with 100 at the favourable end; missing when fewer than
    `answered_at_least` of them are answered (Burr et al. 2019). `nps`: share of 9-10 minus share of 0-6, in
    percentage points (Reichheld 2003), one item on 0..10.
    """

    id: Identifier
    name: Localised
    score: Literal["points", "nps"] = "points"
    low: int
    high: int
    answered_at_least: Annotated[float, Field(gt=0, le=1)] = 0.5
    option: tuple[Option, ...] = ()
    item: Annotated[tuple[Item, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> Scale:
        if self.low >= self.high:
            msg = f"scale {self.id}: low must be less than high"
            raise ValueError(msg)
        if self.score == "nps" and ((self.low, self.high) != (0, 10) or len(self.item) != 1):
            msg = f"scale {self.id}: a net promoter score has one item on 0..10"
            raise ValueError(msg)
        values = [option.value for option in self.option]
        if len(set(values)) != len(values) or any(not self.low <= value <= self.high for value in values):
            msg = f"scale {self.id}: options must be different and within {self.low}..{self.high}"
            raise ValueError(msg)
        return self


class Instrument(Closed):
    """A set of scales with its version and where its scoring comes from."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    version: str
    title: Localised
    source: str
    licence: str
    scale: Annotated[tuple[Scale, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _every_name_once(self) -> Instrument:
        names = [scale.id for scale in self.scale] + [item.id for scale in self.scale for item in scale.item]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            msg = f"named more than once: {', '.join(twice)}"
            raise ValueError(msg)
        return self


def parse(text: str, origin: str) -> Instrument:
    """Reads a definition; `origin` names the file in the error. Raises SurveyInvalid."""
    try:
        return Instrument.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SurveyInvalid(explain(error, origin)) from error


def builtin(name: str) -> Instrument:
    """A definition shipped with Pulsverk. Raises SurveyInvalid naming those there are."""
    folder = files(__package__)
    there = {entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")}
    if name not in there:
        msg = f"no built-in instrument {name!r}; there are: {', '.join(sorted(there))}"
        raise SurveyInvalid(msg)
    return parse((folder / f"{name}.toml").read_text("utf-8"), f"instruments/{name}.toml")


def explain(error: tomllib.TOMLDecodeError | ValidationError, origin: str) -> str:
    """One line a problem, each naming the key in the file: `survey.toml: wave.0.opens: ...`."""
    if isinstance(error, ValidationError):
        found = error.errors()
        # A list whose only part is wrong would also be called too short, which its writer cannot see that it is.
        inside = {one["loc"][:depth] for one in found for depth in range(len(one["loc"]))}
        found = [one for one in found if one["type"] != "too_short" or one["loc"] not in inside]
        lines = [f"{'.'.join(str(part) for part in one['loc']) or 'file'}: {one['msg']}" for one in found]
    else:
        lines = [str(error)]
    return "\n".join(f"{origin}: {line}" for line in lines)
