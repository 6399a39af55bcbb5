"""What an earlier run has left in a log: nothing, something whole, or something to go on from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from shipedge.errors import DatasetError
from shipedge.events.kinds import End, Event, Failure, Gap, Result, Start, Track
from shipedge.events.reading import log_files, parse_event, read_events, whole_lines
from shipedge.events.summary import Summary
from shipedge.files.json_text import loads

__all__ = ["Recorded", "is_through", "read_recorded"]

_FRAME = re.compile(rb'\{"event":"(?:frame|track)","source":("(?:[^"\\]|\\.)*"),("index":(\d{1,15}),)?')
_CAPTURED = re.compile(rb'"captured":"([^"\\]{1,40})"')
_TIMES = re.compile(rb'"(?:captured|time|start|end)":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)"')
_TRACK = re.compile(rb'"track":(\d{1,15})')
_FRESH = "--fresh replaces it, another --out leaves it alone"


@dataclass(slots=True)
class Recorded:
    """What is done.

    Attributes:
        goes_on: whether this run adds to the log.
        part: number of the last of its files.
        size: bytes of the whole lines in it.
        frames: number of the next frame of each source.
        through: sources that are read to their end, or that cannot be read.
        captured: when the last frame of each source of cameras, streams and watched folders was.
        tracks: of each source those that ended; of cameras and streams the highest id that there was.
        summary: of a batch.
        since: when its newest file was begun, seconds since 1970.
        last: time of the last event of cameras and streams, as events have it.
        gaps: of cameras and streams, those that had not ended.
        log: where it is.
    """

    goes_on: bool = False
    part: int = 0
    size: int = 0
    frames: dict[str, int] = field(default_factory=dict)
    through: set[str] = field(default_factory=set)
    captured: dict[str, str] = field(default_factory=dict)
    tracks: dict[str, set[int]] = field(default_factory=dict)
    summary: Summary = field(default_factory=Summary)
    since: float = 0.0
    last: str = ""
    gaps: dict[str, Gap] = field(default_factory=dict)
    log: Path | None = None

    def results(self, source: str) -> Iterator[Result]:
        """What is recorded of the frames of one source, in order."""
        if self.log is not None:
            for event in read_events(self.log):
                if isinstance(event, Result) and event.source == source:
                    yield event


def read_recorded(log: Path, start: Start) -> Recorded:
    """What is in the log for a run that begins with `start`.

    Raises:
        DatasetError: it is of another command that is not through, or no log.
    """
    files = log_files(log)
    if not files:
        return Recorded()
    first = _first(files[0])
    if first is None:
        return Recorded()
    if start.batch is None and first.batch is None:
        return _live(log, files)
    if first.batch is None:
        raise DatasetError(f"{log}: holds the events of cameras or streams: {_FRESH}")
    recorded, ended = _batch(log, files)
    if ended:
        return Recorded()
    if first.batch != start.batch:
        raise DatasetError(
            f"{log.parent}: holds a run of {first.time} that is not through, and is not this one: other options or "
            f"sources, or files that have changed since. Its command goes on with it, {_FRESH}"
        )
    return recorded


def is_through(log: Path) -> bool:
    """Whether a run over files has come to its end; of cameras and streams nothing says so, and it is.

    Raises:
        DatasetError: it is no log.
    """
    files = log_files(log)
    first = _first(files[0]) if files else None
    if first is None or first.batch is None:
        return first is not None
    *_, last = whole_lines(files[-1])
    return files[-1] == log and last[2].startswith(b'{"event":"end","source":null')


def _first(path: Path) -> Start | None:
    """The first event, None of a file without a whole line."""
    for _, _, line in whole_lines(path):
        try:
            event = parse_event(line)
        except ValueError:
            event = None
        if not isinstance(event, Start) or event.format != 1:
            raise DatasetError(f"{path}: line 1 is no start of a log that shipedge has written: {_FRESH}")
        return event
    return None


def _batch(log: Path, files: list[Path]) -> tuple[Recorded, bool]:
    recorded = Recorded(goes_on=True, log=log)
    ended = False
    for path in files:
        recorded.size = 0
        bad = 0
        for number, end, line in whole_lines(path):
            try:
                event = parse_event(line)
            except ValueError:
                bad = bad or number  # the end of a file that a power cut has spoiled
                continue
            if bad:
                raise DatasetError(f"{path}: line {bad} is no event, expected none behind it: {_FRESH}")
            recorded.size = end
            _add(recorded, event)
            ended = isinstance(event, End) and event.source is None
    recorded.summary.recorded = recorded.summary.frames
    return recorded, ended


def _add(recorded: Recorded, event: Event) -> None:
    recorded.summary.add(event)
    if isinstance(event, Start):
        recorded.part, recorded.since = event.part, _seconds(event.time)
    elif isinstance(event, Result):
        recorded.frames[event.source] = event.index + 1
    elif isinstance(event, Track):
        recorded.tracks.setdefault(event.source, set()).add(event.track)
    elif isinstance(event, (Failure, End)) and event.source is not None:
        recorded.through.add(event.source)


def _live(log: Path, files: list[Path]) -> Recorded:
    """Only the numbers of frames, and what was going on: the log may hold those of weeks."""
    recorded = Recorded(goes_on=True, log=log)
    for path in files:
        recorded.size = 0
        for _, end, line in whole_lines(path):
            recorded.size = end
            if frame := _FRAME.match(line):
                _add_frame(recorded, str(loads(frame[1])), frame[3], line)
            elif event := _other(line):
                if isinstance(event, Start):
                    recorded.part, recorded.since = event.part, _seconds(event.time)
                elif isinstance(event, Gap) and event.end is None:
                    recorded.gaps[event.source] = event
                elif isinstance(event, Gap):
                    recorded.gaps.pop(event.source, None)
            if times := _TIMES.findall(line):
                recorded.last = times[-1].decode()
    return recorded


def _add_frame(recorded: Recorded, source: str, index: bytes | None, line: bytes) -> None:
    if index is not None:
        recorded.frames[source] = int(index) + 1
        if captured := _CAPTURED.search(line):
            recorded.captured[source] = captured[1].decode()
    if tracks := _TRACK.findall(line):
        recorded.tracks[source] = {max(*recorded.tracks.get(source, ()), *map(int, tracks), 0)}


def _other(line: bytes) -> Event | None:
    """An event that is no frame; None where a power cut has spoiled it."""
    try:
        return parse_event(line)
    except ValueError:
        return None


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()
