"""`make bench`: each contest in turn; ends with 1 when two contenders did not answer the same."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.contest import contest

EMPLOYEES = 20_000


def main() -> int:
    """Reading and accounting for a pushed export, against what one would type instead."""
    with tempfile.TemporaryDirectory() as folder:
        # In a process of its own: a child's peak memory is never reported as less than its parent's.
        pulsverk = str(Path(sys.executable).with_name("pulsverk"))
        subprocess.run([pulsverk, "sample", folder, "--employees", str(EMPLOYEES), "--waves", "2"], check=True)
        export = str(Path(folder) / "2026-09" / "responses" / "limesurvey.csv")
        contenders = [
            ("pulsverk", "bench.read_pulsverk", [export]),
            ("polars", "bench.read_polars", [export]),
            ("pandas", "bench.read_pandas", [export]),
        ]
        same = contest(f"records in a LimeSurvey export of {EMPLOYEES:,} invited", contenders)
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
