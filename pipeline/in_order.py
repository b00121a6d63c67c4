"""Work on several things at once, with the results in their order, and few of them in memory."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")

TURN = 0.0005  # seconds that a thread in Python goes on while another waits for the interpreter; of itself it is 0.005


def in_order(
    work: Callable[[Thing], Result], things: Iterable[Thing], threads: int | None = None, waiting: int | None = None
) -> Iterator[Result]:
    """What `work` makes of each of `things`; at most `waiting` are begun and not yet asked for.

    `threads` are as many as there are cores, and `waiting` as many as `threads`, where they are not told. What `work`
    raises is raised at its turn; the rest of what was begun is ended first, and its results are lost.
    """
    several = threads or len(os.sched_getaffinity(0))
    most = several if waiting is None else waiting
    begun: deque[Future[Result]] = deque()
    with _short_turns(), ThreadPoolExecutor(several) as pool:
        try:
            for thing in things:
                begun.append(pool.submit(work, thing))
                if len(begun) > most:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for one in begun:
                one.cancel()


@contextmanager
def _short_turns() -> Iterator[None]:
    """Has threads wait less for one that runs Python without a pause.

    Whoever works in NumPy or Arrow comes back to the interpreter a hundred times a second, and each time would wait for
    a whole turn.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(TURN, before))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
