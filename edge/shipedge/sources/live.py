"""One thread for each live source: it holds the newest frame, tells what is missing, and connects again."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from time import monotonic, time

import numpy as np

from shipedge.errors import SourceError
from shipedge.events import Gap, Notice, utc
from shipedge.frame import Captured, Frame
from shipedge.images import Pixels
from shipedge.region import Region
from shipedge.sources.ended import Ended
from shipedge.sources.limits import Limits
from shipedge.sources.resolve import Source
from shipedge.sources.stream import Lost, Shot, Wish

__all__ = ["LiveFeed"]

_CLOCK_S = 1.0
"""By which the clock of the machine may be corrected without a word."""
_NOTICE_S = 60.0
"""Between two notices of damaged frames, so that a bad line does not fill the log."""
_ROWS = 16
"""Every so many rows tell nearly always that two frames differ."""


class LiveFeed:
    """Frames of one source that does not wait: the newest alone is kept, what was not taken is dropped and counted.

    Attributes:
        dropped: frames that were skipped, because the models were slower or the frames too old.
        finished: nothing more will come, once what waits is taken.
    """

    def __init__(
        self,
        source: Source,
        stream: Callable[[Source, Wish], Iterator[Shot]],
        wish: Wish,
        limits: Limits,
        region: Region | None,
        change: threading.Condition,
    ) -> None:
        """Prepares.

        Args:
            source: what is read.
            stream: connects, and gives frames until it raises `Lost`, or `SourceError` where no other try would help.
            wish: for the stream.
            limits: of which the age counts here.
            region: where ships count.
            change: notified when something can be taken; its lock guards what waits.
        """
        self.dropped, self.finished = 0, False
        self._source, self._stream, self._wish = source, stream, wish
        self._limits, self._region, self._change = limits, region, change
        self._waiting: deque[Frame | Ended | Gap | Notice] = deque()
        self._since = 0  # frames dropped since one was taken
        self._given = 0
        self._first: float | None = None
        self._last: tuple[Pixels, float] | None = None  # the frame before, and when its pixels came first
        self._gap: Gap | None = None
        self._good = monotonic()
        self._damaged: list[float] = []  # when, since frames are damaged
        self._left_out, self._noticed, self._complaint = 0, float("-inf"), ""
        self._offset = time() - monotonic()
        self._thread = threading.Thread(target=self._run, name=f"shipedge-{source.kind}", daemon=True)

    def start(self) -> None:
        """Starts reading."""
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end."""
        self._wish.stopped.set()

    def join(self, timeout_s: float) -> None:
        """Waits for the thread; one that hangs is left to the end of the process."""
        self._thread.join(timeout_s)

    def take(self) -> Frame | Ended | Gap | Notice | None:
        """What comes next, None where there is nothing yet; to be called with the lock of `change`."""
        while self._waiting:
            item = self._waiting.popleft()
            if not isinstance(item, Frame):
                self.finished = isinstance(item, Ended)
                return item
            assert item.captured is not None
            if self._limits.max_age_s is not None and monotonic() - item.captured.clock > self._limits.max_age_s:
                self._drop(1)
                continue
            item.index, item.captured = self._given, item.captured._replace(dropped=self._since)
            self._given, self._since = self._given + 1, 0
            return item
        return None

    def _drop(self, count: int) -> None:
        self.dropped += count
        self._since += count

    def _run(self) -> None:
        patience = self._wish.patience
        wait, known = patience.first_wait_s, False
        while not self._wish.stopped.is_set():
            try:
                for shot in self._stream(self._source, self._wish):
                    if self._wish.stopped.is_set():
                        return
                    if self._look(shot):
                        wait, known = patience.first_wait_s, True
                self._end(None)
                return
            except Lost as lost:
                self._lose(str(lost))
            except SourceError as error:
                if not known:
                    self._end(error)
                    return
                self._lose(str(error).removeprefix(f"{self._source.name}: "))
            except Exception as error:  # whatever it is, its text may hold the address
                self._lose(f"cannot be read ({type(error).__name__})")
            self._wish.stopped.wait(wait * random.uniform(0.75, 1.25))  # many that were lost at once do not return so
            wait = min(2 * wait, patience.most_wait_s)

    def _look(self, shot: Shot) -> bool:
        """Gives a frame, or says why not; whether it was given."""
        self._check_clock()
        if shot.skipped:
            with self._change:
                self._drop(shot.skipped)
        if shot.complaint:
            self._note_damage(shot)
            return False
        if shot.pixels is None or (self._last is not None and _same(self._last[0], shot.pixels)):
            limit = self._wish.patience.stale_s if shot.pixels is None else self._wish.patience.frozen_s
            self._note_same(shot.clock, limit)
            return False
        before = self._last
        self._last, self._good, self._damaged = (shot.pixels, shot.clock), shot.clock, []
        if self._left_out and shot.clock - self._noticed > _NOTICE_S:
            self._tell(f"{self._left_out} damaged frames were left out, the last: {self._complaint}")
            self._left_out, self._noticed = 0, shot.clock
        if before is not None and before[0].shape != shot.pixels.shape:
            (height, width), (h, w) = before[0].shape[:2], shot.pixels.shape[:2]
            self._tell(f"frames of {w}x{h} pixels from here on, {width}x{height} before")
        self._first = shot.clock if self._first is None else self._first
        frame = Frame(
            shot.pixels,
            self._source.name,
            time_s=shot.clock - self._first,
            decode_ms=shot.decode_ms,
            gsd_m=self._source.gsd_m or self._wish.reading.gsd_m,
            captured=Captured(self._time(shot.clock), shot.clock),
        )
        if self._region is not None:
            frame.area = self._region.area(frame)
        with self._change:
            if self._gap is not None:
                gap, self._gap = self._gap, None
                self._waiting.append(Gap(gap.source, gap.start, utc(self._time(shot.clock)), gap.reason))
            stale = [item for item in self._waiting if isinstance(item, Frame)]
            for item in stale:
                self._waiting.remove(item)
            self._drop(len(stale))
            self._waiting.append(frame)
            self._change.notify_all()
        return True

    def _note_same(self, clock: float, limit_s: float) -> None:
        self._damaged = []
        if self._last is not None and clock - self._last[1] > limit_s:
            self._lose(f"frozen: the same image for {limit_s:g} s", self._last[1])

    def _note_damage(self, shot: Shot) -> None:
        self._left_out, self._complaint = self._left_out + 1, shot.complaint
        self._damaged.append(shot.clock)
        if shot.clock - self._damaged[0] > self._wish.patience.corrupt_s:
            self._lose(f"damaged frames: {shot.complaint}")
        del self._damaged[1:]

    def _lose(self, reason: str, since: float | None = None) -> None:
        """Begins a gap where none is; it ends with the next good frame."""
        with self._change:
            if self._gap is None:
                start = utc(self._time(self._good if since is None else since))
                self._gap = Gap(self._source.name, start, None, reason)
                self._waiting.append(self._gap)
                self._change.notify_all()

    def _check_clock(self) -> None:
        offset = time() - monotonic()
        if abs(offset - self._offset) > _CLOCK_S:
            way = "forward" if offset > self._offset else "back"
            self._tell(f"the clock of this machine was set {way} by {abs(offset - self._offset):.1f} s")
            self._offset = offset

    def _time(self, clock: float) -> datetime:
        return datetime.fromtimestamp(time() - (monotonic() - clock), timezone.utc)

    def _tell(self, message: str) -> None:
        with self._change:
            self._waiting.append(Notice(self._source.name, utc(), message))
            self._change.notify_all()

    def _end(self, error: SourceError | None) -> None:
        if self._left_out:
            self._tell(f"{self._left_out} damaged frames were left out, the last: {self._complaint}")
        with self._change:
            self._waiting.append(Ended(self._source, error))
            self._change.notify_all()


def _same(before: Pixels, now: Pixels) -> bool:
    return (
        before.shape == now.shape
        and np.array_equal(before[::_ROWS], now[::_ROWS])
        and all(np.array_equal(a, b) for a, b in zip(before, now, strict=True))
    )
