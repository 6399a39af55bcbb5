"""One thread reads frames ahead, so that decoding overlaps the models' work."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from shipedge.errors import SourceError
from shipedge.frame import Frame
from shipedge.images import AS_IT_IS, Reading
from shipedge.region import Region
from shipedge.sources.camera import read_camera
from shipedge.sources.files import read_picture
from shipedge.sources.resolve import Source
from shipedge.sources.video import read_video

__all__ = ["Ended", "ReadAhead"]

DEPTH = 2
"""Frames waiting. With the one being decoded and the one being worked on, four are in memory at most."""
MOST_BYTES = 1 << 26
"""Of frames in memory when the next one is decoded: very large frames are decoded one after the other."""


class Ended(NamedTuple):
    """Nothing more comes of a source; `error` says why where that is not its end."""

    source: Source
    error: SourceError | None = None


class ReadAhead:
    """Iterates over the frames of all sources, in order; after those of each comes its `Ended`.

    Files are never dropped: the reader waits. A camera does not wait, so the oldest waiting frame of a camera is
    dropped when the models are slower, and the delay does not grow.

    Attributes:
        dropped: frames of cameras that were skipped.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        should_stop: Callable[[], bool] = lambda: False,
        reading: Reading = AS_IT_IS,
        region: Region | None = None,
    ) -> None:
        """Prepares; reading starts on `__enter__`. Iteration ends early once `should_stop()` is true."""
        self.dropped = 0
        self._sources = sources
        self._should_stop = should_stop
        self._reading, self._region = reading, region
        self._waiting: deque[Frame | Ended] = deque()
        self._worked_on = 0  # bytes
        self._change = threading.Condition()
        self._finished = False
        self._stopped = False
        self._crash: BaseException | None = None
        self._thread = threading.Thread(target=self._read_all, name="shipedge-read-ahead", daemon=True)

    def __enter__(self) -> ReadAhead:
        """Starts reading."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Stops reading; a camera that hangs is left to the end of the process."""
        with self._change:
            self._stopped = True
            self._change.notify_all()
        self._thread.join(timeout=5)

    def __iter__(self) -> Iterator[Frame | Ended]:
        """Frames and ends, in order."""
        while True:
            with self._change:
                self._worked_on = 0
                self._change.notify_all()
                while not self._waiting and not self._finished and not self._should_stop():
                    self._change.wait(timeout=0.2)  # the timeout lets a signal be noticed while a camera is silent
                if self._should_stop() or not self._waiting:
                    break
                item = self._waiting.popleft()
                self._worked_on = _bytes(item)
                self._change.notify_all()
            yield item
            del item  # before the next one is waited for: it may have to be decoded in the same memory
        if self._crash is not None and not self._should_stop():
            raise self._crash

    def _read_all(self) -> None:
        try:
            for source in self._sources:
                self._read_one(source)
                if self._stopped:
                    break
        except BaseException as error:  # not lost in the thread: raised where the frames are used
            self._crash = error
        with self._change:
            self._finished = True
            self._change.notify_all()

    def _read_one(self, source: Source) -> None:
        try:
            for frame in _frames(source, self._reading):
                if frame.place is None:
                    frame.gsd_m = self._reading.gsd_m
                if self._region is not None:
                    frame.area = self._region.area(frame)
                self._put(frame, live=source.kind == "camera")
                del frame
                self._wait_for_room(source)
                if self._stopped:
                    return
            self._put(Ended(source), live=False)
        except SourceError as error:
            self._put(Ended(source, error), live=False)
        except ImportError:  # of every source alike: a library is not installed
            raise
        except Exception as error:  # whatever it is: the results of the other sources are kept
            text = " ".join(str(error).split())
            failed = SourceError(f"{source.name}: cannot be read ({type(error).__name__}: {text})")
            self._put(Ended(source, failed), live=False)

    def _put(self, item: Frame | Ended, live: bool) -> None:
        with self._change:
            while sum(isinstance(one, Frame) for one in self._waiting) >= DEPTH and not self._stopped:
                oldest = self._waiting[0]
                if live and isinstance(item, Frame) and isinstance(oldest, Frame) and oldest.source == item.source:
                    self._waiting.popleft()
                    self.dropped += 1
                else:
                    self._change.wait()
            self._waiting.append(item)
            self._change.notify_all()

    def _wait_for_room(self, source: Source) -> None:
        with self._change:
            while source.kind != "camera" and not self._stopped and self._held() > MOST_BYTES:
                self._change.wait()

    def _held(self) -> int:
        return self._worked_on + sum(map(_bytes, self._waiting))


def _bytes(item: Frame | Ended) -> int:
    return item.nbytes if isinstance(item, Frame) else 0


def _frames(source: Source, reading: Reading) -> Iterator[Frame]:
    if source.kind == "picture":
        yield read_picture(source.name, reading)
    elif source.kind == "video":
        yield from read_video(source.name, reading.max_pixels)
    else:
        yield from read_camera(source.name)
