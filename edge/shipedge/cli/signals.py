"""Signals that ask a command to stop: Ctrl-C, SIGTERM, and SIGHUP when the terminal or the SSH connection is gone."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class Stopped(KeyboardInterrupt):
    """SIGTERM or SIGHUP arrived; unwinds like Ctrl-C, so that no half-written file is left."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def stop(number: int, _frame: FrameType | None) -> NoReturn:
    """Handler that raises KeyboardInterrupt for Ctrl-C and `Stopped` for the others."""
    raise KeyboardInterrupt if number == signal.SIGINT else Stopped(number)


@contextmanager
def handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle the `STOPPING` signals while the block runs; one that the caller ignores (nohup) stays ignored."""
    before = {}
    if threading.current_thread() is threading.main_thread():  # Python allows no other to set handlers
        before = {n: h for n in STOPPING if (h := signal.getsignal(n)) not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
