"""The survey file: what was asked of whom, in which waves, and what may be published about it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from pipeline import instruments
from pipeline.content import sha256
from pipeline.errors import SurveyInvalid
from pipeline.instruments import Closed, Direction, Identifier, Instrument, Item, Language, Localised, Scale
from pipeline.instruments.used import Asked, UsedInstrument, read

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
TOTAL = "all"  # the segment, and the category, of everybody

# Arbeidsmiljøloven § 4-3 as in force from 1 January 2026, in the order of the law.
Factor = Literal[
    "unclear_or_conflicting_demands",  # (2) a
    "emotional_demands",  # (2) b
    "workload_and_time_pressure",  # (2) c
    "support_and_help",  # (2) d
    "integrity_and_dignity",
    "contact_and_communication",
    "harassment",
    "violence_threats_and_strain",
]

# Names that our own tables use; an item or a segment must not be called so.
RESERVED = frozenset({"respondent", "key_id", "submitted", "source", "record", "unit", "parent", "name", TOTAL})


class MinimumGroupSize(Closed):
    """The smallest counts that may be published: for a mean, and for anything finer than a mean."""

    mean: Annotated[int, Field(ge=3)] = 5
    distribution: Annotated[int, Field(ge=3)] = 10

    @model_validator(mode="after")
    def _finer_needs_more(self) -> MinimumGroupSize:
        if self.distribution < self.mean:
            msg = "distribution must be at least mean"
            raise ValueError(msg)
        return self


# What the first two numbers of a date like 03/04/2026 are: the owner of a survey knows, its exports do not say.
Dates = Literal["day_first", "month_first"]


class Respondent(Closed):
    """Who answers, and where an export says so.

    `columns` are the headings, in the different vendors' exports, that hold the person; each export has one of
    them. `unit` is set when the export itself carries unit and segments and there is no people file. Only then can
    it be `once_per = "unit"`: one person answers about several units, once about each. Without
    `dates`, records with a date like 03/04/2026 are set aside.
    """

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    submitted: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    unit: str | None = None
    once_per: Literal["wave", "unit"] = "wave"
    dates: Dates | None = None


class Category(Closed):
    """One value of a segment. `values` are its spellings in people files and exports besides the id itself."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+-]{0,39}$")]
    name: Localised
    values: tuple[str, ...] = ()


class Segment(Closed):
    """An attribute that cells are cut by; `column` is its heading in the people file, or in the export."""

    id: Identifier
    name: Localised
    column: str
    category: Annotated[tuple[Category, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _every_value_once(self) -> Segment:
        spellings = [spelling for one in self.category for spelling in {one.id, *one.values}]
        if len(set(spellings)) != len(spellings) or TOTAL in spellings:
            msg = f"segment {self.id}: a value may belong to one category, and none is called {TOTAL!r}"
            raise ValueError(msg)
        return self

    def categories(self) -> dict[str, str]:
        """Spelling in a file -> category id."""
        return {spelling: one.id for one in self.category for spelling in (one.id, *one.values)}


class Wave(Closed):
    """One collection: open from the first day to the last, both included."""

    id: Slug
    name: Localised
    opens: date
    closes: date

    @model_validator(mode="after")
    def _closes_after_it_opens(self) -> Wave:
        if self.closes < self.opens:
            msg = f"wave {self.id} closes before it opens"
            raise ValueError(msg)
        return self


class Rhythm(Closed):
    """How often a wave is due, and how long after it closes its results are."""

    every: Literal["week", "fortnight", "month", "quarter", "half-year", "year"]
    published_within_days: Annotated[int, Field(ge=1)] = 7


class Crossing(Closed):
    """A table besides the plain ones: these segments together."""

    segments: Annotated[tuple[Identifier, ...], Field(min_length=2, max_length=3)]


class Withholding(Closed):
    """What to keep where one of several figures has to go: the figures of these units go last.

    It changes which figures are withheld, never how many people must be behind one.
    """

    keep_units: Annotated[tuple[str, ...], Field(min_length=1)]


# Where a wave is counted: in this process, or branch by branch on Spark. It changes no byte of what is counted.
Engine = Literal["local", "spark"]


class SurveyFile(Closed):
    """`survey.toml` as written."""

    id: Slug
    title: Localised
    organisation: str
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    minimum_group_size: MinimumGroupSize = MinimumGroupSize()
    respondent: Respondent
    segment: tuple[Segment, ...] = ()
    instrument: Annotated[tuple[UsedInstrument, ...], Field(min_length=1)]
    wave: Annotated[tuple[Wave, ...], Field(min_length=1)]
    rhythm: Rhythm | None = None
    table: tuple[Crossing, ...] = ()
    withholding: Withholding | None = None
    law: dict[Identifier, Factor] = Field(default_factory=dict)
    engine: Engine = "local"
    pdf: tuple[Language, ...] | None = None  # languages whose reports are set on paper too; None is the first


@dataclass(frozen=True)
class Measure:
    """What a cell states. `low`..`high` is the range of a published mean, `direction` which end of it is favourable.

    `whole_only`: it is stated of the whole organisation alone (`counted_at`).
    """

    id: str
    kind: Literal["item", "scale", "index", "rate"]
    name: Localised
    scale: str | None
    low: int
    high: int
    direction: Direction = "high_is_good"
    whole_only: bool = False

    @property
    def decimals(self) -> int:
        """Of a published mean: a scale has 1 on a range such as 0..100 and 2 on one such as 1..5, an item 2."""
        if self.kind == "scale":
            return 1 if self.high - self.low > 10 else 2  # noqa: PLR2004 - where 0.1 would be coarse
        return 2 if self.kind == "item" else 0


RESPONSE_RATE = Measure("response_rate", "rate", Localised(nb="Svarprosent", en="Response rate"), None, 0, 100)


def counted_at(measure: Measure, *, unit_is_root: bool, segment: str) -> bool:
    """Whether a measure has a cell here: one that is `whole_only` has one of everybody, and no other."""
    return not measure.whole_only or (unit_is_root and segment == TOTAL)


@dataclass(frozen=True)
class Survey:
    """A survey file with the instruments that it counts. `unread`: headings whose answers are never read."""

    file: SurveyFile
    instruments: tuple[Instrument, ...]
    sha256: str
    unread: frozenset[str] = frozenset()

    @property
    def id(self) -> str:
        """The survey's slug."""
        return self.file.id

    @property
    def scales(self) -> tuple[Scale, ...]:
        """Every scale, in the order of the file."""
        return tuple(scale for instrument in self.instruments for scale in instrument.scale)

    @property
    def items(self) -> dict[str, tuple[Scale, Item]]:
        """Item id -> the scale it is scored in and the item."""
        return {item.id: (scale, item) for scale in self.scales for item in scale.item}

    @property
    def columns(self) -> dict[str, str]:
        """Heading in an export -> item id."""
        named = {heading: item for used in self.file.instrument for heading, item in used.columns.items()}
        return {heading: item for heading, item in named.items() if heading not in self.unread}

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Everything a cell may state, in report order: scales and indexes, then items, then the rate."""
        wholes: list[Measure] = []
        parts: list[Measure] = []
        for scale in self.scales:
            if scale.score == "nps":
                wholes.append(Measure(scale.id, "index", scale.name, scale.id, -100, 100))
                continue
            low, high, only = scale.score_low, scale.score_high, scale.whole_only
            wholes.append(Measure(scale.id, "scale", scale.name, scale.id, low, high, scale.direction, only))
            for item in scale.item:
                text = item.text or Localised(nb=item.id, en=item.id)
                low, high, direction = scale.low, scale.high, scale.direction_of(item)
                parts.append(Measure(item.id, "item", text, scale.id, low, high, direction, only))
        rate = () if self.file.respondent.unit else (RESPONSE_RATE,)  # without a people file nobody was invited
        return (*wholes, *parts, *rate)

    @property
    def on_paper(self) -> tuple[Language, ...]:
        """The languages whose reports are PDFs as well."""
        return self.file.languages[:1] if self.file.pdf is None else self.file.pdf

    @property
    def groupings(self) -> tuple[tuple[str, ...], ...]:
        """The segments of each table: (), one segment at a time, then the crossings of the file."""
        return ((), *((segment.id,) for segment in self.file.segment), *(one.segments for one in self.file.table))

    def wave(self, wave: str) -> Wave:
        """The wave of this id. Raises SurveyInvalid naming those there are."""
        for one in self.file.wave:
            if one.id == wave:
                return one
        there = ", ".join(one.id for one in self.file.wave)
        msg = f"survey {self.id} has no wave {wave!r}; there are: {there}. Its owner adds a [[wave]] to survey.toml"
        raise SurveyInvalid(msg)


def parse(text: str, beside: Mapping[str, str] | None = None, origin: str = "survey.toml") -> Survey:
    """Reads a survey file; `beside` holds the texts of instrument files next to it, by file name.

    Raises SurveyInvalid with one line a problem, each naming the key.
    """
    try:
        file = SurveyFile.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SurveyInvalid(instruments.explain(error, origin)) from error
    found = [read(one, beside or {}) for one in file.instrument]
    used = tuple(one.instrument for one in found if one.instrument is not None)
    digest = sha256("".join([text, *(one.said for one in found)]).encode())
    survey = Survey(file, used, digest, frozenset().union(*(one.unread for one in found)))
    problems = _contradictions(survey, found)
    if problems:
        raise SurveyInvalid("\n".join(f"{origin}: {problem}" for problem in problems))
    return survey


def _contradictions(survey: Survey, found: list[Asked]) -> list[str]:
    """What is wrong between parts that are each well formed."""
    file = survey.file
    problems = []
    items = [item.id for scale in survey.scales for item in scale.item]
    scales = [scale.id for scale in survey.scales]
    segments = [segment.id for segment in file.segment]
    waves = [wave.id for wave in file.wave]
    for what, names in (("item or scale", items + scales), ("segment", segments), ("wave", waves)):
        problems += [f"{what} {name!r} is defined twice" for name in sorted(_twice(names))]
    problems += [f"{name!r} is a name of our own tables" for name in sorted(RESERVED & {*items, *scales, *segments})]
    headings = [heading for used in file.instrument for heading in used.columns]
    headings += [*file.respondent.columns, *file.respondent.submitted, *file.respondent.ignored]
    if file.respondent.unit:
        headings += [file.respondent.unit, *(segment.column for segment in file.segment)]
    problems += [f"column {name!r} is given two meanings" for name in sorted(_twice(headings))]
    if file.respondent.once_per == "unit" and not file.respondent.unit:
        problems.append(
            'respondent.once_per = "unit" needs respondent.unit, the heading of the column that says which unit an '
            "answer is about; the survey's owner adds it to [respondent], or takes once_per out"
        )
    problems += [f"pdf: {name!r} is not among languages" for name in sorted(set(file.pdf or ()) - {*file.languages})]
    problems += [problem for one in found for problem in one.problems]
    if all(one.unread for one in found):
        problems.append("every instrument is private; its owner adds one that is counted")
    problems += [f"law: there is no scale {name!r}" for name in sorted(set(file.law) - set(scales))]
    problems += [
        f"table: there is no segment {name!r}" for one in file.table for name in one.segments if name not in segments
    ]
    return problems


def _twice(names: list[str]) -> set[str]:
    return {name for name in names if names.count(name) > 1}
