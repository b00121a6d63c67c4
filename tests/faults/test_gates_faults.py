"""What goes wrong at the gates: nothing is published, the old release stays, and the run's record says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from judged_waves import CODE, Watched, content, copied, judged, overwrite, received
from tiny_survey import KEY, SURVEY
from tiny_wave import suite

from pipeline import build, gates, ingest, ledger, parquet, quality, release, suites
from pipeline.aggregate import aggregate
from pipeline.check import check, page_of
from pipeline.errors import DisclosureLeak, RunRefused
from pipeline.judged import judged as judgement
from pipeline.publish import publish

if TYPE_CHECKING:
    from pipeline.store import FolderStore, Store


MINIMUM = 5


class Lost(Exception):  # noqa: N818 - a connection is lost
    """The store did not answer."""


class Failing(Watched):
    """A store whose n-th call fails before it took effect, or (`late`) after."""

    def __init__(self, inner: Store, at: int, *, late: bool) -> None:
        super().__init__(inner)
        self.at, self.late = at, late

    def before(self, verb: str, key: str) -> None:
        """Fails early."""
        super().before(verb, key)
        if len(self.calls) == self.at and not self.late:
            raise Lost

    def after(self, verb: str, key: str) -> None:
        """Fails late."""
        super().after(verb, key)
        if len(self.calls) == self.at and self.late:
            raise Lost


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> tuple[FolderStore, str]:
    """w1 is published; w2 is aggregated and waits to be checked."""
    store = received(tmp_path_factory.mktemp("waiting"), SURVEY.replace('["nb", "en"]', '["nb"]'))
    publish(store, "tiny", "w1", judged(store, "w1"), code_version=CODE)
    return store, aggregate(store, "tiny", "w2", code_version=CODE).run


class Case:
    """A copy of it, in which something goes wrong."""

    def __init__(self, waiting: tuple[FolderStore, str], root: Path) -> None:
        before, self.run = waiting
        self.store = copied(before, root / "copy")
        self.old = content(self.store)

    def judge(self) -> gates.Gates:
        """The step."""
        return check(self.store, "tiny", "w2", self.run, code_version=CODE)

    def stopped(self, why: str) -> None:
        """The run was refused for this, its record and its page say so, and nothing published has changed."""
        with pytest.raises(RunRefused, match=why):
            self.judge()
        (ended,) = ledger.runs(self.store, "tiny", "w2")
        assert (ended.run, ended.state, ended.release) == (self.run, "refused", "")
        assert why in ended.message
        assert "Runden ble ikke publisert" in self.page()
        self.unpublishable()

    def unpublishable(self) -> None:
        """Publication refuses it, and readers see what they saw."""
        with pytest.raises(RunRefused):
            publish(self.store, "tiny", "w2", self.run, code_version=CODE)
        assert content(self.store) == self.old

    def page(self) -> str:
        """What the owner reads."""
        return self.store.read(page_of("tiny", "w2", self.run)).data.decode()

    def ask(self, stage: str, kind: str, kwargs: dict[str, Any], **meta: str) -> None:
        """One expectation more in the owner's suite."""
        document = json.loads(suite(stage))
        document["expectations"].append({"type": kind, "kwargs": kwargs, "meta": {"why": "because"} | meta})
        overwrite(self.store, f"config/tiny/expectations/{stage}.json", json.dumps(document).encode())


@pytest.fixture
def case(waiting: tuple[FolderStore, str], tmp_path: Path) -> Case:
    return Case(waiting, tmp_path)


def test_a_wave_that_is_in_order_passes_all_three_and_is_published(case: Case) -> None:
    found = case.judge()
    assert found.passed()
    assert [gate.stage for gate in found.gates] == list(suites.STAGES)
    assert "Runden kan publiseres" in case.page()
    made = publish(case.store, "tiny", "w2", case.run, code_version=CODE)
    assert made.release == found.release
    assert "Runden kan publiseres" in case.page(), "the page stays when the candidate is cleared away"


@pytest.mark.parametrize("stage", suites.STAGES)
def test_without_a_suite_nothing_passes(case: Case, stage: str) -> None:
    case.store.delete(f"config/tiny/expectations/{stage}.json")
    case.stopped(f"there are no expectations for the {stage}")


@pytest.mark.parametrize("stage", suites.STAGES)
def test_nor_with_an_expectation_that_there_is_not(case: Case, stage: str) -> None:
    case.ask(stage, "expect_nonsense", {}, of="measures" if stage == "artifacts" else "rows")
    case.stopped("Great Expectations does not know expect_nonsense")


@pytest.mark.parametrize("stage", suites.STAGES)
def test_nor_when_a_gate_breaks_down(case: Case, stage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> pa.Table:
        msg = "an answer"
        raise MemoryError(msg)

    case.ask(stage, "expect_table_row_count_to_be_between", {"min_value": 1}, of="measures")
    monkeypatch.setattr(gates, stage, broken)
    case.stopped(f"{stage}: it could not be measured: MemoryError")
    assert "an answer" not in case.page()


def test_nor_when_the_judge_does(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: pa.Table) -> object:
        raise RuntimeError

    monkeypatch.setattr(quality, "_batch", broken)
    case.stopped("could not be judged: RuntimeError in Great Expectations")


def test_a_table_that_a_stage_does_not_have_is_not_left_unjudged(case: Case) -> None:
    case.ask("artifacts", "expect_table_row_count_to_be_between", {"min_value": 1})
    case.stopped("there are no rows to judge here")


def test_nor_is_a_subject_that_there_is_not(case: Case) -> None:
    misspelt = {"type": "comparison", "column": {"name": "subject"}, "operator": "==", "parameter": "sfe_1"}
    kwargs = {"column": "missing", "max_value": 1, "row_condition": misspelt}
    case.ask("responses", "expect_column_values_to_be_between", kwargs, of="measures")
    case.stopped("missing: expect_column_values_to_be_between could not be judged")


def test_what_only_warns_is_published_and_shown(case: Case) -> None:
    kwargs = {"column": "answers", "max_value": 1}
    case.ask("responses", "expect_column_values_to_be_between", kwargs, of="measures", severity="warn")
    found = case.judge()
    assert found.warnings == (
        "responses: answers: expect_column_values_to_be_between does not hold in 1 of 5 rows: w2 (because)",
    )
    page = case.page()
    assert "men se på dette først" in page
    assert "Because." in page
    assert publish(case.store, "tiny", "w2", case.run, code_version=CODE).release == found.release


def test_a_person_in_the_release_stops_it(case: Case) -> None:
    # Whoever wrote the actions named somebody by their id in the people file.
    heading = "action_id,unit_id,text,owner,created,due,status,scale"
    named = f"{heading}\nT2,A,Spor kari3@fjord.no,Ingrid,2026-08-20,,open,safety\n"
    landed = ingest.Landed("landing/tiny/w2/actions/more.csv", landed_at="2026-12-01T00:00:00Z")
    case.store.create(landed.key, named.encode())
    assert ingest.receive(case.store, KEY, landed).state == "accepted"
    case.run = aggregate(case.store, "tiny", "w2", code_version=CODE).run
    case.stopped("artifacts: identifiers")
    assert "kari3" not in case.page()
    told = case.store.read(f"candidate/tiny/w2/{case.run}/artifacts.json").data.decode()
    assert "tables/actions.parquet" in told
    assert "kari3" not in told


def test_a_release_that_was_not_judged_is_not_published(case: Case) -> None:
    case.judge()
    key = f"candidate/tiny/w2/{case.run}/artifacts.json"
    told = json.loads(case.store.read(key).data)
    case.store.delete(key)
    with pytest.raises(RunRefused, match="was not judged"):
        publish(case.store, "tiny", "w2", case.run, code_version=CODE)
    for wrong in ({"release": "0" * 16}, {"passed": False}, {"run": "0" * 16}):
        overwrite(case.store, key, json.dumps(told | wrong).encode())
        with pytest.raises(RunRefused, match="is not the one that passed"):
            publish(case.store, "tiny", "w2", case.run, code_version=CODE)
    assert content(case.store) == case.old


def test_what_only_the_audit_finds_is_judged_as_a_draft_and_never_published(case: Case) -> None:
    prefix = f"candidate/tiny/w2/{case.run}/"
    tables = {one: parquet.from_bytes(case.store.read(f"{prefix}{one}.parquet").data) for one in ("protected", "cells")}
    where = ("unit", "segment", "category", "measure")
    cells = {tuple(row[name] for name in where): row for row in tables["cells"].to_pylist()}
    rows = tables["protected"].to_pylist()
    judged_so = 0
    for at, row in enumerate(rows):
        cell = cells[tuple(row[name] for name in where)]
        if row["status"] == "F" or cell["answered"] < MINIMUM:
            continue
        # Withheld because of others: the rules allow it, and it is a number that other numbers give away.
        told = {"status": "F", **{name: cell[name] for name in ("answered", "total")}}
        changed = [*rows[:at], row | told, *rows[at + 1 :]]
        data = parquet.to_bytes(pa.Table.from_pylist(changed, tables["protected"].schema))
        overwrite(case.store, f"{prefix}protected.parquet", data)
        try:
            judged_so += case.judge().passed()
        except DisclosureLeak:
            continue
        with pytest.raises(DisclosureLeak, match="nothing is published"):
            publish(case.store, "tiny", "w2", case.run, code_version=CODE)
        assert content(case.store) == case.old
    assert judged_so


def test_the_draft_is_the_release_to_the_last_byte(case: Case) -> None:
    case.judge()
    found = judgement(case.store, "tiny", "w2", case.run)
    assert found is not None
    survey = ledger.survey(case.store, "tiny")
    draft, made = build.draft(case.store, survey, found, CODE), build.build(case.store, survey, found, CODE)
    assert (draft.id, draft.files) == (made.id, made.files)
    assert not isinstance(draft, release.Release)


def test_a_published_run_that_is_checked_again_keeps_its_record(case: Case) -> None:
    case.judge()
    publish(case.store, "tiny", "w2", case.run, code_version=CODE)
    with pytest.raises(RunRefused, match=r"inputs\.json is missing"):
        case.judge()
    assert [one.state for one in ledger.runs(case.store, "tiny", "w2")] == ["published"]


@pytest.mark.parametrize("late", [False, True])
def test_a_store_that_does_not_answer_publishes_nothing_and_checking_again_completes(
    waiting: tuple[FolderStore, str],
    tmp_path: Path,
    late: bool,  # noqa: FBT001 - pytest passes by name
) -> None:
    clean = Case(waiting, tmp_path / "clean")
    watched = Watched(clean.store)
    check(watched, "tiny", "w2", clean.run, code_version=CODE)
    private = [content(clean.store, prefix) for prefix in ("candidate/", "ledger/")]
    writes = [at for at, (verb, _) in enumerate(watched.calls, start=1) if verb in {"create", "replace"}]
    assert len(writes) >= 3, "two judgements and a page"
    for at in writes:
        it = Case(waiting, tmp_path / str(at))
        with pytest.raises(Lost):
            check(Failing(it.store, at, late=late), "tiny", "w2", it.run, code_version=CODE)
        assert content(it.store) == it.old
        it.judge()
        assert [content(it.store, prefix) for prefix in ("candidate/", "ledger/")] == private
