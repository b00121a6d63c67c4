"""Fixtures for whoever builds on Pulsverk: docs/testing.md shows them at work.

pytest loads this module in every session of an environment in which Pulsverk is installed, so it imports nothing of
ours, and no moto, before a fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pipeline.local.cloud import Cloud
    from pipeline.local.demo_release import DemoRelease
    from pipeline.store import FolderStore


@pytest.fixture
def pulsverk_workspace(tmp_path: Path) -> FolderStore:
    """An empty workspace in a folder of this test: the same store as in S3, without versions."""
    from pipeline.store import FolderStore  # noqa: PLC0415 - see the module

    return FolderStore(tmp_path / "workspace")


@pytest.fixture
def pulsverk_cloud() -> Iterator[Cloud]:
    """A fresh AWS account inside the process: buckets, event rule, queue, our functions, schedules, state machine.

    boto3 reaches this account and nothing else while the test runs.
    """
    from pipeline.local.cloud import cloud  # noqa: PLC0415 - see the module

    with cloud() as it:
        yield it


@pytest.fixture(scope="session")
def pulsverk_demo_release(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> DemoRelease:
    """The finished release of a small demo: its files in a folder, and its tables as Arrow tables.

    Made by the whole chain once and kept in pytest's cache until the code that made it changes. Read it; do not write
    into it.
    """
    from pipeline.local.demo_release import demo_release  # noqa: PLC0415 - see the module

    cache = getattr(request.config, "cache", None)  # not there with -p no:cacheprovider
    folder: Callable[[str], Path] = cache.mkdir if cache else tmp_path_factory.mktemp
    return demo_release(folder("pulsverk-demo"))
