"""What a leader's report about one unit says, before it is laid out: only published facts, in the survey's order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, get_args

from pipeline.reports import followup, pictures
from pipeline.reports.lines import LawRow, Line, Score, SegmentTable
from pipeline.reports.names import inert
from pipeline.reports.words import within_sentence
from pipeline.survey import RESPONSE_RATE, TOTAL, Factor, counted_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pipeline.instruments import Scale
    from pipeline.release import About
    from pipeline.reports.figures import Figures
    from pipeline.reports.words import Words
    from pipeline.survey import Measure, Segment, Survey, Wave


@dataclass(frozen=True)
class Wording:
    """The survey in one language and the release it is reported in: the same for every unit."""

    about: About
    words: Words
    figures: Figures
    waves: tuple[Wave, ...]  # those published that closed no later than this one, in order

    @property
    def survey(self) -> Survey:
        """The survey reported on."""
        return self.about.survey

    @cached_property
    def wave(self) -> Wave:
        """The wave reported on."""
        return self.survey.wave(self.about.published.wave)

    @cached_property
    def measures(self) -> Mapping[str, Measure]:
        """Measure by id, in report order."""
        return {one.id: one for one in self.survey.measures}

    @cached_property
    def themes(self) -> tuple[Measure, ...]:
        """The scales of 0 to 100, in the order of the survey file."""
        return tuple(one for one in self.survey.measures if one.kind == "scale")


@dataclass(frozen=True)
class Leader:
    """The report of one unit. `row` is the unit's row of the release, `above` its parent's name when it has one."""

    wording: Wording
    row: Mapping[str, Any]
    above: str | None
    registered: Sequence[Mapping[str, Any]]

    @property
    def unit(self) -> str:
        """The unit's id."""
        return str(self.row["unit"])

    @property
    def name(self) -> str:
        """The unit's name, harmless to show."""
        return inert(self.row["name"])

    @property
    def withheld(self) -> bool:
        """Whether any figure about the unit is withheld in this wave."""
        return self.unit in self.wording.figures.withheld

    @cached_property
    def rate(self) -> Line | None:
        """The response rate; None without a list of people invited."""
        return self.line(RESPONSE_RATE) if RESPONSE_RATE.id in self.wording.measures else None

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The themes, in the order of the survey file."""
        return tuple(self.line(one) for one in self.wording.themes if self._has(one))

    @cached_property
    def cut(self) -> tuple[Line, ...]:
        """The themes that segments have figures of too."""
        return tuple(one for one in self.lines if not one.measure.whole_only)

    @property
    def in_hundreds(self) -> bool:
        """Whether one axis from 0 to 100 fits every theme."""
        return all((one.measure.low, one.measure.high) == (0, 100) for one in self.lines)

    @cached_property
    def indexes(self) -> tuple[Line, ...]:
        """Scores such as eNPS, which do not go from 0 to 100."""
        measures = self.wording.survey.measures
        return tuple(self.line(one) for one in measures if one.kind == "index" and self._has(one))

    @cached_property
    def shown(self) -> tuple[Line, ...]:
        """The themes that are published, strongest first; ties in the order of the survey file."""
        return tuple(sorted((line for line in self.lines if line.fact), key=lambda line: line.standing, reverse=True))

    @cached_property
    def weakest(self) -> Line | None:
        """The published theme that stands weakest: what to talk about."""
        return self.shown[-1] if self.shown else None

    @cached_property
    def extremes(self) -> str:
        """`only` one theme, or strongest and weakest whose intervals `overlap` or lie `apart`."""
        if len(self.shown) < 2:  # noqa: PLR2004 - it takes two
            return "only"
        return "apart" if self.shown[0].least > self.shown[-1].most else "overlap"

    @cached_property
    def lead(self) -> str:
        """What moved, and what to talk about."""
        words = self.wording.words
        moved = {verdict: self._moved(verdict) for verdict in ("up", "down")}
        first = not any(line.fact and line.fact.verdict for line in self.lines)
        if moved["up"] and moved["down"]:
            key, named = "both", {"up": self._sentence(moved["up"]), "down": self._within(moved["down"])}
        elif moved["up"] or moved["down"]:
            key = "up" if moved["up"] else "down"
            named = {key: self._sentence(moved[key])}
        else:
            key, named = ("first" if first else "steady"), {}
        sentence = words(f"lead.{key}", **named)
        if self.weakest is None or self.weakest.fact is None:
            return sentence
        score = words.value(self.weakest.measure, self.weakest.fact.mean)
        high = self.weakest.measure.high
        talk = "lead.talk_only" if self.extremes == "only" else "lead.talk"
        return f"{sentence} {words(talk, theme=within_sentence(self.weakest.name), score=score, high=high)}"

    @cached_property
    def balance(self) -> pictures.Balance | None:
        """Clarity against safety; None when the survey does not measure both."""
        both = {line.measure.id: line for line in self.lines if line.measure.id in {"clarity", "safety"}}
        if len(both) < 2:  # noqa: PLR2004 - it takes two
            return None
        before = self.wording.waves[-2].id if len(self.wording.waves) > 1 else None
        earlier = {one: self.wording.figures.shown(before, self.unit, one) for one in both} if before else {}
        return pictures.balance(both["clarity"], both["safety"], earlier)

    @cached_property
    def trend(self) -> pictures.Trend | None:
        """Every theme on the range of the first over the published waves; None in the first wave."""
        if len(self.wording.waves) < 2:  # noqa: PLR2004 - it takes two
            return None
        series = [
            (
                line.name,
                line.measure,
                [self.wording.figures.shown(wave.id, self.unit, line.measure.id) for wave in self.wording.waves],
            )
            for line in self.lines
            if (line.measure.low, line.measure.high) == (self.lines[0].measure.low, self.lines[0].measure.high)
        ]
        return pictures.trend(self.wording.waves, series)

    @cached_property
    def segments(self) -> tuple[SegmentTable, ...]:
        """The segments of which at least one figure is published."""
        tables = (self._segment(segment) for segment in self.wording.survey.file.segment)
        return tuple(one for one in tables if any(score.fact for _, scores in one.rows for score in scores))

    @cached_property
    def nobody(self) -> bool:
        """Whether a category in these segments has nobody in it."""
        scores = (score for table in self.segments for _, row in table.rows for score in row)
        return any(score.fact is None and score.otherwise == "segments.nobody" for score in scores)

    @cached_property
    def answered(self) -> int | None:
        """The largest number of answers that is published about the unit as a whole."""
        facts = [line.fact for line in (*self.lines, *self.indexes) if line.fact]
        return max((fact.answered for fact in facts if fact.answered is not None), default=None)

    @cached_property
    def actions(self) -> tuple[followup.Taken, ...]:
        """What the unit decided to do, and what came afterwards."""
        return followup.taken(self.registered, self.unit, self.wording)

    @cached_property
    def next(self) -> followup.Next | None:
        """When the next wave opens and when to talk before it."""
        return followup.upcoming(self.wording.survey, self.wording.wave)

    @cached_property
    def questions(self) -> Sequence[str]:
        """Reflection questions for the weakest theme, in our own wording."""
        scale = self.weakest.measure.id if self.weakest else "other"
        return self.wording.words.several(f"questions.{scale}", "questions.other")

    @cached_property
    def law(self) -> tuple[LawRow, ...]:
        """Every factor of § 4-3, in the order of the act."""
        law = self.wording.survey.file.law
        whole = (*self.lines, *self.indexes)
        return tuple(
            LawRow(factor, tuple(line for line in whole if law.get(line.measure.id) == factor))
            for factor in get_args(Factor)
        )

    @cached_property
    def items(self) -> tuple[tuple[Scale, tuple[Line, ...]], ...]:
        """The questions of each theme."""
        measures = self.wording.measures
        return tuple(
            (scale, tuple(self.line(measures[item.id]) for item in scale.item))
            for scale in self.wording.survey.scales
            if scale.score == "points" and self._has(measures[scale.id])
        )

    def _has(self, measure: Measure) -> bool:
        """Whether there is such a figure of this unit at all."""
        return counted_at(measure, unit_is_root=self.row["parent"] is None, segment=TOTAL)

    def line(self, measure: Measure) -> Line:
        """The unit's figure of this measure beside that of the unit above."""
        figures, wave = self.wording.figures, self.wording.wave.id
        parent = self.row["parent"]
        name = inert(self.wording.words.of(measure.name))
        lower = measure.direction == "high_is_bad" and measure.kind == "scale"
        return Line(
            measure,
            self.wording.words("themes.lower", name=name) if lower else name,
            figures.shown(wave, self.unit, measure.id),
            figures.shown(wave, parent, measure.id) if parent and self.above else None,
            figures.status(self.unit, measure.id) == "C",
        )

    def _segment(self, segment: Segment) -> SegmentTable:
        words = self.wording.words
        rows = tuple(
            (
                inert(words.of(category.name)),
                tuple(self._score(one.measure, segment.id, category.id) for one in self.cut),
            )
            for category in segment.category
        )
        return SegmentTable(inert(words.of(segment.name)), rows)

    def _score(self, theme: Measure, segment: str, category: str) -> Score:
        figures, place = self.wording.figures, (self.unit, theme.id, segment, category)
        return Score(
            figures.shown(self.wording.wave.id, *place),
            {"C": "segments.hidden", "N": "law.not_measured"}.get(figures.status(*place) or "", "segments.nobody"),
        )

    def _moved(self, verdict: str) -> list[str]:
        return [line.name for line in self.lines if line.fact and line.fact.verdict == verdict]

    def _within(self, names: list[str]) -> str:
        return self.wording.words.listed([within_sentence(name) for name in names])

    def _sentence(self, names: list[str]) -> str:
        return self.wording.words.listed([names[0], *(within_sentence(name) for name in names[1:])])


def reported(figures: Figures, wave: str, unit: str, survey: Survey) -> bool:
    """Whether a unit gets a report: a theme or an index is published about it as a whole."""
    return any(
        figures.shown(wave, unit, one.id, TOTAL, TOTAL) for one in survey.measures if one.kind in {"scale", "index"}
    )
