"""The one ordered map over threads. OpenCV and the mask core release the GIL, so threads are enough."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import cv2

T = TypeVar("T")
U = TypeVar("U")

_AHEAD = 2  # more tasks than threads: enough that none waits, few enough to fit into memory and to stop quickly


def default_workers() -> int:
    """Threads: the cores that this process may use, at most 16."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, 16)


def in_order(work: Callable[[T], U], items: Iterable[T], workers: int) -> Generator[U, None, None]:
    """Results of `work` on each item, in the order of the items, made a little ahead of being asked for.

    Closing it waits for the items that are being worked on, and drops the others.
    """
    cv2.setNumThreads(1)  # threads of our own are busy; OpenCV's would only fight with them
    with ThreadPoolExecutor(workers) as pool:
        ahead: deque[Future[U]] = deque()
        try:
            for item in items:
                ahead.append(pool.submit(work, item))
                if len(ahead) == workers + _AHEAD:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
