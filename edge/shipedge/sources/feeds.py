"""All sources at once: those that wait one after the other, each live one beside them, with fair turns."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from time import monotonic

from shipedge.frame import Frame
from shipedge.images import AS_IT_IS, Reading
from shipedge.region import Region
from shipedge.sources.limits import EVERYTHING, Limits
from shipedge.sources.live import LiveFeed
from shipedge.sources.opening import read_source, read_stream
from shipedge.sources.prefetch import Item, Prefetch
from shipedge.sources.resolve import Source
from shipedge.sources.stream import PATIENT, Patience, Wish

__all__ = ["Feeds"]

_FILES_S, _LIVE_S = 5.0, 0.3
"""Seconds for the threads to end: of files, which decode to the end of a frame, and of streams, which may hang."""


class Feeds:
    """Iterates over the frames of all sources, what is to be told of them, and their ends.

    Files are read in their order and never dropped. A live source does not wait: of it the newest frame is given.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        should_stop: Callable[[], bool] = lambda: False,
        reading: Reading = AS_IT_IS,
        region: Region | None = None,
        limits: Limits = EVERYTHING,
        patience: Patience = PATIENT,
    ) -> None:
        """Prepares; reading starts on `__enter__`. Iteration ends early once `should_stop()` is true."""
        self._should_stop, self._limits = should_stop, limits
        self._change = threading.Condition()
        self._end: float | None = None

        def wish(source: Source) -> Wish:
            return Wish(source.fps or limits.fps, source.every or limits.every, reading, patience)

        def ahead(some: Sequence[Source]) -> Prefetch:
            return Prefetch(some, read_source, list(map(wish, some)), region, self._change)

        files = [source for source in sources if not source.live]
        self._ahead = [ahead(files)] if files else []
        self._ahead += [ahead([source]) for source in sources if source.live and source.waits]
        self._live = {
            source.name: LiveFeed(source, read_stream, wish(source), limits, source.region or region, self._change)
            for source in sources
            if not source.waits
        }

    @property
    def dropped(self) -> dict[str, int]:
        """Frames of each live source that were skipped, because the models were slower or the frames too old."""
        return {name: feed.dropped for name, feed in self._live.items()}

    def __enter__(self) -> Feeds:
        """Starts reading."""
        if self._limits.duration_s is not None:
            self._end = monotonic() + self._limits.duration_s
        for feed in self._all():
            feed.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        """Stops reading; what hangs is left to the end of the process."""
        for feed in self._all():
            feed.stop()
        for reader in self._ahead:
            reader.join(_FILES_S)
        until = monotonic() + _LIVE_S
        for live in self._live.values():
            live.join(max(until - monotonic(), 0))

    def __iter__(self) -> Iterator[Item]:
        """Frames and what else there is, in order for each source."""
        frames, turn = 0, 0
        feeds = self._all()
        while feeds and not self._over(frames):
            with self._change:
                self._work_on(None)
                item = None
                while item is None and feeds and not self._over(frames):
                    for _ in range(len(feeds)):
                        turn = (turn + 1) % len(feeds)
                        if (item := feeds[turn].take()) is not None:
                            break
                    else:
                        feeds = [feed for feed in feeds if not feed.finished]
                        if feeds:
                            self._change.wait(timeout=0.2)  # so that a signal is noticed while all are silent
                self._work_on(item)
            if item is None:
                break
            frames += isinstance(item, Frame)
            yield item
            del item  # before the next one is waited for: it may have to be decoded in the same memory
        for feed in self._ahead:
            if feed.crash is not None and not self._should_stop():
                raise feed.crash

    def _all(self) -> list[Prefetch | LiveFeed]:
        return [*self._ahead, *self._live.values()]

    def _over(self, frames: int) -> bool:
        most = self._limits.max_frames
        late = self._end is not None and monotonic() >= self._end
        return late or (most is not None and frames >= most) or self._should_stop()

    def _work_on(self, item: Item | None) -> None:
        for feed in self._ahead:
            feed.worked_on = item.nbytes if isinstance(item, Frame) else 0
        self._change.notify_all()
