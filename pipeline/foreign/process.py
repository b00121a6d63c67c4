"""The outside of a child: started, fed, limited and thrown away. Its death is an answer about the file, never ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import Any, Literal

Parser = Literal["xlsx", "sav", "parquet"]

LATEST = 120.0  # seconds; the processor time is limited in the child itself, this is for one that sleeps


@dataclass(frozen=True)
class Spoken:
    """What a child said: `about` the file, and its table as CSV in UTF-8; about = {"refused": code, ...} if refused."""

    about: dict[str, Any]
    table: bytes


def read(parser: Parser, data: bytes, *, latest: float = LATEST) -> Spoken:
    """Runs `pipeline.foreign.<parser>` on the file; one that dies or is late refuses with a code of its own.

    The child gets no environment but its import path: no credentials, no keys. What it writes to standard error is
    dropped, for an error of a parser may quote the file.
    """
    command = [sys.executable, "-P", "-m", f"pipeline.foreign.{parser}"]
    path = os.pathsep.join(entry for entry in sys.path if entry)
    # One thread, and memory that is given back: arenas of many threads look like a bomb to the limit.
    environment = {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
    with TemporaryFile() as given, TemporaryFile() as said:
        given.write(data)
        given.seek(0)
        try:
            done = subprocess.run(  # noqa: S603 - our own interpreter on our own module
                command,
                stdin=given,
                stdout=said,
                stderr=subprocess.DEVNULL,
                env=environment,
                timeout=latest,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Spoken({"refused": "reader_late"}, b"")
        said.seek(0)
        head, end, table = said.read().partition(b"\n")
    if done.returncode or not end:
        return Spoken({"refused": "reader_died"}, b"")
    return Spoken(_about(head), table)


def _about(head: bytes) -> dict[str, Any]:
    """What the first line says; a child that says something else is as good as dead."""
    try:
        about = json.loads(head)
    except (ValueError, RecursionError):
        about = None
    return about if isinstance(about, dict) else {"refused": "reader_died"}
