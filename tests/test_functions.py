"""The handlers: events as AWS sends them in, answers out, and nothing of a person in what they write."""

from __future__ import annotations

import ast
import importlib
import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_survey import INSTRUMENT, KEY, SURVEY

from functions import runtime as runtimes
from functions.runtime import Runtime, from_environment, runtime, using
from functions.telemetry import Fault, Handler, Telemetry, hashed, wordless
from pipeline import ledger
from pipeline.errors import DisclosureLeak, RunRefused, StoreConflict
from pipeline.keyring import Keyring
from pipeline.local.lambdas import Context
from pipeline.pseudonyms import PseudonymKey
from pipeline.store import FolderStore
from pipeline.store.s3 import S3Store

if TYPE_CHECKING:
    from pipeline.local.cloud import Cloud

EVENTS = Path(__file__).parent / "events"
SOURCES = sorted((Path(__file__).parents[1] / "functions").glob("*.py"))
ANSWERS = b"person,Q1,Q2,Q3\nkari@fjord.no,1,2,3\nola@fjord.no,2,9,4\n"
UNITS = b"unit_id,parent_id,name\nU,,Fjord\n"
CONTEXT = Context("pulsverk-test")


def event(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_bytes())
    return read


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    made = FolderStore(tmp_path)
    made.create("config/tiny/survey.toml", SURVEY.encode())
    made.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    made.create("landing/tiny/w1/responses/Kari Nordmann + co.csv", ANSWERS)
    made.create("landing/tiny/w1/units/units.csv", UNITS)
    return made


@pytest.fixture
def held(store: FolderStore) -> Iterator[Runtime]:
    now = datetime(2026, 9, 1, 5, tzinfo=UTC)
    with using(Runtime(store, lambda: KEY, lambda: now, "test")) as made:
        yield made


def call(name: str, event: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = importlib.import_module(f"functions.{name}").handler(event, CONTEXT)
    return answer


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.usefixtures("held")
def test_ingest_receives_each_message_with_its_key_as_it_was_typed(store: FolderStore) -> None:
    assert call("ingest", event("sqs_two_objects")) == {"batchItemFailures": []}
    answers, units = ledger.files(store, "tiny", "w1")
    assert answers.key == "landing/tiny/w1/responses/Kari Nordmann + co.csv"
    assert (answers.state, answers.landed_at) == ("partly", "2026-08-20T10:00:00Z")
    assert answers.version == "3HL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"
    assert (units.state, units.version) == ("accepted", "")  # a bucket without versions names none
    assert answers.id == ledger.file_id("pulsverk-landing", answers.key, answers.version)


@pytest.mark.usefixtures("held")
def test_the_same_event_again_changes_nothing(tmp_path: Path) -> None:
    call("ingest", event("sqs_two_objects"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    call("ingest", event("sqs_two_objects"))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


class Torn(FolderStore):
    """A store in which one key cannot be read, for a reason that quotes an answer."""

    def open(self, key: str, version: str = "") -> AbstractContextManager[BinaryIO]:
        """See Store."""
        if key.startswith("landing/tiny/w1/responses/"):
            msg = "could not convert 'kari@fjord.no'"
            raise ConnectionError(msg)
        return super().open(key, version)


def test_a_message_that_fails_comes_back_alone(tmp_path: Path, store: FolderStore) -> None:
    torn = Torn(tmp_path)
    with using(Runtime(torn, lambda: KEY, lambda: datetime.now(UTC), "test")):
        answer = call("ingest", event("sqs_two_objects"))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "059f36b4-87a3-44ab-83d2-661975830a7d"}]}
    assert [one.kind for one in ledger.files(store, "tiny", "w1")] == ["units"]


def test_when_every_message_fails_every_message_comes_back_and_the_function_does_not_fail(tmp_path: Path) -> None:
    broken = event("sqs_two_objects")
    for record in broken["Records"]:
        record["body"] = "not an event"
    with using(Runtime(FolderStore(tmp_path), lambda: KEY, lambda: datetime.now(UTC), "test")):
        assert len(call("ingest", broken)["batchItemFailures"]) == 2


PERSONAL = re.compile(r"Kari|Nordmann|kari|ola@|fjord|units\.csv|0123456789abcdef0123456789abcdef")


@pytest.mark.parametrize("kind", [FolderStore, Torn])
@pytest.mark.usefixtures("store")
def test_nothing_of_a_person_is_written(
    kind: type[FolderStore], tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", "aws_lambda_powertools.utilities.batch.base")  # which tells the words of every failure
    used, torn = kind(tmp_path), kind is Torn
    with using(Runtime(used, lambda: KEY, lambda: datetime.now(UTC), "test")):
        call("ingest", event("sqs_two_objects"))
    written = capsys.readouterr()
    assert not PERSONAL.search(written.out + written.err + caplog.text)
    told = [json.loads(line) for line in written.out.splitlines()]
    keys = {line["key"] for line in told if line.get("message") == "received"}
    expected = {hashed("landing/tiny/w1/units/units.csv")}
    assert keys == expected | (set() if torn else {hashed("landing/tiny/w1/responses/Kari Nordmann + co.csv")})
    assert any(line.get("fault") == "ConnectionError" for line in told) is torn


@pytest.mark.usefixtures("held")
def test_ingest_counts_files_and_records(capsys: pytest.CaptureFixture[str]) -> None:
    call("ingest", event("sqs_two_objects"))
    metrics = next(line for line in lines(capsys) if "FilesPartly" in line)
    assert metrics["service"] == "ingest"
    assert metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Pulsverk"
    assert (metrics["FilesPartly"], metrics["FilesAccepted"]) == ([1.0], [1.0])
    assert sum(metrics["RecordsAccepted"]) == 2  # one answer and one unit
    assert sum(metrics["RecordsQuarantined"]) == 1


@pytest.mark.usefixtures("held")
def test_watch_says_what_is_due_in_the_form_that_the_state_machine_reads() -> None:
    call("ingest", event("sqs_two_objects"))
    seen = call("watch", event("scheduled"))
    assert list(seen) == ["due", "missing", "late", "overdue", "invalid"]
    assert seen["due"] == []
    assert {"survey": "tiny", "wave": "w1", "what": "people", "since": "2026-08-01"} in seen["missing"]


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("name", ["aggregate", "check", "publish"])
def test_a_payload_of_another_shape_is_a_fault_and_runs_nothing(name: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    for wrong in ({}, {"survey": "tiny"}, {"survey": "../x", "wave": "w1"}, {**event("run"), "more": 1}):
        with pytest.raises(Fault):
            call(name, wrong)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("name", ["check", "publish"])
def test_a_run_that_is_not_there_is_refused_in_words(name: str) -> None:
    with pytest.raises(RunRefused, match="w1"):
        call(name, event("run"))


def guarded(error: Exception) -> Handler:
    def handle(_: dict[str, Any], __: object) -> dict[str, Any]:
        raise error

    return Telemetry.of("test").handler(handle)


def test_a_refusal_keeps_its_words_and_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RunRefused, match="push the units"):
        guarded(RunRefused("push the units"))({}, CONTEXT)
    told = lines(capsys)
    assert [line["refusal"] for line in told if line.get("message") == "refused"] == ["RunRefused"]
    assert any(line.get("Refusals") == [1.0] for line in told)


def test_a_disclosure_leak_is_counted_apart(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DisclosureLeak):
        guarded(DisclosureLeak("two cells"))({}, CONTEXT)
    assert any(line.get("Leaks") == [1.0] for line in lines(capsys))


@given(words=st.text(alphabet="abcdefghij", min_size=12))
def test_a_fault_leaves_with_its_name_and_place_and_without_a_word_of_its_own(words: str) -> None:
    with pytest.raises(Fault) as caught:
        guarded(StoreConflict(words))({}, CONTEXT)
    assert type(caught.value).__name__ == "StoreConflict"  # the state machine retries by this name
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert words not in repr(caught.value)
    assert re.fullmatch(r"[a-z_]+\.py:[0-9]+", str(caught.value))


def test_a_fault_points_to_the_deepest_line_of_ours() -> None:
    with pytest.raises(AttributeError) as caught:
        ledger.survey(None, "tiny")  # type: ignore[arg-type]  # a fault is wanted
    assert str(wordless(caught.value)).startswith("surveys.py:")


def test_a_fault_without_a_traceback_is_told_all_the_same() -> None:
    assert str(wordless(ValueError("x"))) == "unknown"


def test_the_runtime_is_made_once_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(runtimes, "_held", [])
    monkeypatch.setenv("PULSVERK_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("PULSVERK_CODE_VERSION", "abc")
    assert runtime() is runtime()
    assert runtime().code_version == "abc"
    assert runtime().now().tzinfo is UTC


def test_without_a_workspace_nothing_is_guessed() -> None:
    with pytest.raises(KeyError, match="PULSVERK_WORKSPACE"):
        from_environment({"PULSVERK_CODE_VERSION": "1"})


def test_the_key_comes_from_secrets_manager_and_only_when_it_is_asked_for(pulsverk_cloud: Cloud) -> None:
    found = from_environment(
        {
            "PULSVERK_WORKSPACE": "s3://pulsverk-{zone}",
            "PULSVERK_SECRET": pulsverk_cloud.account.secret,
            "PULSVERK_CODE_VERSION": "1",
        }
    )
    assert isinstance(found.store, S3Store)
    key = PseudonymKey("demo", b"the demo's people do not exist, so this key is no secret")
    assert found.keys() == Keyring((key,)) == found.keys()
    without = from_environment({"PULSVERK_WORKSPACE": "s3://pulsverk-{zone}", "PULSVERK_CODE_VERSION": "1"})
    with pytest.raises(KeyError, match="PULSVERK_SECRET"):
        without.keys()


def test_the_day_is_that_of_utc() -> None:
    oslo = datetime.fromisoformat("2026-09-01T00:30:00+02:00")
    assert Runtime(None, lambda: KEY, lambda: oslo, "1").today.isoformat() == "2026-08-31"  # type: ignore[arg-type]  # unused


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_handler_only_translates(source: Path) -> None:
    tree = ast.parse(source.read_text("utf-8"))
    for handler in [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name == "handler"]:
        assert (handler.end_lineno or 0) - handler.lineno < 40
    if any(isinstance(one, ast.FunctionDef) and one.name == "handler" for one in tree.body):
        assert len(source.read_text("utf-8").splitlines()) <= 50


def test_one_file_reads_the_environment() -> None:
    readers = [one.stem for one in SOURCES if re.search(r"\bos\.(environ|getenv)", one.read_text("utf-8"))]
    assert readers == ["runtime"]
