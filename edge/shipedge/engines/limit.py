"""A limit of time for what a worker does with one image, also in a decoder that never returns."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["IMAGE_S", "limited", "start", "stop"]

IMAGE_S = 120.0
"""For an image, where the user says nothing: a hundred times what a large one takes."""


def start(seconds: float) -> None:
    """Ends this process by SIGALRM in so many seconds, unless `stop` comes before; 0: never.

    The kernel does it, so whatever holds the interpreter cannot keep it from happening. Only for workers: another one
    takes the place of one that ends, see `Died`.
    """
    if seconds and hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """The block is all that is done with the image."""
    start(seconds)
    try:
        yield
    finally:
        stop()


def stop() -> None:
    """The image is done."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
