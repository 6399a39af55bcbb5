"""All sources at once: those that wait one after the other, each live one beside them, with fair turns."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from time import monotonic

from shipedge.frame import Frame
from shipedge.images import AS_IT_IS, Reading
from shipedge.region import Region
from shipedge.sources.ended import Ended, Joined
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
        *,
        endless: bool = False,
    ) -> None:
        """Prepares; reading starts on `__enter__`. Iteration ends early once `should_stop()` is true.

        Args:
            sources: those that are read from the beginning.
            should_stop: is asked again and again.
            reading: how images are read.
            region: where ships count.
            limits: which frames are given.
            patience: time-outs of live sources.
            endless: iteration goes on without a source: some may be added.
        """
        self._should_stop, self._limits, self._endless = should_stop, limits, endless
        self._reading, self._region, self._patience = reading, region, patience
        self._told: deque[Item] = deque()
        self._change = threading.Condition()
        self._end: float | None = None
        files = [source for source in sources if not source.live]
        self._ahead = [self._prefetch(files)] if files else []
        self._ahead += [self._prefetch([source]) for source in sources if source.live and source.waits]
        self._live = {source.name: self._follow(source) for source in sources if not source.waits}
        self._turns = self._all()
        self._added: dict[str, tuple[Source, Prefetch | LiveFeed]] = {}

    @property
    def dropped(self) -> dict[str, int]:
        """Frames of each live source that were skipped, because the models were slower or the frames too old."""
        return {name: feed.dropped for name, feed in self._live.items()}

    def add(self, source: Source) -> None:
        """Reads one more source, whose name no other has; from any thread."""
        feed = self._prefetch([source]) if source.waits else self._follow(source)
        with self._change:
            self._added[source.name] = source, feed
            self._told.append(Joined(source))
            self._turns.append(feed)
            if isinstance(feed, LiveFeed):
                self._live[source.name] = feed
            else:
                self._ahead.append(feed)
            feed.start()
            self._change.notify_all()

    def stop(self, name: str) -> None:
        """Ends a source that was added, after what was taken of it; from any thread. KeyError where there is none."""
        with self._change:
            source, feed = self._added.pop(name)
            feed.stop()
            if feed in self._turns:
                self._turns.remove(feed)
                self._told.append(Ended(source))
                self._forget(feed)
            self._change.notify_all()

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
        frames = 0
        while self._is_open() and not self._over(frames):
            with self._change:
                self._work_on(None)
                item = None
                while item is None and self._is_open() and not self._over(frames):
                    item = self._told.popleft() if self._told else self._take()
                    if item is None and self._is_open():
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

    def _take(self) -> Item | None:
        """What the next source has whose turn it is; those that are through have none."""
        for _ in range(len(self._turns)):
            feed = self._turns.pop(0)
            self._turns.append(feed)
            if (item := feed.take()) is not None:
                return item
        for feed in [feed for feed in self._turns if feed.finished]:
            self._turns.remove(feed)
            if self._endless:
                if isinstance(feed, Prefetch) and feed.crash is not None:
                    raise feed.crash
                self._forget(feed)
        return None

    def _forget(self, feed: Prefetch | LiveFeed) -> None:
        """Of a run over months, in which sources come and go, nothing is left of those that went."""
        if isinstance(feed, Prefetch):
            self._ahead.remove(feed)
        else:
            self._live = {name: one for name, one in self._live.items() if one is not feed}

    def _is_open(self) -> bool:
        return self._endless or bool(self._turns)

    def _prefetch(self, sources: Sequence[Source]) -> Prefetch:
        return Prefetch(sources, read_source, list(map(self._wish, sources)), self._region, self._change)

    def _follow(self, source: Source) -> LiveFeed:
        region = source.region or self._region
        return LiveFeed(source, read_stream, self._wish(source), self._limits, region, self._change)

    def _wish(self, source: Source) -> Wish:
        limits = self._limits
        return Wish(source.fps or limits.fps, source.every or limits.every, self._reading, self._patience)

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
