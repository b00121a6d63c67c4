"""Work on several things at once, with the results in their order, and few of them in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def in_order(work: Callable[[Thing], Result], things: Iterable[Thing], threads: int, waiting: int) -> Iterator[Result]:
    """What `work` makes of each of `things`, in so many threads; at most `waiting` are begun and not yet asked for.

    What `work` raises is raised at its turn; the rest of what was begun is ended first, and its results are lost.
    """
    begun: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for thing in things:
                begun.append(pool.submit(work, thing))
                if len(begun) > waiting:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            for one in begun:
                one.cancel()
