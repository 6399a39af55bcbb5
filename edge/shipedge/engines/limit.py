"""A limit of time for what a worker does with one image, also in a decoder that never returns."""

from __future__ import annotations

import signal

__all__ = ["start", "stop"]


def start(seconds: float) -> None:
    """Ends this process by SIGALRM in so many seconds, unless `stop` comes before; 0: never.

    The kernel does it, so whatever holds the interpreter cannot keep it from happening. Only for workers: another one
    takes the place of one that ends, see `Died`.
    """
    if seconds and hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def stop() -> None:
    """The image is done."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
