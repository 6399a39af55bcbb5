"""One tracker for each source whose ships are followed."""

from collections.abc import Collection, Mapping

from shipedge.events import Result, Track
from shipedge.frame import Frame
from shipedge.tracks.tracker import Tracker

__all__ = ["Trackers"]


class Trackers:
    """The trackers of one run.

    Args:
        sources: names of those whose ships are followed.
        recorded: numbers of tracks, by source, that an earlier run has written down.
        replays: frames of that run are tracked again, and its tracks get the same numbers; otherwise new numbers begin
            after them.
    """

    def __init__(self, sources: Collection[str], recorded: Mapping[str, Collection[int]], *, replays: bool) -> None:
        self._sources, self._recorded, self._replays = set(sources), dict(recorded), replays
        self._trackers: dict[str, Tracker] = {}

    def join(self, source: str) -> None:
        """Follows the ships of one more source."""
        self._sources.add(source)

    def update(self, frame: Frame, result: Result) -> list[Track]:
        """Notes in a result which ship is which; the tracks that are over, and not written down yet."""
        name = frame.source
        if name not in self._sources:
            return []
        if name not in self._trackers:
            before = () if self._replays else self._recorded.get(name, ())
            self._trackers[name] = Tracker(max(before, default=0) + 1)
        return self._new(self._trackers[name].update(frame.pixels, result))

    def end(self, source: str) -> list[Track]:
        """The tracks that are over because their source is, and not written down yet."""
        tracker = self._trackers.pop(source, None)
        if tracker is None:
            return []
        if not self._replays:
            self._recorded[source] = {tracker.highest}  # a source of this name may join again
        return self._new(tracker.end())

    def _new(self, tracks: list[Track]) -> list[Track]:
        if not self._replays:
            return tracks
        return [track for track in tracks if track.track not in self._recorded.get(track.source, ())]
