"""One ship through time: where it is and how fast it goes."""

from __future__ import annotations

import math
from typing import NamedTuple

from shipedge.frame import OrientedBox
from shipedge.tracks.match import Floats

__all__ = ["Motion", "Point"]

SETTLED_S = 0.5
"""Seconds after which a speed is known well enough to be told."""
_LEG_S = 1.0
"""The way of a ship is measured in legs of a second, or the trembling of its box would count as way."""
_MOST_POINTS = 128
"""Of a path; a longer one is told by every second point, so that an anchored ship does not fill the memory."""


class Point(NamedTuple):
    """A ship in a frame.

    Attributes:
        frame: its number.
        time_s: seconds since the first frame of the source.
        x: as a camera would have seen it that had stood still since the first frame, pixels.
        y: likewise.
    """

    frame: int
    time_s: float
    x: float
    y: float


class Motion:
    """A Kalman filter of constant velocity, without the motion of the camera; x and y share their variances.

    Attributes:
        number: id of the ship.
        length: of its rectangle of late, pixels.
        frames: in which it was seen.
        first: where it was seen first.
        last: where it was seen last.
        path: up to `_MOST_POINTS` of the points between them.
        x: where it is, pixels.
        y: likewise.
        velocity: (x, y), pixels per second.
    """

    def __init__(self, number: int, index: int, time_s: float, box: OrientedBox, camera: Floats) -> None:
        """A ship as it is seen for the first time; `camera` is the offset of the camera."""
        self.number, self.length, self.frames = number, box.length, 0
        self.x, self.y = box.x - float(camera[0]), box.y - float(camera[1])
        self.velocity = (0.0, 0.0)
        self._pp, self._pv, self._vv = self._noise, 0.0, (1.5 * box.length) ** 2
        self.first = self.last = self._corner = Point(index, time_s, self.x, self.y)
        self.path: list[Point] = []
        self._every, self._way = 1, 0.0
        self._note(self.first)

    @property
    def _noise(self) -> float:
        return (0.08 * self.length + 0.5) ** 2

    def predict(self, step_s: float) -> None:
        """Goes on by `step_s` seconds; ships change their speed by a fifth of their length per second in a second."""
        push = (0.2 * self.length + 1.0) ** 2
        self.x += self.velocity[0] * step_s
        self.y += self.velocity[1] * step_s
        self._pp += step_s * (2 * self._pv + step_s * self._vv) + push * step_s**4 / 4
        self._pv += step_s * self._vv + push * step_s**3 / 2
        self._vv += push * step_s**2

    def see(self, index: int, time_s: float, box: OrientedBox, camera: Floats, doubt: float) -> None:
        """The ship in the next frame; `doubt` is how well the offset of the camera is known, pixels."""
        whole = self._pp + self._noise + doubt**2
        gain, gain_v = self._pp / whole, self._pv / whole
        dx, dy = box.x - float(camera[0]) - self.x, box.y - float(camera[1]) - self.y
        self.x, self.y = self.x + gain * dx, self.y + gain * dy
        self.velocity = self.velocity[0] + gain_v * dx, self.velocity[1] + gain_v * dy
        self._vv -= gain_v * self._pv
        self._pv *= 1 - gain
        self._pp *= 1 - gain
        self.length += 0.2 * (box.length - self.length)
        self._note(Point(index, time_s, self.x, self.y))

    def _note(self, point: Point) -> None:
        self.last = point
        if point.time_s - self._corner.time_s >= _LEG_S:
            self._way += math.dist(point[2:], self._corner[2:])
            self._corner = point
        if self.frames % self._every == 0:
            self.path.append(point)
            if len(self.path) > _MOST_POINTS:
                self.path, self._every = self.path[::2], 2 * self._every
        self.frames += 1

    @property
    def speed(self) -> float | None:
        """Pixels per second; None where too little was seen."""
        return math.hypot(*self.velocity) if self.last.time_s - self.first.time_s >= SETTLED_S else None

    @property
    def heading(self) -> float | None:
        """Degrees from 0 to below 360, from the x axis towards the y axis; None where it hardly moves."""
        speed = self.speed
        if speed is None or speed < 2 * math.sqrt(self._vv):
            return None
        return math.degrees(math.atan2(self.velocity[1], self.velocity[0])) % 360

    @property
    def mean_speed(self) -> float | None:
        """Pixels per second from first to last."""
        seconds = self.last.time_s - self.first.time_s
        if seconds < SETTLED_S:
            return None
        return (self._way + math.dist(self.last[2:], self._corner[2:])) / seconds

    @property
    def mean_heading(self) -> float | None:
        """From first to last; None where that is less than half its length."""
        dx, dy = self.last.x - self.first.x, self.last.y - self.first.y
        if math.hypot(dx, dy) < self.length / 2:
            return None
        return math.degrees(math.atan2(dy, dx)) % 360
