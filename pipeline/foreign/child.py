"""The inside of a child: limits first, then the file from standard input, then the answer to standard output."""

from __future__ import annotations

import resource
import sys
from collections.abc import Callable

from pipeline.foreign.found import Found, Unreadable, refusal, written

MEMORY = 1024 * 2**20  # bytes of address space; ingest has 1769 MiB in the cloud
SECONDS = 60  # of processor time
OUTPUT = 512 * 2**20  # bytes that it may write


def confine() -> None:
    """Limits that nothing in this process can lift again; no core file, for it would hold answers."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))


def answer(convert: Callable[[bytes], Found], data: bytes, write: Callable[[str], object]) -> None:
    """Writes what `convert` found in the file, or why it is refused."""
    try:
        stream = "".join(written(convert(data)))
    except Unreadable as one:
        stream = refusal(one)
    except MemoryError:
        stream = refusal(Unreadable("too_large"))
    write(stream)


def run(convert: Callable[[bytes], Found]) -> None:
    """The whole life of a child."""
    confine()
    sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # a real file, in a child
    answer(convert, sys.stdin.buffer.read(), sys.stdout.write)
