"""What every test runs under: our own fixtures come from the same plugin that others use (docs/testing.md)."""

from __future__ import annotations

import os

# Powertools and Great Expectations read these when they are imported.
os.environ["POWERTOOLS_TRACE_DISABLED"] = "true"
os.environ["GX_ANALYTICS_ENABLED"] = "false"
