"""The gate as a stage: what it reads, what it writes, and that nothing gets past it unjudged."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import tiny_survey

from pipeline import parquet, quality, suites
from pipeline.check import COUNTED, check, counted
from pipeline.errors import NotStored, RunRefused, SurveyInvalid
from pipeline.gates import Gate, Gates
from pipeline.store import FolderStore

RUN = "0123456789abcdef"
CANDIDATE = f"candidate/tiny/w1/{RUN}"
RESPONSES = "responses/survey=tiny/wave=w1"
BETWEEN = "expect_column_values_to_be_between"

SUITES = {
    "responses": [
        {"type": BETWEEN, "kwargs": {"column": "safe_1", "min_value": 1, "max_value": 5}},
        {"type": BETWEEN, "kwargs": {"column": "days_early", "max_value": 1}},
        {"type": BETWEEN, "kwargs": {"column": "days_late", "max_value": 2}},
    ],
    "aggregates": [
        {"type": BETWEEN, "kwargs": {"column": "answered", "min_value": {"$PARAMETER": "minimum_group_size"}}},
        {"type": BETWEEN, "kwargs": {"column": "variance", "min_value": -0.001}},
        {
            "type": "expect_column_pair_values_to_be_equal",
            "kwargs": {"column_A": "bands", "column_B": "answered", "ignore_row_if": "either_value_is_missing"},
        },
    ],
}


def responses(*safe: int | None, submitted: str | None = "2026-08-20T12:00:00+00:00") -> pa.Table:
    at = None if submitted is None else datetime.fromisoformat(submitted).astimezone(UTC)
    return pa.table(
        {
            "submitted": pa.array([at] * len(safe), pa.timestamp("us", "UTC")),
            "safe_1": pa.array(safe, pa.int16()),
        },
    )


def protected(**columns: int | None) -> pa.Table:
    """One cell: seven people who answered 1, 2, 3, 4, 5, 5 and 5, unless told otherwise."""
    cell = {
        "answered": 7,
        "total": 25,  # 1 + 2 + 3 + 4 + 5 + 5 + 5
        "squares": 105,  # 1 + 4 + 9 + 16 + 25 + 25 + 25
        "favourable": 4,
        "neutral": 1,
        "unfavourable": 2,
    }
    return pa.table({name: pa.array([value], pa.int64()) for name, value in (cell | columns).items()})


class Workspace:
    """A store with a survey, its suites, two files of responses and a candidate counted from them."""

    def __init__(self, root: Path) -> None:
        self.store = FolderStore(root)
        self.put("config/tiny/survey.toml", tiny_survey.SURVEY.encode())
        self.put("config/tiny/tiny.toml", tiny_survey.INSTRUMENT.encode())
        for stage, expectations in SUITES.items():
            self.suite(stage, expectations)
        self.responses(responses(1, 2), responses(5, None))
        self.put(f"{CANDIDATE}/protected.parquet", parquet.to_bytes(protected()))

    def put(self, key: str, data: bytes) -> None:
        """Makes this the content under a key."""
        self.store.delete(key)
        self.store.create(key, data)

    def suite(self, stage: str, expectations: list[dict[str, Any]]) -> None:
        """Writes the owner's suite."""
        document = {
            "name": f"tiny.{stage}",
            "expectations": [{"meta": {"why": "because"}} | one for one in expectations],
        }
        self.put(f"config/tiny/expectations/{stage}.json", json.dumps(document).encode())

    def responses(self, *tables: pa.Table) -> None:
        """Writes response objects, and the inputs that name them."""
        keys = [f"{RESPONSES}/{number}.parquet" for number, _ in enumerate(tables)]
        for key, table in zip(keys, tables, strict=True):
            self.put(key, parquet.to_bytes(table))
        self.put(f"{CANDIDATE}/inputs.json", json.dumps({"responses": keys}).encode())

    def gates(self) -> dict[str, Any]:
        """What was written."""
        return dict(json.loads(self.store.read(f"{CANDIDATE}/gates.json").data))

    def refused(self) -> str:
        """The words of the refusal, which must have been written down as well."""
        with pytest.raises(RunRefused) as refusal:
            check(self.store, "tiny", "w1", RUN, code_version="1")
        assert self.gates()["passed"] is False
        return str(refusal.value)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def sha256(workspace: Workspace, key: str) -> str:
    return hashlib.sha256(workspace.store.read(key).data).hexdigest()


def test_what_was_judged_is_written_down_by_the_hash_of_its_bytes(workspace: Workspace) -> None:
    gates = counted(workspace.store, "tiny", "w1", RUN)
    judged = [f"{CANDIDATE}/protected.parquet", f"{RESPONSES}/0.parquet", f"{RESPONSES}/1.parquet"]
    written = workspace.gates()
    assert gates.passed(COUNTED)
    assert written["passed"] is True
    assert written["run"] == RUN
    assert written["tables"] == {key: sha256(workspace, key) for key in judged}
    assert [(gate["stage"], gate["passed"]) for gate in written["gates"]] == [("responses", True), ("aggregates", True)]
    assert [len(gate["outcomes"]) for gate in written["gates"]] == [3, 3]
    assert set(written["suites"]) == {"responses", "aggregates"}


def test_gates_that_are_not_all_there_have_not_passed() -> None:
    passed = {stage: Gate(stage, passed=True) for stage in suites.STAGES}
    assert Gates(RUN, gates=tuple(passed.values())).passed()
    assert not Gates(RUN).passed()
    assert not Gates(RUN, gates=(passed["responses"],)).passed()
    assert Gates(RUN, gates=(passed["responses"], passed["aggregates"])).passed(COUNTED)
    assert not Gates(RUN, gates=(passed["responses"], Gate("aggregates", passed=False))).passed(COUNTED)


def test_judging_again_gives_the_same_bytes(workspace: Workspace) -> None:
    counted(workspace.store, "tiny", "w1", RUN)
    first = workspace.store.read(f"{CANDIDATE}/gates.json").data
    counted(workspace.store, "tiny", "w1", RUN)
    assert workspace.store.read(f"{CANDIDATE}/gates.json").data == first


def test_the_refusal_says_what_and_where_and_how_many_at_both_gates_and_no_value(workspace: Workspace) -> None:
    workspace.responses(responses(1, 98), responses(97, None))
    workspace.put(f"{CANDIDATE}/protected.parquet", parquet.to_bytes(protected(favourable=96)))
    words = workspace.refused()
    assert f"responses: safe_1: {BETWEEN} does not hold in 2 of 4 rows (because)" in words
    assert "aggregates: bands + answered: expect_column_pair_values_to_be_equal does not hold in 1 of 1 rows" in words
    written = workspace.store.read(f"{CANDIDATE}/gates.json").data.decode()
    for value in ("98", "97", "96"):
        assert value not in words
        assert f": {value}" not in written


def test_a_mended_table_passes_after_it_was_refused(workspace: Workspace) -> None:
    workspace.responses(responses(9))
    workspace.refused()
    workspace.responses(responses(5))
    assert counted(workspace.store, "tiny", "w1", RUN).passed(COUNTED)
    assert workspace.gates()["passed"] is True


@pytest.mark.parametrize(
    ("submitted", "passes"),
    [
        ("2026-07-30T23:00:00+00:00", False),  # 25 hours before the first of August
        ("2026-07-31T01:00:00+00:00", True),  # 23 hours before
        ("2026-08-31T23:59:00+00:00", True),  # the last day is included
        ("2026-09-02T23:00:00+00:00", True),  # 47 hours after it
        ("2026-09-03T01:00:00+00:00", False),  # 49 hours after it
        (None, True),  # the export does not say when
    ],
)
def test_when_an_answer_was_sent_is_held_against_the_days_of_the_wave(
    workspace: Workspace,
    submitted: str | None,
    passes: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    workspace.responses(responses(1, submitted=submitted))
    if passes:
        assert counted(workspace.store, "tiny", "w1", RUN).passed(COUNTED)
    else:
        assert "days_" in workspace.refused()


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        ({"answered": 4, "total": 14, "squares": 54, "favourable": 2, "neutral": 0}, "answered"),
        ({"squares": 89}, "variance"),  # 25 * 25 / 7 = 89.3: no seven answers have these
        ({"neutral": 2}, "bands + answered"),
    ],
)
def test_figures_that_cannot_be_or_may_not_be_are_refused(
    workspace: Workspace, columns: dict[str, int], column: str
) -> None:
    workspace.put(f"{CANDIDATE}/protected.parquet", parquet.to_bytes(protected(**columns)))
    assert f"aggregates: {column}: " in workspace.refused()


def test_withheld_figures_are_no_contradiction(workspace: Workspace) -> None:
    nothing = dict.fromkeys(protected().column_names)
    both = pa.concat_tables([protected(), protected(**nothing)])
    workspace.put(f"{CANDIDATE}/protected.parquet", parquet.to_bytes(both))
    assert counted(workspace.store, "tiny", "w1", RUN).passed(COUNTED)


@pytest.mark.parametrize(
    "missing", [f"{CANDIDATE}/protected.parquet", f"{CANDIDATE}/inputs.json", f"{RESPONSES}/1.parquet"]
)
def test_what_is_missing_is_a_gate_that_failed(workspace: Workspace, missing: str) -> None:
    workspace.store.delete(missing)
    assert f"{missing} is missing" in workspace.refused()


@pytest.mark.parametrize(
    "keys", [[], ["responses/survey=tiny/wave=w2/0.parquet"], ["organisation/survey=tiny/wave=w1/x"]]
)
def test_inputs_that_are_not_this_waves_responses_are_refused(workspace: Workspace, keys: list[str]) -> None:
    workspace.put(f"{CANDIDATE}/inputs.json", json.dumps({"responses": keys}).encode())
    assert "responses: inputs.json names no responses, or some of another wave" in workspace.refused()


@pytest.mark.parametrize(
    ("key", "data", "error"),
    [
        (f"{CANDIDATE}/protected.parquet", b"PAR1 and then nothing", "aggregates: the table cannot be read: Arrow"),
        (f"{CANDIDATE}/inputs.json", b"{}", "responses: the table cannot be read: KeyError"),
        (f"{CANDIDATE}/inputs.json", b"{", "responses: the table cannot be read: JSONDecodeError"),
        (
            f"{CANDIDATE}/protected.parquet",
            parquet.to_bytes(pa.table({"x": [1]})),
            "aggregates: it could not be measured: KeyError",
        ),
        ("config/tiny/expectations/aggregates.json", b"{", "aggregates: config/tiny/expectations/aggregates.json is"),
        ("config/tiny/expectations/aggregates.json", b'{"name": "x", "expectations": []}', "at least 1 item"),
    ],
)
def test_what_cannot_be_read_is_a_gate_that_failed(workspace: Workspace, key: str, data: bytes, error: str) -> None:
    workspace.put(key, data)
    assert error in workspace.refused()


def test_responses_of_two_kinds_are_a_gate_that_failed(workspace: Workspace) -> None:
    other = responses(1).set_column(1, "safe_1", pa.array(["often"]))
    workspace.responses(responses(1), other)
    assert "responses: the table cannot be read: Arrow" in workspace.refused()


@pytest.mark.parametrize("stage", ["responses", "aggregates"])
def test_without_a_suite_nothing_passes(workspace: Workspace, stage: str) -> None:
    workspace.store.delete(f"config/tiny/expectations/{stage}.json")
    assert f"{stage}: there are no expectations for the {stage} of survey 'tiny'" in workspace.refused()


def test_a_gate_that_breaks_down_does_not_pass(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: pa.Table) -> object:
        msg = "an answer"
        raise RuntimeError(msg)

    monkeypatch.setattr(quality, "_batch", broken)
    words = workspace.refused()
    assert "could not be judged: RuntimeError" in words
    assert "an answer" not in words


@pytest.mark.parametrize(("survey", "wave"), [("nobody", "w1"), ("tiny", "w9")])
def test_an_unknown_survey_or_wave_is_refused_before_anything_is_read(
    workspace: Workspace, survey: str, wave: str
) -> None:
    with pytest.raises(SurveyInvalid):
        check(workspace.store, survey, wave, RUN, code_version="1")
    with pytest.raises(NotStored):
        workspace.gates()
