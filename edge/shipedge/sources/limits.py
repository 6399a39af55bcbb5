"""How much of a source is looked at."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EVERYTHING", "Limits", "Thin"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the user wants of all sources; None: everything.

    Attributes:
        fps: frames a second of each video or stream, at most; of a polled still image how often it is asked for.
        every: the first of so many frames of each video or stream.
        max_age_s: a frame of a live source that is older is not looked at.
        max_frames: frames of all sources together.
        duration_s: of the whole run.
    """

    fps: float | None = None
    every: int = 1
    max_age_s: float | None = None
    max_frames: int | None = None
    duration_s: float | None = None

    def noted(self) -> dict[str, float]:
        """What decides which frames are looked at, for the log."""
        return ({} if self.fps is None else {"fps": self.fps}) | ({} if self.every == 1 else {"every": self.every})


EVERYTHING = Limits()

_EARLY = 0.1
"""Share of the time between two wanted frames by which one may be early: cameras jitter."""


class Thin:
    """Which frames of one video or stream are wanted."""

    def __init__(self, fps: float | None, every: int) -> None:
        """See `Limits`."""
        self._step = None if fps is None else 1 / fps
        self._every, self._count, self._due = every, 0, float("-inf")

    def wants(self, clock: float) -> bool:
        """Whether to look at the next frame, which comes at that time, in seconds."""
        self._count += 1
        if (self._count - 1) % self._every:
            return False
        if self._step is None:
            return True
        if clock < self._due - _EARLY * self._step:
            return False
        self._due = (self._due if clock < self._due + self._step else clock) + self._step
        return True
