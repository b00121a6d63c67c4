"""Runs contenders as processes of their own and prints what each took, as a ratio to the first."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Run:
    """One process: wall and CPU in seconds, peak resident memory in MB, and what it answered."""

    wall: float
    cpu: float
    peak: float
    answer: object


def run(module: str, arguments: Sequence[str]) -> Run:
    """Starts `python -m module arguments`; the last line it prints is its answer, as JSON."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for two lines above
    printed = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode != 0:
        msg = f"{module} {' '.join(arguments)} ended with {process.returncode}"
        raise RuntimeError(msg)
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, json.loads(printed.splitlines()[-1]))


def contest(title: str, contenders: Sequence[tuple[str, str, Sequence[str]]], rounds: int = 3) -> bool:
    """Prints medians of `rounds` interleaved runs of (name, module, arguments); true when all answered the same."""
    runs: dict[str, list[Run]] = {name: [] for name, _, _ in contenders}
    for _ in range(rounds):
        for name, module, arguments in contenders:
            runs[name].append(run(module, arguments))
    table = Table(title=title)
    for heading in ("", "wall s", "ratio", "CPU s", "peak MB", "answer"):
        table.add_column(heading, justify="right" if heading else "left")
    first = runs[contenders[0][0]]
    same = True
    for name, _, _ in contenders:
        mine = runs[name]
        wall = median(one.wall for one in mine)
        agrees = all(one.answer == first[0].answer for one in mine)
        same &= agrees
        table.add_row(
            name,
            f"{wall:.2f}",
            f"{wall / median(one.wall for one in first):.2f}",
            f"{median(one.cpu for one in mine):.2f}",
            f"{median(one.peak for one in mine):.0f}",
            "same" if agrees else "DIFFERENT",
        )
    Console().print(table)
    return same
