"""The page about a run's data quality, for the owner and the safety representative: what was checked and what it found.

It shows no answer. It is stored with the private side of the run all the same: in a small organisation the number of
unanswered questions can tell something about individuals.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import jinja2

from pipeline import suites
from pipeline.reports.names import inert
from pipeline.reports.words import Words
from pipeline.survey import TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from pipeline.gates.verdict import Gate
    from pipeline.instruments import Language
    from pipeline.quality import Outcome
    from pipeline.suites import Stage
    from pipeline.survey import Survey

NAMED = 8  # subjects that a finding lists
# As the suites that we propose draw these lines.
WEAK, SOME, LARGE = 0.1, 0.2, 0.5
Row = dict[str, Any]


@dataclass(frozen=True)
class Checked:
    """A run at its gates. `suites` and `measures` are by stage, as far as the run came."""

    survey: Survey
    wave: str
    run: str
    gates: tuple[Gate, ...]
    suites: Mapping[Stage, Mapping[str, Any]]
    measures: Mapping[Stage, pa.Table]


def pages(checked: Checked) -> dict[str, bytes]:
    """`quality.html` in the survey's first language and `quality.<language>.html` in the others."""
    names = {
        language: f"quality.{language}.html" if at else "quality.html"
        for at, language in enumerate(checked.survey.file.languages)
    }
    return {name: _Page(checked, language, names).render() for language, name in names.items()}


class _Page:
    """One language of it."""

    def __init__(self, checked: Checked, language: Language, names: Mapping[Language, str]) -> None:
        self.checked = checked
        self.names = names
        self.language: Language = language
        self.words = Words(language)
        self.texts = _texts(language)
        self.labels: dict[str, str] = dict(self._labels())

    def render(self) -> bytes:
        """The page."""
        it, survey, wave = self.checked, self.checked.survey, self.checked.survey.wave(self.checked.wave)
        stops = [one for gate in it.gates for one in self._found(gate, stops=True)]
        warnings = [one for gate in it.gates for one in self._found(gate, stops=False)]
        outcomes = [one for gate in it.gates for one in gate.outcomes]
        named = {"wave": inert(self.words.of(wave.name)), "survey": inert(self.words.of(survey.file.title))}
        kept = {"met": sum(one.passed for one in outcomes), "all": len(outcomes)}
        page = _template().render(
            t=self.texts,
            language=self.language,
            title=self.texts["title"].format(**named),
            eyebrow=self.texts["eyebrow"].format(period=self.words.period(wave.opens, wave.closes), **named),
            organisation=inert(survey.file.organisation),
            survey=named["survey"],
            editions=[
                (one, href, _texts(one)["other_language"]) for one, href in self.names.items() if one != self.language
            ],
            verdict="stopped" if stops else "warned" if warnings else "passed",
            kept=self.texts["verdict"]["kept"].format(**kept),
            stages=[(self.texts["stage"][stage], self._state(stage)) for stage in suites.STAGES],
            stops=stops,
            warnings=warnings,
            who=self._who(),
            form=self._form(),
            items=self._items(),
            counted=self._counted(),
            release=self._release(),
            run=self.texts["foot"]["run"].format(run=it.run),
        )
        return page.encode()

    def _labels(self) -> Iterator[tuple[str, str]]:
        """What subjects are called by people."""
        survey, of = self.checked.survey, self.words.of
        yield from ((name, text) for name, text in self.texts["subject"].items())
        yield from ((one.id, inert(of(one.name))) for one in survey.file.wave)
        yield from ((one.id, inert(of(one.title))) for one in survey.instruments)
        yield from ((item.id, inert(of(item.text)) if item.text else item.id) for _, item in survey.items.values())
        segments = {one.id: inert(of(one.name)) for one in survey.file.segment}
        yield from (("*".join(one), " × ".join(segments[each] for each in one)) for one in survey.groupings if one)

    def _state(self, stage: Stage) -> str:
        texts = self.texts["stage"]
        gate = next((one for one in self.checked.gates if one.stage == stage), None)
        if gate is None:
            return str(texts["not_reached"])
        if gate.problem:
            return str(texts["problem"])
        return str(texts["met"].format(met=sum(one.passed for one in gate.outcomes), all=len(gate.outcomes)))

    def _found(self, gate: Gate, *, stops: bool) -> Iterator[dict[str, Any]]:
        texts, stage = self.texts["found"], self.texts["stage"][gate.stage]
        if gate.problem and stops:
            yield {"stage": stage, "why": texts["problem"].format(problem=gate.problem), "about": (), "rule": ""}
        asked = self.checked.suites.get(gate.stage, {}).get("expectations", ())
        for outcome, one in zip(gate.outcomes, asked, strict=False):
            if not outcome.passed and outcome.stops == stops and (stops or not _stopped(outcome, gate)):
                yield {"stage": stage, "rule": self._rule(outcome, one["kwargs"])} | self._why(outcome, one["meta"])

    def _why(self, outcome: Outcome, meta: Mapping[str, Any]) -> dict[str, Any]:
        texts, why = self.texts["found"], suites.why(meta, self.language)
        listed = [self.labels.get(one, inert(one)) for one in outcome.subjects]
        left = len(listed) - NAMED
        return {
            "why": why[:1].upper() + why[1:] + ("." if outcome.judged else f". {texts['unjudged']}"),
            "about": listed[:NAMED],
            "more": texts["more"].format(count=left) if left > 0 else "",
        }

    def _rule(self, outcome: Outcome, kwargs: Mapping[str, Any]) -> str:
        texts = self.texts["found"]
        low, high = (self._limit(kwargs.get(f"{end}_value")) for end in ("min", "max"))
        name = {(True, True): "between", (True, False): "at_least", (False, True): "at_most"}.get(
            (bool(low), bool(high)), "otherwise"
        )
        said = texts[name].format(expectation=outcome.expectation, low=low, high=high)
        return str(texts["rule"].format(column=outcome.column, range=said))

    def _limit(self, value: object) -> str:
        """`0,15` or `0.15`; the name of a parameter; nothing for none."""
        if isinstance(value, int | float):
            digits = f"{value:g}".rpartition(".")[2] if "." in f"{value:g}" else ""
            return self.words.number(value, len(digits))
        return "" if value is None else " ".join(map(str, value.values())) if isinstance(value, dict) else str(value)

    def _rows(self, stage: Stage, kind: str = "") -> list[Row]:
        table = self.checked.measures.get(stage)
        every: list[Row] = table.to_pylist() if table is not None else []
        return [one for one in every if not kind or one["kind"] == kind]

    def _share(self, value: float | None) -> str:
        return "–" if value is None else self.words.share(value)

    def _who(self) -> list[tuple[str, str]]:
        texts = self.texts["who"]
        found = []
        for row in self._rows("responses", "wave"):
            for name in ("answers", "invited"):
                found += [(texts[name], self.words.number(row[name]))] if row[name] is not None else []
            for name in ("response_rate", "strangers"):
                found += [(texts[name], self._share(row[name]))] if row[name] is not None else []
        return found

    def _form(self) -> dict[str, Any]:
        columns = ("complete", "straight_liners", "repeated_patterns")
        rows = [
            (self.labels[row["subject"]], *(self._share(row[name]) for name in columns))
            for row in self._rows("responses", "instrument")
        ]
        return self._grid("form", ("instrument", *columns), rows)

    def _items(self) -> dict[str, Any]:
        rows = [
            (self.labels[row["subject"]], self._share(row["missing"]), self._goes(row), self._change(row["shift"]))
            for row in self._rows("responses", "item")
        ]
        return self._grid("items", ("item", "missing", "item_rest", "change"), rows)

    def _goes(self, row: Row) -> str:
        value, texts = row["item_rest"], self.texts["items"]
        if value is None:
            return str(texts["alone"])
        return str(texts["good" if value >= WEAK else "weak" if value >= -WEAK else "against"])

    def _change(self, value: float | None) -> str:
        texts = self.texts["items"]
        if value is None:
            return str(texts["no_before"])
        return str(texts["large" if value > LARGE else "some" if value > SOME else "small"])

    def _counted(self) -> dict[str, Any]:
        sound = {"subject", "rows", "expected", "free"}
        rows = [
            (
                str(self.labels.get(row["subject"], row["subject"])),
                self.words.number(row["rows"]),
                self._share(row["free"]),
                self.words.number(sum(value for name, value in row.items() if name not in sound)),
            )
            for row in sorted(self._rows("aggregates"), key=lambda row: self._place(row["subject"]))
        ]
        return self._grid("figures", ("table", "rows", "free", "faults"), rows)

    def _place(self, table: str) -> tuple[bool, str]:
        """The units first, then segment by segment."""
        return table != TOTAL, self.labels.get(table, table)

    def _release(self) -> list[tuple[str, str]]:
        every = self._rows("artifacts")
        if not every:
            return []
        texts, by = self.texts["release"], {kind: self._rows("artifacts", kind) for kind in ("file", "unit", "roster")}
        found = [
            (texts["files"], self.words.number(len(by["file"]))),
            (texts["units"], self.words.number(sum(row["reported"] for row in by["unit"]))),
        ]
        found += [(texts["people"], self.words.number(row["people"])) for row in by["roster"]]
        return [*found, (texts["named"], self.words.number(sum(row["identifiers"] > 0 for row in by["file"])))]

    def _grid(self, name: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> dict[str, Any]:
        texts = self.texts[name]
        return {"title": texts["title"], "head": [texts[one] for one in columns], "rows": rows, "note": texts["note"]}


def _stopped(warning: Outcome, gate: Gate) -> bool:
    """Whether the same measure stopped the wave for all whom this warning is about: then it says nothing more."""
    stops = [set(one.subjects) for one in gate.outcomes if one.stops and one.column == warning.column]
    return bool(warning.subjects) and any(set(warning.subjects) <= one for one in stops)


@cache
def _texts(language: Language) -> Mapping[str, Any]:
    return tomllib.loads((files("pipeline") / "gates" / f"page.{language}.toml").read_text("utf-8"))


@cache
def _template() -> jinja2.Template:
    """Compiled once in a process; a name that is not given is an error, and every value is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("pipeline.reports"),  # whose look it has
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string((files("pipeline") / "gates" / "page.j2").read_text("utf-8"))
