"""`make bench-disclosure`: each contender protects the same people, and the same judge looks for people in its pattern.

A rival takes part where it is installed: GaussSuppression where `Rscript` finds it (R_LIBS_USER may say where), and
tau-ARGUS where PULSVERK_BENCH_PYTAUARGUS names a Python that can import pytauargus.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.contest import Run, Stopped, execute

HERE = Path(__file__).parent
# Respondents, units, segments.
SMALL = ((500, 60, 2), (2_000, 235, 2), (20_000, 2_350, 2))
LARGE = ((200_000, 23_500, 2), (1_000_000, 30_000, 5))
SEGMENTS = ("gender", "age", "tenure", "role", "site")
JUDGED = ("lost", "recovered", "remainders", "groups")


@dataclass(frozen=True)
class Contender:
    """A command that is given the folder of an instance and the file for its pattern, then `more`."""

    name: str
    command: tuple[str, ...]
    more: tuple[str, ...] = ()


def contenders(console: Console) -> list[Contender]:
    """Ours, and whichever rivals there are; says which are not."""
    ours = (sys.executable, "-m", "bench.disclosure.contend_pulsverk")
    found = [Contender("pulsverk", ours, ("means",)), Contender("pulsverk, counts alone", ours, ("counts",))]
    rscript = shutil.which("Rscript")
    if rscript and _works([rscript, "-e", "library(GaussSuppression)"]):
        gauss = (rscript, str(HERE / "contend_gauss.R"))
        found += [Contender("GaussSuppression", gauss), Contender("GaussSuppression, as it comes", gauss, ("default",))]
    else:
        console.print("GaussSuppression does not take part: no Rscript on PATH that can load it (see R_LIBS_USER)")
    python = os.environ.get("PULSVERK_BENCH_PYTAUARGUS", "")
    if python and _works([python, "-c", "import pytauargus"]):
        tau = (python, str(HERE / "contend_pytauargus.py"))
        found += [Contender("tau-ARGUS, optimal", tau, ("OPT",)), Contender("tau-ARGUS, modular", tau, ("MOD",))]
    else:
        console.print("tau-ARGUS does not take part: PULSVERK_BENCH_PYTAUARGUS names no Python that has pytauargus")
    return found


def _works(command: Sequence[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def protect_all(size: tuple[int, int, int], taking_part: Sequence[Contender], limit: float, console: Console) -> None:
    """One instance and its table: who took how long, kept how much and gave away whom."""
    respondents, units, cut = size
    with tempfile.TemporaryDirectory() as folder:
        # Made and judged by processes of their own: a child's peak memory is never reported as less than its parent's.
        arguments = [folder, str(respondents), str(units), *SEGMENTS[:cut]]
        cells = execute([sys.executable, "-m", "bench.disclosure.instance", *arguments]).answer
        title = f"{respondents:,} respondents, {cells:,} cells of everybody and {cut} segments, k = 5"
        table = Table(title=title)
        for heading in ("", "wall s", "ratio", "peak MB", *JUDGED, "auditor"):
            table.add_column(heading, justify="right" if heading else "left")
        first: Run | None = None
        for number, contender in enumerate(taking_part):
            pattern = str(Path(folder) / f"pattern{number}.csv")
            try:
                mine = execute([*contender.command, folder, pattern, *contender.more], limit, answers=False)
            except Stopped as words:
                table.add_row(contender.name, str(words))
                continue
            first = mine if number == 0 else first
            ratio = f"{mine.wall / first.wall:.2f}" if first else "-"
            row = [f"{mine.wall:.2f}", ratio, f"{mine.peak:.0f}", *_judged(folder, pattern, limit)]
            table.add_row(contender.name, *row)
        console.print(table)


def _judged(folder: str, pattern: str, limit: float) -> list[str]:
    """What the judge says, then how many certificates the auditor has."""
    judge = [sys.executable, "-m", "bench.disclosure.judge", folder, pattern]
    try:
        said = execute(judge, limit).answer
        words = [f"{said['lost']:.1%}", *(f"{said[name]:,}" for name in JUDGED[1:])] if isinstance(said, dict) else []
    except Stopped as stopped:
        words = [str(stopped), *("" for _ in JUDGED[1:])]
    try:
        return [*words, f"{execute([*judge, 'auditor'], limit).answer:,}"]
    except Stopped as stopped:
        return [*words, str(stopped)]


def main() -> int:
    """Every instance in turn."""
    options = argparse.ArgumentParser(prog="python -m bench.disclosure", description=__doc__)
    options.add_argument("--large", action="store_true", help="200,000 and 1,000,000 respondents as well")
    options.add_argument(
        "--limit", type=float, default=300, help="seconds for each contender and each look of the judge"
    )
    given = options.parse_args()
    console = Console(width=150)
    taking_part = contenders(console)
    for size in (*SMALL, *(LARGE if given.large else ())):
        protect_all(size, taking_part, given.limit, console)
    console.print(
        "lost: respondents in withheld cells among those in all cells. Leaks: withheld cells of 1-4 people that can be "
        "calculated (recovered), published figures less the published ones inside them that leave 1-4 (remainders), "
        "1-4 people alike in all published figures whose own figure follows (groups); auditor: certificates of "
        "the first of the project's own looks that finds any.",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
