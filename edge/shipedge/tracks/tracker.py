"""The ships of one source, frame by frame: which is which, and how fast each goes."""

from __future__ import annotations

import numpy as np
from msgspec import UNSET, UnsetType
from numpy.typing import NDArray

from shipedge.events import Result, Track
from shipedge.frame import OrientedBox
from shipedge.tracks.camera import Camera
from shipedge.tracks.match import Expected
from shipedge.tracks.motion import Motion
from shipedge.tracks.view import View

__all__ = ["Tracker"]

_FRAME_S = 0.04
"""From frame to frame of sources without time stamps."""
_KEEP_FRAMES = 3
_KEEP_S = (1.0, 10.0)
"""A ship that is missed for longer than three frames, but a second at least and ten at most, is another when it comes
back; and so are all ships after a source was silent for as long."""
_LEARN = 0.1
"""What the last step counts in the usual one."""
_FASTEST = 4.0
"""Lengths a second that no ship exceeds: a boat of 8 m at 60 knots."""


_SHARE = 0.3
"""Of the doubt in the camera that is likely, not possible."""


class Tracker:
    """Follows the ships of one source.

    It takes what the log says of a frame, so a run that goes on after it was killed feeds it the recorded frames, and
    all ids are the same again: how the camera moved is computed from the pixels a second time.
    """

    def __init__(self, first: int = 1) -> None:
        """Nothing is followed yet; `first` is the first id, where a log goes on without its earlier frames."""
        self._next = first
        self._camera = Camera()
        self._followed: list[Motion] = []
        self._source, self._shape = "", [0, 0]
        self._gsd_m: float | UnsetType = UNSET
        self._timed = True
        self._time_s: float | None = None
        self._usual_s: float | None = None

    def update(self, pixels: NDArray[np.uint8], result: Result) -> list[Track]:
        """The next frame: sets `camera`, and of each ship `track`, `speed`, `speed_m_s` and `heading`.

        A speed is known after half a second, where the source has time stamps; a heading where a ship moves. When the
        size of the frames changes or their time goes back, no ship is the same as before.

        Args:
            pixels: (height, width, 3) uint8 RGB.
            result: what was found in them.

        Returns:
            The tracks that are over.
        """
        now, step_s, ended = self._go_on(result)
        boxes = [
            OrientedBox(ship.center[0], ship.center[1], ship.length, ship.width, ship.orientation)
            for ship in result.ships
        ]
        expected = Expected(
            np.array([(track.x, track.y) for track in self._followed], np.float64).reshape(-1, 2) + self._camera.offset,
            np.array([4 + track.length * (0.5 + _FASTEST * (now - track.last.time_s)) for track in self._followed]),
            np.array([track.length for track in self._followed]),
            np.array([box[:2] for box in boxes], np.float64).reshape(-1, 2),
            np.array([box.length for box in boxes]),
        )
        move = self._camera.follow(View(pixels, [ship.bbox for ship in result.ships]), expected, step_s)
        camera = self._camera.offset
        known = {ship: self._followed[place] for place, ship in expected.pairs(move.shift, move.doubt)}
        for number, (ship, box) in enumerate(zip(result.ships, boxes, strict=True)):
            track = known.get(number)
            if track is None:
                track = Motion(self._next, result.index, now, box, camera)
                self._followed.append(track)
                self._next += 1
            else:
                track.see(result.index, now, box, camera, _SHARE * move.doubt)
            ship.track = track.number
            ship.speed, ship.speed_m_s, ship.heading = self._measures(track.speed, track.heading)
        result.camera = [round(float(camera[0]), 2), round(float(camera[1]), 2)]
        return ended

    @property
    def highest(self) -> int:
        """The highest id that was given, or that the first one follows."""
        return self._next - 1

    def end(self) -> list[Track]:
        """Ends all tracks: the source is through, or gave nothing for too long."""
        ended, self._followed = [self._summary(track) for track in self._followed], []
        return ended

    def _go_on(self, result: Result) -> tuple[float, float, list[Track]]:
        """The time of a frame, seconds since the one before, and the tracks that end before it."""
        now = result.index * _FRAME_S if result.time_s is None else result.time_s
        step_s = _FRAME_S if self._time_s is None else now - self._time_s
        usual_s = min(max(step_s, 0.0) if self._usual_s is None else self._usual_s, _KEEP_S[1] / _KEEP_FRAMES)
        keep_s = max(_KEEP_FRAMES * usual_s, _KEEP_S[0])
        ended: list[Track] = []
        if not 0 <= step_s <= keep_s or result.shape != self._shape:
            ended, self._camera = self.end(), Camera()
        if self._time_s is not None:
            self._usual_s = usual_s + _LEARN * (max(step_s, 0.0) - usual_s)
        self._source, self._shape, self._gsd_m = result.source, result.shape, result.gsd_m
        self._time_s, self._timed = now, result.time_s is not None
        lost = [track for track in self._followed if now - track.last.time_s > keep_s]
        self._followed = [track for track in self._followed if now - track.last.time_s <= keep_s]
        for track in self._followed:
            track.predict(step_s)
        return now, max(step_s, 1e-3), ended + [self._summary(track) for track in lost]

    def _measures(
        self, speed: float | None, heading: float | None
    ) -> tuple[float | UnsetType, float | UnsetType, float | UnsetType]:
        """As events have them: pixels and meters per second to two decimals, degrees to one."""
        course = UNSET if heading is None else round(heading, 1) % 360
        if speed is None or not self._timed:
            return UNSET, UNSET, course
        return round(speed, 2), UNSET if self._gsd_m is UNSET else round(speed * self._gsd_m, 2), course

    def _summary(self, track: Motion) -> Track:
        path = [*track.path, *([track.last] if track.path[-1] != track.last else [])]
        return Track(
            self._source,
            track.number,
            track.first.frame,
            track.last.frame,
            track.frames,
            track.first.time_s if self._timed else None,
            track.last.time_s if self._timed else None,
            [[point.frame, round(point.x, 2), round(point.y, 2)] for point in path],
            *self._measures(track.mean_speed, track.mean_heading),
        )
