"""Source -> cascade -> sinks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import perf_counter

from shipedge.cascade import Cascade
from shipedge.errors import SourceError
from shipedge.frame import Frame, FrameResult
from shipedge.images import AS_IT_IS, Reading
from shipedge.region import Region
from shipedge.sinks import Sink
from shipedge.sources import EVERYTHING, Ended, Limits, Source
from shipedge.sources.feeds import Feeds

__all__ = ["SourceSummary", "Summary", "run"]


@dataclass(slots=True)
class SourceSummary:
    """What was found in one source; `score` is the best of its frames, `scale` what they were resampled by."""

    frames: int = 0
    frames_with_ships: int = 0
    ships: int = 0
    score: float = 0.0
    scale: float = 1.0


@dataclass(slots=True)
class Summary:
    """What a run did.

    Attributes:
        sources: per source, in the order of reading; sources that gave no frame are absent.
        failed: one sentence for each source that could not be read, or not to its end.
        seconds: wall time of the whole run.
        timings_ms: milliseconds per stage, summed over frames: decode, detector, segmenter, post, refiner, write.
        dropped: camera frames that were skipped because the models were slower.
        interrupted: whether the run was asked to stop before its end.
    """

    sources: dict[str, SourceSummary] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0
    timings_ms: dict[str, float] = field(default_factory=dict)
    dropped: int = 0
    interrupted: bool = False

    @property
    def frames(self) -> int:
        """Frames of all sources."""
        return sum(source.frames for source in self.sources.values())

    @property
    def frames_with_ships(self) -> int:
        """Frames with at least one ship."""
        return sum(source.frames_with_ships for source in self.sources.values())

    @property
    def ships(self) -> int:
        """Ships of all frames (a ship seen in ten frames counts ten times)."""
        return sum(source.ships for source in self.sources.values())

    def add(self, result: FrameResult, write_ms: float) -> None:
        """Counts one frame."""
        source = self.sources.setdefault(result.source, SourceSummary())
        source.frames += 1
        source.frames_with_ships += bool(result.ships)
        source.ships += len(result.ships)
        source.score = max(source.score, result.score)
        source.scale = result.scale
        for stage, value in {**result.timings_ms, "write": write_ms}.items():
            self.timings_ms[stage] = self.timings_ms.get(stage, 0.0) + value


def run(
    sources: Sequence[Source],
    cascade: Cascade,
    sinks: Sequence[Sink],
    on_progress: Callable[[Summary], None] = lambda summary: None,
    should_stop: Callable[[], bool] = lambda: False,
    reading: Reading = AS_IT_IS,
    region: Region | None = None,
    limits: Limits = EVERYTHING,
) -> Summary:
    """Sends every frame of every source through the cascade and into each sink.

    A source that cannot be read is noted in the summary and the others go on. `should_stop` is asked between frames:
    the frame in hand is finished, and what is complete is kept. `reading` says how images are read, `region`
    where ships count.

    Raises:
        BackendError: a model failed while running.
        OSError: a sink cannot write.
    """
    summary = Summary()
    start = perf_counter()
    try:
        with ExitStack() as stack:
            for sink in sinks:
                stack.enter_context(sink)
            reading = reading._replace(half=cascade.bundle.detector.reduce == 2)
            reader = stack.enter_context(Feeds(sources, should_stop, reading, region, limits))
            for frame in reader:
                if isinstance(frame, Ended):
                    summary.failed += [] if frame.error is None else [str(frame.error)]
                elif isinstance(frame, Frame):
                    _work(frame, cascade, sinks, summary)
                del frame  # so that a very large one is gone when the next is decoded
                on_progress(summary)
            summary.dropped = sum(reader.dropped.values())
            summary.interrupted = should_stop()
    except SourceError as error:  # a sink could not finish its file; the others have theirs
        summary.failed.append(str(error))
    summary.seconds = perf_counter() - start
    return summary


def _work(frame: Frame, cascade: Cascade, sinks: Sequence[Sink], summary: Summary) -> None:
    try:
        result = cascade(frame)
    except SourceError as error:
        summary.failed.append(str(error))
        return
    begin = perf_counter()
    for sink in sinks:
        try:
            sink.write(frame, result)
        except SourceError as error:  # one that cannot take this frame does not stop the others
            if str(error) not in summary.failed:
                summary.failed.append(str(error))
    summary.add(result, (perf_counter() - begin) * 1e3)
