"""Pulsverk: reads, accounts for every record, pseudonymises, and keeps the latest submission of each."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import bench.ingest.without_pandas  # noqa: F401 - before pyarrow looks for it
from bench.ingest.survey import KEY, read_survey
from pipeline import exports
from pipeline.content import sha256_of

with Path(sys.argv[1]).open("rb") as file, exports.Scratch() as scratch, Path(sys.argv[2]).open("wb") as out:
    received = exports.receive(file, read_survey(), KEY, sha256_of(file), frozenset(), scratch)
    if received.table is not None:
        shutil.copyfileobj(received.table, out)
print(json.dumps(received.accounts.quarantined + received.accounts.duplicate + received.accounts.superseded))
