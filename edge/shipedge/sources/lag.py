"""How late the frames of a stream come, by the times that the stream itself gives them."""

from __future__ import annotations

__all__ = ["Lag"]

_DRIFT = 2e-4
"""Share by which the clock of a camera may go wrong: what is lost by it is no lag."""
_JUMP_S = 2.0
"""Seconds by which the times of two frames may differ from when they came, without a pause, before they are doubted."""


class Lag:
    """A decoder that is slower than its camera, and a line that was blocked, give old frames that look new.

    What counts is how much later a frame comes, by its own time, than the promptest one did.
    """

    def __init__(self) -> None:
        self._best: float | None = None
        self._clock = self._time_s = 0.0

    def of(self, clock: float, time_s: float) -> float:
        """Seconds that a frame is late.

        Args:
            clock: when it came.
            time_s: its own time; 0 throughout where the stream has none, which is never late.
        """
        passed, told = clock - self._clock, time_s - self._time_s
        self._clock, self._time_s = clock, time_s
        if self._best is None or told <= 0 or told > passed + _JUMP_S:
            self._best = clock - time_s
            return 0.0
        self._best = min(self._best + _DRIFT * passed, clock - time_s)
        return clock - time_s - self._best
