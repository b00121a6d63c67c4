"""What every test runs under: our own fixtures come from the same plugin that others use (docs/testing.md)."""

from __future__ import annotations

import os
import sys

import pytest

# Powertools and Great Expectations read these when they are imported.
os.environ["POWERTOOLS_TRACE_DISABLED"] = "true"
os.environ["GX_ANALYTICS_ENABLED"] = "false"


@pytest.fixture
def without_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in which PySpark is not installed."""
    monkeypatch.setitem(sys.modules, "pipeline.counting.spark", None)
    monkeypatch.delattr("pipeline.counting.spark", raising=False)
