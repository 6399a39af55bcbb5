"""What a live source gives its reader, whatever protocol it speaks."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from time import monotonic
from typing import NamedTuple

from shipedge.images import AS_IT_IS, Pixels, Reading
from shipedge.sources.limits import Thin

__all__ = ["PATIENT", "Lost", "Patience", "Shot", "Wish"]


class Lost(Exception):  # noqa: N818 - what happens to every stream now and then
    """A stream broke off or cannot be reached; it may come back. The reason names no address."""


class Shot(NamedTuple):
    """One frame as it came.

    Attributes:
        clock: `time.monotonic()` when it was there.
        pixels: (height, width, 3) uint8 RGB; None where they are damaged, or there is no newer image.
        complaint: what is wrong with it.
        skipped: frames since the one before that were passed over because nobody had time for them.
        decode_ms: what decoding cost, milliseconds.
    """

    clock: float
    pixels: Pixels | None
    complaint: str = ""
    skipped: int = 0
    decode_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a live source may take.

    Attributes:
        open_s: until it is connected.
        read_s: from one whole frame to the next.
        frozen_s: with the same image.
        stale_s: with a still image of which the server has no newer one: some come once a minute.
        corrupt_s: with damaged frames, until that is a gap.
        first_wait_s: before it is tried again; twice that after each failure that follows.
        most_wait_s: before it is tried again.
    """

    open_s: float = 10.0
    read_s: float = 10.0
    frozen_s: float = 10.0
    stale_s: float = 600.0
    corrupt_s: float = 1.0
    first_wait_s: float = 0.5
    most_wait_s: float = 30.0


PATIENT = Patience()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a source.

    Attributes:
        fps: see `Limits`.
        every: see `Limits`.
        reading: how images are read.
        patience: time-outs.
        stopped: set when nobody wants anything any more.
    """

    fps: float | None = None
    every: int = 1
    reading: Reading = AS_IT_IS
    patience: Patience = PATIENT
    stopped: threading.Event = field(default_factory=threading.Event)

    def thin(self) -> Thin:
        """Which frames of one connection are wanted: the others need not be decoded."""
        return Thin(self.fps, self.every)

    def deadline(self) -> float:
        """When the next whole frame has to be there, by the monotonic clock."""
        return monotonic() + self.patience.read_s
