"""What a run did, counted from its events."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec import UNSET

from shipedge.events.kinds import Event, Failure, Gap, Result, Track

__all__ = ["SourceSummary", "Summary"]


@dataclass(slots=True)
class SourceSummary:
    """What was found in one source; `score` is the best of its frames, `scale` what they were resampled by."""

    frames: int = 0
    frames_with_ships: int = 0
    ships: int = 0
    score: float = 0.0
    scale: float = 1.0
    dropped: int = 0
    gaps: int = 0
    tracks: int = 0


@dataclass(slots=True)
class Summary:
    """What a run did.

    Attributes:
        sources: per source, in the order of reading; sources that gave no frame are absent.
        failed: one sentence for each source that could not be read, or not to its end, and each output that is lost.
        unread: names of the sources among them.
        recorded: frames that an earlier run had done already.
        seconds: wall time of the whole run.
        timings_ms: milliseconds per stage, summed over frames: decode, detector, segmenter, post, refiner, write.
        dropped: frames of cameras and streams that were skipped because the models were slower.
        interrupted: whether the run was asked to stop before its end.
    """

    sources: dict[str, SourceSummary] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    recorded: int = 0
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

    def add(self, event: Event, name: str | None = None) -> None:
        """Counts one event, under a name where its source is one of a folder's many."""
        if isinstance(event, Result):
            source = self.sources.setdefault(name or event.source, SourceSummary())
            source.frames += 1
            source.frames_with_ships += bool(event.ships)
            source.ships += len(event.ships)
            source.score = max(source.score, event.score)
            source.scale = 1.0 if event.scale is UNSET else event.scale
            dropped = 0 if event.dropped is UNSET else event.dropped
            source.dropped += dropped
            self.dropped += dropped
            for stage, value in event.timings_ms.items():
                self.timings_ms[stage] = self.timings_ms.get(stage, 0.0) + value
        elif isinstance(event, Failure):
            if event.message not in self.failed:
                self.failed.append(event.message)
            if event.source is not None and event.source not in self.unread[-1:]:
                self.unread.append(event.source)
        elif isinstance(event, Track):
            self.sources.setdefault(event.source, SourceSummary()).tracks += 1
        elif isinstance(event, Gap) and event.end is None:
            self.sources.setdefault(event.source, SourceSummary()).gaps += 1
