"""Pulsverk on Spark: `python -m bench.aggregate.contend_spark FOLDER`, all cores of this machine; needs Java 17."""

from __future__ import annotations

import sys
from pathlib import Path

from bench.aggregate.ours import count

count(Path(sys.argv[1]), "spark")
