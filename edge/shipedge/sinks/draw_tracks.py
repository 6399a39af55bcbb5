"""Where ships come from, drawn onto a frame."""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np
from msgspec import UNSET
from numpy.typing import NDArray

from shipedge.events import Found, Result
from shipedge.sinks.draw import COLOR, GAP, draw_text

__all__ = ["Tails", "draw_tracks"]

_TAIL_S = 3.0
"""Seconds of the way that are drawn behind a ship."""
_TAIL_FRAMES = 75
"""The same of sources without time stamps; and no more points of any."""


class Tails:
    """The ways of the ships of one source in the last seconds, from what the log says of its frames."""

    def __init__(self) -> None:
        """No frames yet."""
        self._frames: deque[tuple[float | None, dict[int, tuple[float, float]]]] = deque(maxlen=_TAIL_FRAMES)

    def add(self, result: Result) -> dict[int, NDArray[np.float64]]:
        """The next frame.

        Returns:
            For each ship of it {track: (n, 2) x and y in this frame of where it was, the oldest first}.
        """
        dx, dy = (0.0, 0.0) if result.camera is UNSET else result.camera
        now = result.time_s
        there = {
            ship.track: (ship.center[0] - dx, ship.center[1] - dy) for ship in result.ships if ship.track is not UNSET
        }
        while self._frames and now is not None and not _is_recent(self._frames[0][0], now):
            self._frames.popleft()
        self._frames.append((now, there))
        return {
            track: np.array([places[track] for _, places in self._frames if track in places]) + np.array([dx, dy])
            for track in there
        }


def _is_recent(then: float | None, now: float) -> bool:
    return then is not None and 0 <= now - then <= _TAIL_S


def draw_tracks(image: NDArray[np.uint8], result: Result, tails: Tails) -> None:
    """Draw ids, and lines where ships were before, into the (height, width, 3) RGB frame of a result.

    The lines are where a ship was in the world, so that of a ship at anchor is a point however the camera moves.
    Every frame of a source has to come by, in order.
    """
    scale = min(max(min(result.shape) / 768, 0.9), 3.0)
    width = max(round(scale), 1)
    lines = [np.rint((way - 0.5) * 8).astype(np.int32).reshape(-1, 1, 2) for way in tails.add(result).values()]
    for color, thick in (((0, 0, 0), width + 2), (COLOR, width)):
        cv2.polylines(image, lines, False, color, thick, cv2.LINE_AA, shift=3)
    for ship in result.ships:
        if ship.track is not UNSET:
            _number(image, ship, ship.track, 0.42 * scale)


def _number(image: NDArray[np.uint8], ship: Found, track: int, size: float) -> None:
    """Below the ship, since its score stands above it."""
    left, top, right, bottom = ship.bbox
    text = f"#{track}"
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    y = bottom + GAP + 4 + height
    if y > image.shape[0] - 2:
        y = max(top - 2 * (GAP + 4) - height, height)
    x = max(min((left + right - width) // 2, image.shape[1] - width - 2), 2)
    draw_text(image, text, (x, y), size)
