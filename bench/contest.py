"""Runs contenders as processes of their own and prints what each took, as a ratio to the first."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

MEMORY = 16 * 2**30  # bytes of address space for each contender, so that none can take the machine


@dataclass(frozen=True)
class Run:
    """One process: wall and CPU in seconds, peak resident memory in MB, and what it answered."""

    wall: float
    cpu: float
    peak: float
    answer: object


class Stopped(Exception):  # noqa: N818 - it ended, but without an answer; that is a result, and no error
    """A contender had no answer: it was stopped after its time, or gave up. Its words say which."""


def run(module: str, arguments: Sequence[str]) -> Run:
    """Starts `python -m module arguments`; the last line it prints is its answer, as JSON. Raises Stopped."""
    return execute([sys.executable, "-m", module, *arguments])


def execute(command: Sequence[str], limit: float = threading.TIMEOUT_MAX, *, answers: bool = True) -> Run:
    """Starts a command, and ends it and what it started after `limit` seconds. Raises Stopped for want of an answer.

    Programs that are not ours say nothing that is asked for; without `answers` the answer is None.
    """
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    resource.prlimit(process.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
    watch = threading.Timer(limit, os.killpg, (process.pid, signal.SIGKILL))
    watch.daemon = True
    watch.start()
    assert process.stdout is not None  # noqa: S101 - PIPE was asked for above
    try:
        with process.stdout:
            printed = process.stdout.read()
    except KeyboardInterrupt:  # which does not reach what stands in a session of its own
        os.killpg(process.pid, signal.SIGKILL)
        raise
    _, status, used = os.wait4(process.pid, 0)
    watch.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode != 0:
        ended = f"ended with {process.returncode} after {wall:.1f} s"
        raise Stopped(f"stopped at {limit:.0f} s" if wall >= limit else ended)
    answer = json.loads(printed.splitlines()[-1]) if answers else None
    return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, answer)


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
