"""One thread reads frames ahead of sources that wait, so that decoding overlaps the models' work."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from shipedge.errors import SourceError
from shipedge.events import Gap, Notice
from shipedge.frame import Frame
from shipedge.region import Region
from shipedge.sources.ended import Ended, Joined
from shipedge.sources.resolve import Source
from shipedge.sources.stream import Wish

__all__ = ["DEPTH", "Item", "Prefetch"]

DEPTH = 2
"""Frames waiting. With the one being decoded and the one being worked on, four are in memory at most."""
MOST_BYTES = 1 << 26
"""Of frames in memory when the next one is decoded: very large frames are decoded one after the other."""

Item: TypeAlias = Frame | Ended | Joined | Gap | Notice


class Prefetch:
    """The frames of all sources, in order; after those of each comes its `Ended`. None is dropped: the reader waits.

    Attributes:
        finished: nothing more will come, once what waits is taken.
        worked_on: bytes of the frame that the models have now, of whatever source.
        crash: what the thread failed over, which was no source.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        frames: Callable[[Source, Wish], Iterator[Item]],
        wishes: Sequence[Wish],
        region: Region | None,
        change: threading.Condition,
    ) -> None:
        """Prepares; `frames` reads one source as wished, `change` is notified when something can be taken."""
        self.finished, self.worked_on = False, 0
        self.crash: BaseException | None = None
        self._sources, self._frames, self._wishes = sources, frames, wishes
        self._region, self._change = region, change
        self._waiting: deque[Item] = deque()
        self._stopped = False
        self._thread = threading.Thread(target=self._read_all, name="shipedge-read-ahead", daemon=True)

    def start(self) -> None:
        """Starts reading."""
        self._thread.start()

    def stop(self) -> None:
        """Asks the thread to end."""
        with self._change:
            self._stopped = True
            for wish in self._wishes:
                wish.stopped.set()
            self._change.notify_all()

    def join(self, timeout_s: float) -> None:
        """Waits for the thread; one that hangs is left to the end of the process."""
        self._thread.join(timeout_s)

    def take(self) -> Item | None:
        """What comes next, None where there is nothing yet; to be called with the lock of `change`."""
        return self._waiting.popleft() if self._waiting else None

    def _read_all(self) -> None:
        try:
            for source, wish in zip(self._sources, self._wishes, strict=True):
                self._read_one(source, wish)
                if self._stopped:
                    break
        except BaseException as error:  # not lost in the thread: raised where the frames are used
            self.crash = error
        with self._change:
            self.finished = True
            self._change.notify_all()

    def _read_one(self, source: Source, wish: Wish) -> None:
        try:
            for item in self._frames(source, wish):
                if isinstance(item, Frame):
                    if item.place is None:
                        item.gsd_m = source.gsd_m or wish.reading.gsd_m
                    if (region := source.region or self._region) is not None:
                        item.area = region.area(item)
                self._put(item)
                del item
                self._wait_for_room()
                if self._stopped:
                    return
            self._put(Ended(source))
        except SourceError as error:
            self._put(Ended(source, error))
        except ImportError:  # of every source alike: a library is not installed
            raise
        except Exception as error:  # whatever it is: the results of the other sources are kept
            # Of a stream the text may hold the address.
            text = "" if source.live else f": {' '.join(str(error).split())}"
            failed = SourceError(f"{source.name}: cannot be read ({type(error).__name__}{text})")
            self._put(Ended(source, failed))

    def _put(self, item: Item) -> None:
        with self._change:
            while sum(isinstance(one, Frame) for one in self._waiting) >= DEPTH and not self._stopped:
                self._change.wait()
            self._waiting.append(item)
            self._change.notify_all()

    def _wait_for_room(self) -> None:
        with self._change:
            while not self._stopped and self.worked_on + sum(map(_bytes, self._waiting)) > MOST_BYTES:
                self._change.wait()


def _bytes(item: object) -> int:
    return item.nbytes if isinstance(item, Frame) else 0
