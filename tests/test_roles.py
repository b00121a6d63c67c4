"""What a stage touches, its role in the deployed template allows: least privilege that is not too little."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import BinaryIO

import pytest
from judged_waves import CODE, received
from redriving import redrive
from test_check import RUN, Workspace
from test_infra import Template, file, grants, template
from test_ingest import ACTIONS, PARTLY, PEOPLE, SURVEY, UNITS
from test_panel_stages import PAIRED, panel_of, rotated
from tiny_survey import INSTRUMENT, KEY

from pipeline.aggregate import aggregate
from pipeline.check import check, counted
from pipeline.ingest import Landed, receive
from pipeline.store import Content, FolderStore, Stored, bucket_of
from pipeline.watch import watch

__all__ = ["file", "template"]  # fixtures


class Guarded(FolderStore):
    """A store that lets through what the role of one function allows. Raises PermissionError."""

    def __init__(self, root: Path, template: Template, function: str) -> None:
        super().__init__(root)
        self.deleted: list[str] = []
        self.allowed = [(what, where) for who, what, where in grants(template) if who == function]

    def _ask(self, action: str, key: str) -> None:
        wanted = f"{bucket_of(key.split('/', maxsplit=1)[0]).capitalize()}/{key}"
        if not any(what == action and fnmatchcase(wanted, where) for what, where in self.allowed):
            raise PermissionError(action, key)

    def read(self, key: str, version: str = "") -> Stored:
        """See Store."""
        self._ask("s3:GetObject", key)
        return super().read(key, version)

    def open(self, key: str, version: str = "") -> AbstractContextManager[BinaryIO]:
        """See Store."""
        self._ask("s3:GetObject", key)
        return super().open(key, version)

    def create(self, key: str, data: Content) -> None:
        """See Store."""
        self._ask("s3:PutObject", key)
        super().create(key, data)

    def replace(self, key: str, data: Content, etag: str | None) -> None:
        """See Store."""
        self._ask("s3:PutObject", key)
        super().replace(key, data, etag)

    def delete(self, key: str) -> None:
        """See Store."""
        self._ask("s3:DeleteObject", key)
        self.deleted.append(key)
        super().delete(key)


def landed(root: Path) -> list[Landed]:
    """A workspace with a survey and a file of each kind in landing."""
    store = FolderStore(root)
    store.create("config/tiny/survey.toml", SURVEY.encode())
    store.create("config/tiny/tiny.toml", INSTRUMENT.encode())
    files = {"responses/a.csv": PARTLY, "units/u.csv": UNITS, "people/p.csv": PEOPLE, "actions/t.csv": ACTIONS}
    for name, text in files.items():
        store.create(f"landing/tiny/w1/{name}", text.encode())
    return [Landed(f"landing/tiny/w1/{name}", landed_at="2026-08-01T10:00:00Z") for name in files]


def ingest(template: Template, root: Path) -> None:
    """Every kind of file, then again under a survey file that knows a category more, so that tables are replaced."""
    store, owner = Guarded(root, template, "ingest"), FolderStore(root)
    files = landed(root)
    before = SURVEY.replace('values = ["Mann"]', "values = []").encode()
    owner.replace("config/tiny/survey.toml", before, owner.read("config/tiny/survey.toml").etag)
    for one in files:
        assert receive(store, KEY, one).state in {"accepted", "partly"}
    owner.replace("config/tiny/survey.toml", SURVEY.encode(), owner.read("config/tiny/survey.toml").etag)
    redrive(store, KEY, "tiny", "w1", dry_run=False)
    assert {key.split("/")[0] for key in store.deleted} == {"organisation", "quarantine"}


def judge(template: Template, root: Path) -> None:
    """A candidate that passes; its gates.json is written twice."""
    workspace = Workspace(root)
    for _ in range(2):
        counted(Guarded(workspace.store.root, template, "check"), "tiny", "w1", RUN)


def judge_release(template: Template, root: Path) -> None:
    """A whole run up to its publication, which needs a roster and builds the release."""
    store = received(root)
    run = aggregate(store, "tiny", "w1", code_version=CODE).run
    assert check(Guarded(store.root, template, "check"), "tiny", "w1", run, code_version=CODE).passed()


def pair(template: Template, root: Path) -> None:
    """A second wave under another key than the first, which was published: people are found again by links."""
    store, _ = rotated(root)
    run = aggregate(Guarded(store.root, template, "aggregate"), "tiny", "w2", code_version=CODE).run
    assert panel_of(store, run) == PAIRED


def look(template: Template, root: Path) -> None:
    """After the wave has closed and its files have landed."""
    for one in landed(root):
        receive(FolderStore(root), KEY, one)
    assert watch(Guarded(root, template, "watch"), date(2026, 9, 15)).due


@pytest.mark.parametrize("stage", [ingest, pair, judge, judge_release, look])
def test_a_stage_needs_no_more_than_its_role_allows(
    template: Template, tmp_path: Path, stage: Callable[[Template, Path], None]
) -> None:
    stage(template, tmp_path)


@pytest.mark.parametrize("function", ["check", "watch", "publish"])
def test_the_guard_guards(template: Template, tmp_path: Path, function: str) -> None:
    landed(tmp_path)
    with pytest.raises(PermissionError, match=re.escape("landing/tiny/w1/responses/a.csv")):
        Guarded(tmp_path, template, function).read("landing/tiny/w1/responses/a.csv")
    with pytest.raises(PermissionError, match="current"):
        Guarded(tmp_path, template, function).delete("published/tiny/current.json")
    with pytest.raises(PermissionError, match="responses"):
        Guarded(tmp_path, template, function).create("responses/survey=tiny/wave=w1/a.parquet", json.dumps({}).encode())
