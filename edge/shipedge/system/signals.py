"""Signals that ask a command to stop: Ctrl-C, SIGTERM, and SIGHUP when the terminal or the SSH connection is gone.

The first one unwinds the command like an exception. Those that follow it closely (`timeout` sends two) are ignored, so
that nothing disturbs the clean-up; one that comes after `INSIST_S` ends the process as if there were no handler.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
INSIST_S = 3.0

_first: tuple[int, float] | None = None  # the signal that stops the command, and when it came
_held = 0
_raised = False


class Stopped(KeyboardInterrupt):
    """A signal asked to stop; unwinds like Ctrl-C, so that no half-written file is left."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def stop(number: int, _frame: FrameType | None) -> None:
    """Handler that raises `Stopped` for the first signal, after the `held` block where there is one.

    Raises:
        Stopped: the first signal.
    """
    global _first
    if _first is None:
        _first = (number, time.monotonic())
        _raise_first()
    elif time.monotonic() - _first[1] > INSIST_S:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


def asked() -> int | None:
    """The signal that asked the command to stop, even if the exception was lost on its way; None where none did."""
    return None if _first is None else _first[0]


def check() -> None:
    """Raises `Stopped` where a signal asked to stop: after work in which an exception may be lost, as in an import."""
    if _first is not None:
        raise Stopped(_first[0])


@contextmanager
def held() -> Iterator[None]:
    """Makes a signal wait until the block is over: for what must not be done in halves, such as a clean-up."""
    global _held
    if threading.current_thread() is not threading.main_thread():  # signals are handled in the main thread alone
        yield
        return
    _held += 1
    try:
        yield
    finally:
        _held -= 1
        if not _raised:
            _raise_first()


@contextmanager
def handled(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Handle the `STOPPING` signals while the block runs; one that the caller ignores (nohup) stays ignored."""
    before = _handle(handler)
    try:
        yield
    finally:
        _give_back(before)


@contextmanager
def stopping(*, to_the_end: bool = False) -> Iterator[None]:
    """The block of a whole command: `stop` handles its signals, and an exception that is lost is lost in silence.

    Python prints those that are raised where they cannot unwind, as in the callbacks of its import system.

    Args:
        to_the_end: the process ends after the block; where a signal has stopped it, the next one must not disturb that.
    """
    global _first, _raised
    hook = sys.unraisablehook

    def silent(lost: sys.UnraisableHookArgs) -> None:
        if not isinstance(lost.exc_value, Stopped):
            hook(lost)

    _first, _raised = None, False
    sys.unraisablehook = silent
    before = _handle(stop)
    try:
        yield
    finally:
        if not (to_the_end and _first):
            _give_back(before)
            sys.unraisablehook = hook


def _handle(handler: Callable[[int, FrameType | None], None]) -> dict[int, Any]:
    """Set the handler; the handlers before."""
    before = {}
    if threading.current_thread() is threading.main_thread():  # Python allows no other to set handlers
        before = {n: h for n in STOPPING if (h := signal.getsignal(n)) not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, handler)
    return before


def _give_back(before: dict[int, Any]) -> None:
    for number, old in before.items():
        signal.signal(number, old)


def _raise_first() -> None:
    global _raised
    if _first is not None and not _held:
        _raised = True
        raise Stopped(_first[0])
