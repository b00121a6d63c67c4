"""`make bench`: each contest in turn; ends with 1 when two contenders did not answer the same."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.contest import contest

EMPLOYEES = 20_000


def main() -> int:
    """What one would type instead: to read a pushed export and account for it, and to count a wave."""
    same = [_reading(), _counting()]
    return 0 if all(same) else 1


def _reading() -> bool:
    """Records in an export."""
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
        return contest(f"records in a LimeSurvey export of {EMPLOYEES:,} invited", contenders)


def _counting() -> bool:
    """Cells of a wave. The others count the items alone; scales, the response rate, modes and who is who are ours."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "bench.wave", folder], check=True)
        contenders = [
            ("pulsverk", "bench.count_pulsverk", [folder]),
            ("polars", "bench.count_polars", [folder]),
            ("pandas", "bench.count_pandas", [folder]),
        ]
        return contest("cells of 200,000 answers to 12 items, 500 units on 4 levels, 3 segments", contenders)


if __name__ == "__main__":
    sys.exit(main())
