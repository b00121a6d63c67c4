"""The gates between a candidate and its publication: what was answered, what was counted, what would be published.

Publication takes nothing that is not judged here: the candidate by the hash of its bytes, the release by its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import gates, ledger, organisation, parquet, published, quality, suites
from pipeline.build import draft
from pipeline.content import sha256
from pipeline.errors import NotStored, RunRefused
from pipeline.gates import Gate, Gates
from pipeline.judged import candidate_folder, judged
from pipeline.register import put

if TYPE_CHECKING:
    from pipeline.store import Store
    from pipeline.suites import Of, Stage
    from pipeline.survey import Survey, Wave

COUNTED: tuple[Stage, ...] = ("responses", "aggregates")  # judged before a release can be made
MADE: tuple[Stage, ...] = ("artifacts",)  # judged of the release itself
Tables = Mapping["Of", Callable[[], pa.Table]]


def check(store: Store, survey_id: str, wave: str, run: str, *, code_version: str) -> Gates:
    """Judges a candidate, the responses it was counted from, and the release that it would become.

    Writes gates.json and, when that is passed, artifacts.json beside the candidate, and a page for people under
    ledger/quality/. Raises RunRefused, after writing them and a record of the run, when a gate fails, is missing or
    breaks down: the message says what, where and how many, never a value. What only warns is in what is returned.
    """
    survey = ledger.survey(store, survey_id)
    desk = _Desk(store, survey, survey.wave(wave), run)
    found = _counted(desk)
    if found.passed(COUNTED):
        made = desk.made(code_version)
        put(store, f"{desk.candidate}artifacts.json", made.to_json(MADE))
        found = Gates(run, found.tables, {**found.suites, **made.suites}, (*found.gates, *made.gates), made.release)
    _tell(desk, found)
    if not found.passed():
        words = _words(survey_id, wave, found)
        _record(desk, words, code_version)
        raise RunRefused(words)
    return found


def counted(store: Store, survey_id: str, wave: str, run: str) -> Gates:
    """Judges a candidate and the responses behind it, and writes gates.json; whether they passed is in the answer."""
    survey = ledger.survey(store, survey_id)
    return _counted(_Desk(store, survey, survey.wave(wave), run))


def _counted(desk: _Desk) -> Gates:
    found = desk.counted()
    put(desk.store, f"{desk.candidate}gates.json", found.to_json(COUNTED))
    return found


def page_of(survey_id: str, wave: str, run: str, name: str = "quality.html") -> str:
    """The key of the page about a run's data quality."""
    return f"ledger/quality/{survey_id}/{wave}/{run}/{name}"


class _Desk:
    """One candidate on the desk: remembers the hash of everything that was read for judging."""

    def __init__(self, store: Store, survey: Survey, wave: Wave, run: str) -> None:
        self.store = store
        self.survey = survey
        self.wave = wave
        self.run = run
        self.candidate = candidate_folder(survey.id, wave.id, run)
        self.tables: dict[str, str] = {}
        self.suites: dict[str, str] = {}
        self.asked: dict[Stage, Mapping[str, Any]] = {}
        self.measures: dict[Stage, pa.Table] = {}
        self.respondents: list[str] = []

    @cached_property
    def inputs(self) -> Mapping[str, Any]:
        """What the candidate was counted from. Raises NotStored, and ValueError for what is no JSON."""
        return dict(json.loads(self.store.read(f"{self.candidate}inputs.json").data))

    def counted(self) -> Gates:
        """Both are judged, so that one refusal tells all that is wrong."""
        found = (self._gate("responses", self._responses), self._gate("aggregates", self._aggregates))
        return Gates(self.run, dict(sorted(self.tables.items())), dict(sorted(self.suites.items())), found)

    def made(self, code_version: str) -> Gates:
        """The release that publication will make of this candidate, judged before anybody can read it."""
        made: list[str] = []

        def artifacts(_: frozenset[Of]) -> Tables:
            candidate = judged(self.store, self.survey.id, self.wave.id, self.run)
            if candidate is None:
                msg = f"the candidate of run {self.run} was taken away; aggregate wave {self.wave.id} again"
                raise RunRefused(msg)
            release = draft(self.store, self.survey, candidate, code_version)
            made.append(release.id)
            names, respondents = self._names(), self.respondents
            return {
                "measures": lambda: gates.artifacts(release.files, self.survey, self.wave.id, names, respondents),
            }

        found = self._gate("artifacts", artifacts)
        return Gates(self.run, {}, {"artifacts": self.suites["artifacts"]}, (found,), "".join(made))

    def _gate(self, stage: Stage, read: Callable[[frozenset[Of]], Tables]) -> Gate:
        """A store that does not answer is nobody's verdict: what it raises is passed on, and the step made again."""
        minimum = self.survey.file.minimum_group_size
        parameters = {"minimum_group_size": minimum.mean, "minimum_group_size_distribution": minimum.distribution}
        try:
            suite = self._suite(stage)
            tables = read(suites.judged_of(suite))
        except RunRefused as refusal:
            return Gate(stage, passed=False, problem=str(refusal))
        except NotStored as missing:
            return Gate(stage, passed=False, problem=f"{missing} is missing")
        except (pa.ArrowException, ValueError, KeyError) as error:
            # The words of the error may hold a person's answer; its type may not.
            return Gate(stage, passed=False, problem=f"the table cannot be read: {type(error).__name__}")
        try:
            judgement = quality.judge_all(suite, self._noted(stage, tables), parameters)
        except RunRefused as refusal:
            return Gate(stage, passed=False, problem=str(refusal))
        except Exception as error:  # noqa: BLE001 - nothing but memory is touched here: whatever breaks, the gate is shut
            return Gate(stage, passed=False, problem=f"it could not be measured: {type(error).__name__}")
        return Gate(stage, judgement.passed, judgement.results)

    def _noted(self, stage: Stage, tables: Tables) -> Tables:
        """The same tables; the measures are kept for the page about the run."""

        def measure() -> pa.Table:
            self.measures[stage] = tables["measures"]()
            return self.measures[stage]

        return {**tables, "measures": measure} if "measures" in tables else tables

    def _suite(self, stage: Stage) -> dict[str, Any]:
        """The owner's suite where there is one beside the survey file, else the one shipped."""
        self.suites[stage] = ""
        key = f"config/{self.survey.id}/expectations/{stage}.json"
        try:
            suite = suites.parse(self.store.read(key).data, key)
        except NotStored:
            suite = suites.shipped(self.survey.id, stage)
        self.asked[stage] = suite
        self.suites[stage] = sha256(json.dumps(suite, sort_keys=True).encode())
        return suite

    def _bytes(self, key: str) -> bytes:
        data = self.store.read(key).data
        self.tables[key] = sha256(data)
        return data

    def _read(self, key: str) -> pa.Table:
        return parquet.from_bytes(self._bytes(key))

    def _responses(self, of: frozenset[Of]) -> Tables:
        """Every response that the candidate was counted from, with the days by which it missed the wave."""
        own = f"responses/survey={self.survey.id}/wave={self.wave.id}/"
        keys = self.inputs["responses"]
        if not keys or not all(str(key).startswith(own) for key in keys):
            msg = f"inputs.json names no responses, or some of another wave; aggregate wave {self.wave.id} again"
            raise RunRefused(msg)
        table = pa.concat_tables([self._read(key) for key in keys], promote_options="default")
        if "respondent" in table.schema.names:
            self.respondents = pc.unique(table["respondent"]).drop_null().to_pylist()
        records = gates.with_days(table, self.wave)
        if "measures" not in of:
            return {"rows": lambda: records}
        people, before = self._people(), gates.before(self._base(), self.wave)
        return {
            "rows": lambda: records,
            "measures": lambda: gates.responses(self.survey, self.wave, records, people, before),
        }

    def _aggregates(self, of: frozenset[Of]) -> Tables:
        """The protected table, and, where the suite is about measures, the people and cells behind it."""
        names = ("protected", "cells", "members", "kept") if "measures" in of else ("protected",)
        stored = {name: self._bytes(f"{self.candidate}{name}.parquet") for name in names}
        found = {name: parquet.Columns([data]) for name, data in stored.items()}
        rows: Tables = {"rows": lambda: gates.with_sums(parquet.from_bytes(stored["protected"]))}
        if "measures" not in of:
            return rows
        tree = organisation.from_table(self._read(f"{self.candidate}units.parquet"))
        return {**rows, "measures": lambda: gates.aggregates(self.survey, tree, found)}

    def _people(self) -> pa.Table | None:
        """The roster that the candidate was counted with; None where the exports carry the units."""
        found = [self._read(key) for key in self.inputs["people"]]
        return found[0] if found else None

    def _base(self) -> Mapping[str, pa.Table] | None:
        base = self.inputs["base"]
        return None if base is None else published.tables_of(self.store, self.survey.id, base)

    def _names(self) -> pa.Table | None:
        """Fingerprints of the ids in the people file; None where none were kept."""
        files = {ledger.file_of(key) for key in self.inputs["people"]}
        bases = [ledger.table_base(self.survey.id, self.wave.id, "names", one) for one in sorted(files)]
        keys = [one.key for base in bases for one in self.store.keys(f"{base}.")]
        return parquet.from_bytes(self.store.read(keys[-1]).data) if keys else None


def _tell(desk: _Desk, found: Gates) -> None:
    """Writes the page about the run; nobody who reads releases can open it."""
    seen = gates.Checked(desk.survey, desk.wave.id, desk.run, found.gates, desk.asked, desk.measures)
    for name, page in gates.pages(seen).items():
        put(desk.store, page_of(desk.survey.id, desk.wave.id, desk.run, name), page)


def _record(desk: _Desk, words: str, code_version: str) -> None:
    """Writes down how the run ended; not of one that was published meanwhile, whose candidate is cleared away."""
    where = desk.survey.id, desk.wave.id
    ended = {one.run: one.state for one in ledger.runs(desk.store, *where)}
    if ended.get(desk.run) != "published":
        state = ledger.RunRecord(*where, desk.run, "refused", words, code_version, desk.survey.sha256)
        ledger.record_run(desk.store, state)


def _words(survey_id: str, wave: str, gates: Gates) -> str:
    """What stopped the run, a line a finding."""
    lines = [f"wave {wave} of survey {survey_id} is not published, because its data is not as expected:"]
    for gate in gates.gates:
        if gate.problem:
            lines.append(f"{gate.stage}: {gate.problem}")
        lines += [f"{gate.stage}: {outcome}" for outcome in gate.outcomes if outcome.stops]
    lines.append("Whoever sends the exports mends and pushes them again, or the survey's owner changes the suite.")
    lines.append(f"The owner reads more in {page_of(survey_id, wave, gates.run)}")
    return "\n".join(lines)
