"""Source -> cascade -> log and sinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from time import monotonic, perf_counter, time

from shipedge.cascade import Cascade
from shipedge.errors import DatasetError, SourceError
from shipedge.events import Demoted, End, Failure, Gap, Notice, Result, Summary, Track, describe, utc
from shipedge.events.log import Log
from shipedge.frame import Captured, Frame
from shipedge.settings import DEFAULT, NOBODY, Listener, Settings
from shipedge.sinks import Sink
from shipedge.sources import Ended, Joined, Limits, Source
from shipedge.sources.feeds import Feeds
from shipedge.tracks import Trackers

__all__ = ["Listener", "Settings", "run"]

ENOUGH = 20
"""Sources after which a share of failures says something."""


def run(
    sources: Sequence[Source],
    cascade: Cascade,
    log: Log,
    sinks: Sequence[Sink] = (),
    settings: Settings = DEFAULT,
    listener: Listener = NOBODY,
) -> Summary:
    """Sends every frame of every source through the cascade, into each sink and then into the log.

    What the log holds already is not done again. A source that cannot be read is noted and the others go on.
    Asked to stop, it finishes the frame in hand, and what is complete is kept.

    Args:
        sources: what is read.
        cascade: what looks at it.
        log: not yet open.
        sinks: what else takes each frame.
        settings: what of the sources is looked at, and how.
        listener: whom it tells, and asks whether to go on.

    Raises:
        BackendError: a model failed while running.
        DatasetError: the log is of another command.
        OSError: the log or a sink cannot write.
        SourceError: too many sources have failed.
    """
    start = perf_counter()
    with ExitStack() as stack:
        stack.enter_context(log)
        if log.leftovers:
            listener.on_note(
                f"{log.path.parent}: unfinished files of runs that were killed have been removed: {log.leftovers}"
            )
        if log.recorded.goes_on and log.start.batch is not None:
            listener.on_note(f"{log.path}: goes on after {log.recorded.summary.frames} frames; --fresh begins anew")
        work = _Work(sources, cascade, log, sinks, settings, listener)
        for sink in sinks:
            stack.enter_context(sink)
        left = [source for source in sources if not work.is_through(source)]
        limits = work.left_of(settings.limits, sources)
        reading = settings.reading._replace(half=cascade.bundle.detector.reduce == 2)
        feeds = Feeds(left, listener.should_stop, reading, settings.region, limits, endless=settings.endless)
        reader = stack.enter_context(feeds)
        listener.on_feeds(reader)
        for item in reader:
            work.take(item)
            del item  # so that a very large frame is gone when the next is decoded
            listener.on_progress(work.summary)
        work.summary.interrupted = listener.should_stop()
        work.stop()
        listener.finish(work.summary)
        if not work.summary.interrupted:
            work.tell(End(None, utc(), work.summary.frames, work.summary.ships, work.summary.dropped))
    work.summary.seconds = perf_counter() - start
    return work.summary


class _Work:
    """One run: what becomes of everything that is read.

    Attributes:
        summary: what was done so far, in a batch also by the run that this one goes on from.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        cascade: Cascade,
        log: Log,
        sinks: Sequence[Sink],
        settings: Settings,
        listener: Listener,
    ) -> None:
        self._cascade, self._log, self._sinks = cascade, log, sinks
        self._most_failures = settings.most_failures
        self.summary = log.recorded.summary
        self._images = {source.name for source in sources if source.kind == "image"}
        self._on_note, self._on_event = listener.on_note, listener.on_event
        self._names = {source.name for source in sources}
        self._watched = next((source.name for source in sources if source.kind == "watch"), None)
        self._moving_files = {source.name for source in sources if source.kind == "video"}
        self._live = {source.name for source in sources if source.live}
        self._ended = len(log.recorded.through | (log.recorded.frames.keys() & self._images))
        self._replayed: tuple[str, Iterator[Result]] | None = None
        self._demoted = 0
        self._is_batch = log.start.batch is not None
        self._track = settings.track
        moving = {source.name for source in sources if settings.track and source.kind != "image"}
        self._trackers = Trackers(moving, log.recorded.tracks, replays=self._is_batch)
        self._gaps: dict[str, Gap] = {}
        self._next: dict[str, int] = {}  # of live sources the number of the next frame
        self._left: dict[str, str] = {}  # when live sources were left
        if not self._is_batch and log.recorded.last:
            last = log.recorded.last
            for gap in log.recorded.gaps.values():  # killed while they went on
                self.tell(Gap(gap.source, gap.start, last, gap.reason))
            for name in sorted(self._live):
                self.tell(Gap(name, last, utc(), "shipedge was not running"))

    def is_through(self, source: Source) -> bool:
        """Whether nothing of a source is left to do."""
        if not self._is_batch:
            return False
        done = self._log.recorded
        return source.name in done.through or (source.kind == "image" and source.name in done.frames)

    def left_of(self, limits: Limits, sources: Sequence[Source]) -> Limits:
        """The limits of a run that goes on: what is done and not read again counts."""
        if limits.max_frames is None or not self._is_batch:
            return limits
        frames = self.summary.sources
        done = sum(
            frames[source.name].frames for source in sources if source.name in frames and self.is_through(source)
        )
        return replace(limits, max_frames=limits.max_frames - done)

    def tell(self, event: Demoted | End | Failure | Gap | Notice | Result | Track) -> None:
        """Writes an event, and counts it once it is written."""
        self._log.write(event)
        self._on_event(event)
        # Of a watched folder, which may see millions of files, they are counted together.
        file = isinstance(event, Result) and not self._is_batch and event.source not in self._names
        self.summary.add(event, self._watched if file else None)

    def take(self, item: Frame | Ended | Joined | Gap | Notice) -> None:
        """Does what is to be done with one thing that was read."""
        if isinstance(item, Frame):
            self._frame(item)
        elif isinstance(item, Ended):
            self._end(item.source, item.error)
        elif isinstance(item, Joined):
            self._join(item.source)
        else:
            if isinstance(item, Gap):
                self._gaps[item.source] = item
            self.tell(item)
            self._on_note(_in_words(item))

    def _join(self, source: Source) -> None:
        name, known = source.name, self._log.recorded
        self._names.add(name)
        for kind, names in (("image", self._images), ("video", self._moving_files)):
            if source.kind == kind:
                names.add(name)
        if source.kind == "watch":
            self._watched = self._watched or name
        if self._track and source.kind != "image":
            self._trackers.join(name)
        if not source.live:
            return
        self._live.add(name)
        if left := self._left.pop(name, ""):
            self.tell(Gap(name, left, utc(), "the source was stopped"))
        elif known.last and name in known.frames:
            self.tell(Gap(name, known.last, utc(), "shipedge was not running"))

    def stop(self) -> None:
        """Ends the gaps that go on: from here on nobody looks."""
        for gap in self._gaps.values():
            if gap.end is None:
                self.tell(Gap(gap.source, gap.start, utc(), gap.reason))

    def _frame(self, frame: Frame) -> None:
        done = self._log.recorded.frames.get(frame.source, 0)
        if frame.source in self._live:
            frame.index += done  # of cameras and streams the numbers go on
            self._next[frame.source] = frame.index + 1
        elif not self._is_batch and frame.source not in self._moving_files:  # an image, or a file in a watched folder
            frame.captured = frame.captured or _written(frame.source)
            if utc(frame.captured.time) == self._log.recorded.captured.get(frame.source):
                return
            frame.index = done
            self._log.recorded.frames[frame.source] = done + 1
        elif frame.index < done:
            recorded = self._recorded(frame)
            ended = self._trackers.update(frame, recorded)
            self._draw(frame, recorded)
            self._tell_tracks(ended)
            return
        try:
            found = self._cascade(frame)
            result = describe(found)
        except SourceError as error:
            self.tell(Failure(frame.source if frame.source in self._images else None, utc(), str(error)))
            return
        finally:
            for text in self._cascade.demoted[self._demoted :]:
                self._demoted += 1
                self.tell(Demoted(utc(), text, self._cascade.backend))
        begin = perf_counter()
        ended = self._trackers.update(frame, result)
        if frame.captured is not None:
            result.captured, result.dropped = utc(frame.captured.time), frame.captured.dropped
        self._draw(frame, result)
        if frame.captured is not None:
            result.age_ms = round((monotonic() - frame.captured.clock) * 1e3, 3)
        self.tell(result)
        self._tell_tracks(ended)
        timings = self.summary.timings_ms
        timings["write"] = timings.get("write", 0.0) + (perf_counter() - begin) * 1e3

    def _tell_tracks(self, tracks: Sequence[Track]) -> None:
        for track in tracks:
            self.tell(track)

    def _draw(self, frame: Frame, result: Result) -> None:
        for sink in self._sinks:
            self._note(lambda sink=sink: sink.write(frame, result))  # type: ignore[misc]

    def _note(self, act: Callable[[], None]) -> None:
        """A sink that cannot take a frame does not stop the others, and not the log."""
        try:
            act()
        except SourceError as error:
            if str(error) not in self.summary.failed:
                self.tell(Failure(None, utc(), str(error)))

    def _recorded(self, frame: Frame) -> Result:
        """What the log says of a frame that an earlier run has done."""
        if self._replayed is None or self._replayed[0] != frame.source:
            self._replayed = frame.source, self._log.recorded.results(frame.source)
        result = next((result for result in self._replayed[1] if result.index == frame.index), None)
        if result is None:
            raise DatasetError(
                f"{self._log.path}: frame {frame.index} of {frame.source} is missing: --fresh begins anew"
            )
        return result

    def _end(self, source: Source, error: SourceError | None) -> None:
        self._tell_tracks(self._trackers.end(source.name))
        if source.live and not self._is_batch:
            self._leave(source.name)
        for sink in self._sinks:
            self._note(lambda sink=sink: sink.end(source))  # type: ignore[misc]
        if error is not None:
            self.tell(Failure(source.name, utc(), str(error)))
        elif source.kind != "image":
            mine = self.summary.sources.get(source.name)
            if mine is not None:
                self.tell(End(source.name, utc(), mine.frames, mine.ships, mine.dropped))
        self._ended += 1
        failed = len(self.summary.unread)
        if self._ended >= ENOUGH and failed > self._most_failures * self._ended:
            raise SourceError(
                f"{failed} of {self._ended} sources failed, more than a share of {self._most_failures:g}; "
                f"the last: {self.summary.failed[-1]}"
            )

    def _leave(self, name: str) -> None:
        """A live source of this name may join again: its gap ends, its numbers and times go on."""
        gap = self._gaps.pop(name, None)
        if gap is not None and gap.end is None:
            self.tell(Gap(gap.source, gap.start, utc(), gap.reason))
        self._left[name] = utc()
        if name in self._next:
            self._log.recorded.frames[name] = self._next[name]


def _written(name: str) -> Captured:
    """When a file was written, which tells it from one of its name before."""
    seconds = Path(name).stat().st_mtime
    return Captured(datetime.fromtimestamp(seconds, timezone.utc), monotonic() - (time() - seconds))


def _in_words(item: Gap | Notice) -> str:
    if isinstance(item, Notice):
        return f"{item.source}: {item.message}"
    if item.end is None:
        return f"{item.source}: no frames since {item.start}: {item.reason}; it is tried again"
    return f"{item.source}: gives frames again, after none from {item.start} to {item.end}"
