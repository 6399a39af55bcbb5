"""How each source does now: what a terminal, a page and a monitoring system show."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Iterable
from copy import copy
from pathlib import Path
from time import monotonic

from msgspec import UNSET, Struct, field

from shipedge.events import End, Event, Failure, Gap, Result, utc
from shipedge.sources import Source

__all__ = ["Board", "Now", "id_of"]

_RATE_S = 10.0
_MOST_AGES = 200


class Now(Struct):
    """One source.

    Attributes:
        id: names it in addresses; the same for the same name.
        name: what people call it, see `Source.label`.
        kind: see `Source`.
        state: "opening" until the first frame, "live", "gap", "ended", "failed".
        reason: of a gap or failure.
        since: when it came into this state.
        frames: so far, of this run.
        ships: of all frames.
        dropped: frames that were skipped, because the models were slower.
        gaps: so far.
        tracks: that were begun.
        ships_now: in the newest frame.
        fps: frames a second, of the last ten seconds.
        age_p50_ms: median of the milliseconds from capture to result; None where there are none.
        age_p95_ms: likewise.
        last: when the newest frame was captured, or done.
        quiet_s: seconds since a frame was done; None before the first.
        shape: [height, width].
    """

    id: str
    name: str
    kind: str
    state: str = "opening"
    reason: str = ""
    since: str = field(default_factory=utc)
    frames: int = 0
    ships: int = 0
    dropped: int = 0
    gaps: int = 0
    tracks: int = 0
    ships_now: int = 0
    fps: float = 0.0
    age_p50_ms: float | None = None
    age_p95_ms: float | None = None
    last: str = ""
    quiet_s: float | None = None
    shape: list[int] = field(default_factory=list)


def id_of(name: str) -> str:
    """The id of a source: twelve hexadecimal digits."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:12]


class _Kept:
    """A source with what its figures are computed from."""

    def __init__(self, source: Source) -> None:
        self.now = Now(id_of(source.label), source.label.encode("utf-8", "backslashreplace").decode(), source.kind)
        self.done: deque[float] = deque()
        self.ages: deque[float] = deque(maxlen=_MOST_AGES)
        self.highest = 0


class Board:
    """Counts events; any thread may ask."""

    def __init__(self, sources: list[Source] | None = None) -> None:
        """No frames yet."""
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {source.label: _Kept(source) for source in sources or ()}
        self._labels: dict[str, str] = {}
        self._folders: dict[Path, str] = {}
        self._frames = 0
        self.call(sources or ())

    @property
    def frames(self) -> int:
        """Of all sources, those that are gone as well."""
        return self._frames

    def call(self, sources: Iterable[Source]) -> None:
        """Learns what sources are called. It is kept when they leave: their events may be read later."""
        with self._lock:
            for source in sources:
                if source.title:
                    self._labels[source.name] = source.title
                if source.kind == "watch":
                    self._folders[Path(source.address)] = source.label

    def join(self, source: Source) -> None:
        """One more source."""
        self.call([source])
        with self._lock:
            self._kept[source.label] = _Kept(source)

    def leave(self, label: str) -> None:
        """A source is shown no more."""
        with self._lock:
            self._kept.pop(label, None)

    def name_of(self, source: str) -> str:
        """What the source is called that an event belongs to: of an image in a watched folder, the folder's."""
        with self._lock:
            if label := self._labels.get(source):
                return label
            return source if source in self._kept else self._folders.get(Path(source).parent, source)

    def take(self, event: Event) -> None:
        """Counts an event of the log."""
        source = getattr(event, "source", None)
        if source is None:
            return
        name = self.name_of(source)
        with self._lock:
            kept = self._kept.get(name)
            if kept is None:
                return
            now = kept.now
            if isinstance(event, Result):
                self._frame(kept, event)
            elif isinstance(event, Gap):
                now.gaps += event.end is None
                if event.end is None:
                    now.state, now.reason, now.since, now.ships_now = "gap", event.reason, event.start, 0
            elif isinstance(event, Failure):
                now.state, now.reason, now.since, now.ships_now = "failed", event.message, event.time, 0
            elif isinstance(event, End):
                now.state, now.reason, now.since, now.ships_now = "ended", "", event.time, 0

    def all(self) -> list[Now]:
        """The sources, in the order in which they came; values of this moment."""
        clock = monotonic()
        with self._lock:
            for kept in self._kept.values():
                while kept.done and clock - kept.done[0] > _RATE_S and len(kept.done) > 1:
                    kept.done.popleft()
                now = kept.now
                now.quiet_s = round(clock - kept.done[-1], 3) if kept.done else None
                recent = len(kept.done) > 1 and clock - kept.done[-1] < _RATE_S
                now.fps = round((len(kept.done) - 1) / (kept.done[-1] - kept.done[0]), 2) if recent else 0.0
                if kept.ages:
                    ages = sorted(kept.ages)
                    now.age_p50_ms, now.age_p95_ms = ages[len(ages) // 2], ages[int(len(ages) * 0.95)]
            return [copy(kept.now) for kept in self._kept.values()]

    def _frame(self, kept: _Kept, event: Result) -> None:
        now = kept.now
        self._frames += 1
        if now.state != "live":
            now.state, now.reason, now.since = "live", "", utc()
        now.frames += 1
        now.ships += len(event.ships)
        now.ships_now = len(event.ships)
        now.dropped += 0 if event.dropped is UNSET else event.dropped
        now.last = utc() if event.captured is UNSET else event.captured
        now.shape = event.shape
        for ship in event.ships:
            if ship.track is not UNSET and ship.track > kept.highest:
                now.tracks += 1
                kept.highest = ship.track
        kept.done.append(monotonic())
        if len(kept.done) > 1 and kept.done[-1] - kept.done[0] > 2 * _RATE_S:
            kept.done.popleft()
        if event.age_ms is not UNSET:
            kept.ages.append(event.age_ms)
