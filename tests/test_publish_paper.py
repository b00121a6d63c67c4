"""Publication sets judged pages on paper: these pages and nothing else, beside what was judged."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from judged_waves import CODE, content, judged, received
from tiny_survey import ON_PAPER

from pipeline import ledger, release, reports
from pipeline.build import build, draft
from pipeline.errors import RunRefused
from pipeline.judged import candidate_folder, hold
from pipeline.judged import judged as judged_candidate
from pipeline.publish import publish
from pipeline.published import verify_files

if TYPE_CHECKING:
    from collections.abc import Collection

    from pipeline.store import FolderStore


def pdfs(files: Collection[str]) -> set[str]:
    """What each page of a leader is called on paper."""
    return {path.replace(".html", ".pdf") for path in files if path.endswith(("/leader.html", "/leader.en.html"))}


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> tuple[FolderStore, str]:
    store = received(tmp_path_factory.mktemp("waiting"), ON_PAPER)
    return store, judged(store, "w1")


def test_what_was_judged_is_published_with_each_page_on_paper(waiting: tuple[FolderStore, str]) -> None:
    store, run = waiting
    survey = ledger.survey(store, "tiny")
    candidate = judged_candidate(store, "tiny", "w1", run)
    assert candidate is not None
    of_gate, made = draft(store, survey, candidate, CODE), build(store, survey, candidate, CODE)
    told = json.loads(store.read(f"{candidate_folder('tiny', 'w1', run)}artifacts.json").data)
    assert told["release"] == of_gate.id == made.draft != made.id
    more = {path for path in made.files if path not in of_gate.files}
    assert more == pdfs(of_gate.files)
    assert len(more) == 2 * 3
    assert all(made.files[path] == data for path, data in of_gate.files.items() if path != release.MANIFEST)
    assert {path: made.files[path] for path in more} == dict(reports.printed(of_gate.files, survey, "w1"))
    hold(candidate, made)
    with pytest.raises(RunRefused, match="is not the one that passed the gate of artifacts"):
        hold(candidate, replace(made, draft=made.id))


def test_where_a_page_cannot_be_set_nothing_is_published(
    waiting: tuple[FolderStore, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store, run = waiting
    monkeypatch.setattr("pipeline.reports.paper._template", lambda: b"#panic()")
    with pytest.raises(RuntimeError):
        publish(store, "tiny", "w1", run, code_version=CODE)
    assert content(store) == {}
    monkeypatch.undo()
    done = publish(store, "tiny", "w1", run, code_version=CODE)
    assert verify_files(store, "tiny", done.release) == ()
    listed = json.loads(store.read(f"published/tiny/releases/{done.release}/manifest.json").data)["files"]
    assert pdfs(listed) <= set(listed)
