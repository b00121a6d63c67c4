"""Work on several things at once, with the results in their order, and few of them in memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


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
    with ThreadPoolExecutor(several) as pool:
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
