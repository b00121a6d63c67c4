"""Pulsverk: `python -m bench.aggregate.contend_pulsverk FOLDER` reads a wave and counts it, branch by branch."""

from __future__ import annotations

import sys
from pathlib import Path

import bench.ingest.without_pandas  # noqa: F401 - before pyarrow looks for it
from bench.aggregate.ours import count

count(Path(sys.argv[1]), "local")
