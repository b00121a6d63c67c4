"""`python drive.py WORKSPACE SURVEY WAVE VERSION`, in the environment of `make spark`: aggregates a wave on Spark."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from pipeline.aggregate import aggregate
from pipeline.store import FolderStore

workspace, survey, wave, version = sys.argv[1:]
aggregate(FolderStore(Path(workspace)), survey, wave, code_version=version, engine="spark")
