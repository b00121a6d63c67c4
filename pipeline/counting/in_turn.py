"""Work that is done several at a time and comes in its own order: NumPy and Arrow let other threads run meanwhile."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

Thing = TypeVar("Thing")
Made = TypeVar("Made")


def in_turn(work: Callable[[Thing], Made], things: Iterable[Thing], threads: int | None) -> Iterator[Made]:
    """What is made of each thing, in their order; `threads` at a time, as many as there are cores if None.

    No more is made ahead than there are threads, so that memory does not grow with the things.
    """
    several = threads or len(os.sched_getaffinity(0))
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(several) as pool:
        for thing in things:
            waiting.append(pool.submit(work, thing))
            if len(waiting) > several:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
