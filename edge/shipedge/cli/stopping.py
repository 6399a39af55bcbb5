"""Signals that ask a command to stop which finishes the frame in hand first."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from shipedge.system.signals import handled, stop

__all__ = ["Asked", "stop_on_signal"]

_PATIENCE_S = 1.5
"""For the frame in hand, after a signal; one of a large scene may take minutes, and is begun anew by the next run."""


@contextmanager
def stop_on_signal() -> Iterator[Asked]:
    """Notes a signal that asks to stop; Ctrl-C after that interrupts at once, and so does a frame that takes long."""
    asked = Asked()
    alarm = getattr(signal, "SIGALRM", None)

    def note(number: int, _frame: FrameType | None) -> None:
        if number == alarm or (asked.received and number == signal.SIGINT):
            stop(asked.received[0] if number == alarm else number, None)
        asked.received.append(number)
        if len(asked.received) == 1 and alarm is not None:
            signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S)

    before = None if alarm is None else signal.signal(alarm, note)
    try:
        with handled(note):
            yield asked
    finally:
        if alarm is not None:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(alarm, before)


class Asked:
    """Whether a signal asked to stop; ask it between frames.

    Attributes:
        received: the signals, in order.
    """

    def __init__(self) -> None:
        self.received: list[int] = []

    def __call__(self) -> bool:
        """Whether one did; what is finished from here on has its time."""
        if self.received and hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)
        return bool(self.received)
