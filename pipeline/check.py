"""The gate between a candidate and its publication: what was answered, and what would be published, are judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import ledger, parquet, quality
from pipeline.content import sha256
from pipeline.errors import NotStored, RunRefused

if TYPE_CHECKING:
    from pipeline.quality import Outcome, Stage
    from pipeline.store import Store
    from pipeline.survey import Survey, Wave

_MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class Gate:
    """One suite held against one table. `problem` says why it could not be judged at all, and is "" otherwise."""

    stage: Stage
    passed: bool
    outcomes: tuple[Outcome, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Gates:
    """What was judged and how it went. `tables` names each judged object by key with the sha256 of its bytes."""

    run: str
    tables: Mapping[str, str] = field(default_factory=dict)
    suites: Mapping[str, str] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()

    @property
    def passed(self) -> bool:
        """True when every stage has a gate and each of them passed."""
        return tuple(gate.stage for gate in self.gates) == quality.STAGES and all(gate.passed for gate in self.gates)

    def to_json(self) -> bytes:
        """The content of gates.json: the same judgement gives the same bytes."""
        document = {
            "run": self.run,
            "passed": self.passed,
            "tables": dict(self.tables),
            "suites": dict(self.suites),
            "gates": [asdict(gate) for gate in self.gates],
        }
        return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def check(store: Store, survey_id: str, wave: str, run: str) -> Gates:
    """Judges a candidate and the responses it was counted from, and writes its gates.json.

    Raises RunRefused, after writing it, when a gate fails, is missing or breaks down: the message says what, where
    and in how many rows, never a value.
    """
    survey = ledger.survey(store, survey_id)
    desk = _Desk(store, survey, survey.wave(wave), run)
    gates = desk.gates()
    _write(store, f"{desk.candidate}/gates.json", gates.to_json())
    if not gates.passed:
        raise RunRefused(_words(survey_id, wave, gates))
    return gates


class _Desk:
    """One candidate on the desk: remembers the hash of everything that was read for judging."""

    def __init__(self, store: Store, survey: Survey, wave: Wave, run: str) -> None:
        self.store = store
        self.survey = survey
        self.wave = wave
        self.run = run
        self.candidate = f"candidate/{survey.id}/{wave.id}/{run}"
        self.tables: dict[str, str] = {}
        self.suites: dict[str, str] = {}

    def gates(self) -> Gates:
        """Every stage is judged, so that one refusal tells all that is wrong."""
        loaders: Mapping[Stage, Callable[[], pa.Table]] = {
            "responses": self._responses,
            "aggregates": self._aggregates,
        }
        judged = tuple(self._gate(stage, loaders[stage]) for stage in quality.STAGES)
        return Gates(self.run, dict(sorted(self.tables.items())), dict(sorted(self.suites.items())), judged)

    def _gate(self, stage: Stage, load: Callable[[], pa.Table]) -> Gate:
        minimum = self.survey.file.minimum_group_size
        parameters = {"minimum_group_size": minimum.mean, "minimum_group_size_distribution": minimum.distribution}
        try:
            judgement = quality.judge(self._suite(stage), load(), parameters)
        except RunRefused as refusal:
            return Gate(stage, passed=False, problem=str(refusal))
        except NotStored as missing:
            return Gate(stage, passed=False, problem=f"{missing} is missing")
        except (pa.ArrowException, ValueError, KeyError) as error:
            # The words of the error may hold a person's answer; its type may not.
            return Gate(stage, passed=False, problem=f"the table cannot be read: {type(error).__name__}")
        return Gate(stage, judgement.passed, judgement.results)

    def _suite(self, stage: Stage) -> dict[str, Any]:
        """The owner's suite where there is one beside the survey file, else the one shipped."""
        key = f"config/{self.survey.id}/expectations/{stage}.json"
        try:
            suite = quality.parse(self.store.read(key).data, key)
        except NotStored:
            suite = quality.suite(self.survey.id, stage)
        self.suites[stage] = sha256(json.dumps(suite, sort_keys=True).encode())
        return suite

    def _read(self, key: str) -> pa.Table:
        data = self.store.read(key).data
        self.tables[key] = sha256(data)
        return parquet.from_bytes(data)

    def _responses(self) -> pa.Table:
        """Every response that the candidate was counted from, with the days by which it missed the wave."""
        inputs = json.loads(self.store.read(f"{self.candidate}/inputs.json").data)
        own = f"responses/survey={self.survey.id}/wave={self.wave.id}/"
        keys = inputs["responses"]
        if not keys or not all(str(key).startswith(own) for key in keys):
            msg = f"inputs.json names no responses, or some of another wave; aggregate wave {self.wave.id} again"
            raise RunRefused(msg)
        table = pa.concat_tables([self._read(key) for key in keys], promote_options="default")
        return with_days(table, self.wave)

    def _aggregates(self) -> pa.Table:
        return with_sums(self._read(f"{self.candidate}/protected.parquet"))


def with_days(table: pa.Table, wave: Wave) -> pa.Table:
    """Adds `days_early` and `days_late`: whole and part days before the wave's first, and after its last, day."""
    submitted = table["submitted"].cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    day = pc.divide(submitted.cast(pa.float64()), float(_MICROSECONDS_A_DAY))
    first, last = (float((one - type(one)(1970, 1, 1)).days) for one in (wave.opens, wave.closes))
    early = pc.max_element_wise(pc.subtract(first, day), 0.0, skip_nulls=False)
    late = pc.max_element_wise(pc.subtract(day, last + 1), 0.0, skip_nulls=False)
    return table.append_column("days_early", early).append_column("days_late", late)


def with_sums(table: pa.Table) -> pa.Table:
    """Adds what must agree between columns, so that a suite can say it.

    `bands` = favourable + neutral + unfavourable, which make up `answered`. `variance` = squares / answered -
    (total / answered)^2 in steps squared, never negative but for rounding in the last digits.
    """
    bands = pc.add(pc.add(table["favourable"], table["neutral"]), table["unfavourable"])
    answered, total, squares = (table[name].cast(pa.float64()) for name in ("answered", "total", "squares"))
    mean = pc.divide(total, answered)
    variance = pc.subtract(pc.divide(squares, answered), pc.multiply(mean, mean))
    return table.append_column("bands", bands).append_column("variance", variance)


def _write(store: Store, key: str, data: bytes) -> None:
    try:
        there = store.read(key)
    except NotStored:
        store.create(key, data)
        return
    if there.data != data:
        store.replace(key, data, there.etag)


def _words(survey_id: str, wave: str, gates: Gates) -> str:
    """What stopped the run, a line a finding."""
    lines = [f"wave {wave} of survey {survey_id} is not published, because its data is not as expected:"]
    for gate in gates.gates:
        if gate.problem:
            lines.append(f"{gate.stage}: {gate.problem}")
        lines += [f"{gate.stage}: {outcome}" for outcome in gate.outcomes if not outcome.passed]
    lines.append("Whoever sends the exports mends and pushes them again, or the survey's owner changes the suite.")
    return "\n".join(lines)
