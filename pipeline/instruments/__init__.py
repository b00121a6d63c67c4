"""Instruments: which items make which scale, which end is favourable, and when a score is missing.

Definitions are TOML files beside this module, or beside a customer's survey file. Wording is in them only
where its licence allows; everything needed for scoring is always there. Where not even the scoring is ours to
ship, the definition is a form: it names the scales, and the survey file says which items they are made of.
"""

from __future__ import annotations

import tomllib
from functools import cached_property
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
    """One question. `reverse`: its answers are counted from the other end than those of the scale's other items.

    `optional`: a survey may leave it out. Its scale is then made of the items that are asked.
    """

    id: Identifier
    text: Localised | None = None
    reverse: bool = False
    optional: bool = False


Direction = Literal["high_is_good", "high_is_bad"]


class Scale(Closed):
    """Items that are scored together, `low`..`high` being their answers.

    `points`: mean of the items, moved to `score_low`..`score_high`; missing when fewer than `answered_at_least` of
    them are answered (Burr et al. 2019). `nps`: share of 9-10 minus share of 0-6, in percentage points (Reichheld
    2003), one item on 0..10. `direction` says which end of the score is favourable and never changes a score.
    `smallest_change` is the smallest change that means something, in points of the published score; 5 % of its range
    where the definition names none. `codes` are what exports hold for the answers, that for `low` first; the answers
    themselves if there are none. `whole_only`: answers about health, stated of the whole organisation alone.
    """

    id: Identifier
    name: Localised
    score: Literal["points", "nps"] = "points"
    low: int
    high: int
    score_low: int = 0
    score_high: int = 100
    direction: Direction = "high_is_good"
    answered_at_least: Annotated[float, Field(gt=0, le=1)] = 0.5
    smallest_change: Annotated[float, Field(gt=0, le=100)] | None = None
    whole_only: bool = False
    codes: tuple[int, ...] = ()
    option: tuple[Option, ...] = ()
    item: Annotated[tuple[Item, ...], Field(min_length=1)]

    @cached_property
    def answers(self) -> dict[int, int]:
        """What an export holds -> the answer."""
        answers = range(self.low, self.high + 1)
        return dict(zip(self.codes or answers, answers, strict=True))

    def direction_of(self, item: Item) -> Direction:
        """Which end of an item's answers, as they were given, is favourable."""
        return "high_is_good" if (self.direction == "high_is_good") != item.reverse else "high_is_bad"

    @model_validator(mode="after")
    def _consistent(self) -> Scale:
        if self.low >= self.high:
            msg = f"scale {self.id}: low must be less than high"
            raise ValueError(msg)
        if self.score_low >= self.score_high:
            msg = f"scale {self.id}: score_low must be less than score_high"
            raise ValueError(msg)
        if self.score == "nps" and ((self.low, self.high) != (0, 10) or len(self.item) != 1):
            msg = f"scale {self.id}: a net promoter score has one item on 0..10"
            raise ValueError(msg)
        turned = self.direction != "high_is_good" or any(item.reverse for item in self.item)
        if self.score == "nps" and (turned or (self.score_low, self.score_high) != (0, 100)):
            msg = f"scale {self.id}: a net promoter score has no other range or direction than its own"
            raise ValueError(msg)
        values = [option.value for option in self.option]
        if len(set(values)) != len(values) or any(not self.low <= value <= self.high for value in values):
            msg = f"scale {self.id}: options must be different and within {self.low}..{self.high}"
            raise ValueError(msg)
        many = self.high - self.low + 1
        if self.codes and (len(self.codes) != many or len(set(self.codes)) != many):
            msg = (
                f"scale {self.id}: codes must be {many} different numbers, one for each answer {self.low}..{self.high}"
            )
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


class Theme(Closed):
    """A scale of a form: its name alone, its items being the customer's."""

    id: Identifier
    name: Localised


class Form(Closed):
    """An instrument whose items are somebody else's to give: the survey file adds them to its themes.

    `private`: it is about the person who answers, for that person. Its columns are known and never read.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
    version: str
    title: Localised
    source: str
    licence: str
    private: bool = False
    theme: Annotated[tuple[Theme, ...], Field(min_length=1)]


def parse(text: str, origin: str) -> Instrument | Form:
    """Reads a definition; one with themes is a form. `origin` names the file in the error. Raises SurveyInvalid."""
    try:
        said = tomllib.loads(text)
        return Form.model_validate(said) if "theme" in said else Instrument.model_validate(said)
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SurveyInvalid(explain(error, origin)) from error


def names() -> tuple[str, ...]:
    """The definitions shipped with Pulsverk, in the order of the alphabet."""
    there = (entry.name for entry in files(__package__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in there if name.endswith(".toml")))


def builtin(name: str) -> Instrument | Form:
    """A definition shipped with Pulsverk. Raises SurveyInvalid naming those there are."""
    if name not in names():
        msg = f"no built-in instrument {name!r}; there are: {', '.join(names())}"
        raise SurveyInvalid(msg)
    return parse((files(__package__) / f"{name}.toml").read_text("utf-8"), f"instruments/{name}.toml")


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
