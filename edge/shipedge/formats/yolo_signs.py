"""Signs that the values of a YOLO line are no polygon, or begin with a score: none is sure, all lines of a folder are.

What is tried was measured on oriented boxes and polygons of 3 to 60 corners, with scores from 0.3 to 0.95.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

_FAR = 2.0
"""Distance of the second point from all others, in lengths of their own diagonal: no oriented box has such a corner."""
_SPIKES = 0.25
"""Share of lines with a point so far away; of boxes with two keypoints it is 0.97, of four random corners 0.02."""
_SURE = 0.15
"""What the signs of a score add up to where they say something: a single line of ten reaches less, of two lines few."""
_ENOUGH = 1000
"""Lines that are looked at."""


class Signs:
    """The signs of the lines of a folder, added up."""

    def __init__(self) -> None:
        self._lines = self._spikes = 0
        self._in_boxes = True
        self._score_behind = 0.0

    def add(self, texts: list[str], *, scored: bool) -> None:
        """Look at the values of a line; scored: there is one more than pairs."""
        if self._lines == _ENOUGH:
            return
        try:
            values = np.array(texts, np.float64)
        except ValueError:  # said with its place where coordinates are read
            return
        if not np.isfinite(values).all():
            return
        self._lines += 1
        if len(values) >= 8:
            spike = _has_spike(values)
            self._in_boxes &= spike is not None
            self._spikes += spike is True
        if scored:
            self._score_behind += score_behind(values)

    @property
    def are_keypoints(self) -> bool:
        """The lines are boxes (x y width height) with two or more keypoints (x y, or x y and 0, 1 or 2)."""
        return self._in_boxes and self._spikes > _SPIKES * self._lines

    @property
    def score_is(self) -> Literal["first", "last", "unknown"]:
        """Where the score stands among the values of the lines."""
        if abs(self._score_behind) < _SURE:
            return "unknown"
        return "last" if self._score_behind > 0 else "first"


def score_behind(values: Values) -> float:
    """Above 0 where the last of an odd number of values is the score, below 0 where it is the first.

    An outline that is read from the wrong value on leads to and fro: the logarithm of how much longer it is. Of an
    oriented box the corners say it, because opposite sides are equal.
    """
    if len(values) == 9:
        crooked = [abs(x1 - x2 + x3 - x4) for x1, x2, x3, x4 in (values[:-1:2], values[2::2])]
        is_box = [distance <= 2e-3 * np.ptp(values[::2]) + 3e-6 for distance in crooked]
        if is_box[0] != is_box[1]:
            return 10.0 if is_box[0] else -10.0
    behind, before = (_length(outline.reshape(-1, 2)) for outline in (values[:-1], values[1:]))
    return float(np.log((before + 1e-4) / (behind + 1e-4)))


def _length(points: Values) -> float:
    return float(np.hypot(*(points - np.roll(points, 1, axis=0)).T).sum())


def _has_spike(values: Values) -> bool | None:
    """Width and height, taken as a point, lie far away from center and keypoints; None where those leave the box."""
    center, size, rest = values[:2], values[2:4], values[4:]
    signs = []
    for columns in (2, 3):
        if len(rest) % columns:
            continue
        points = rest.reshape(-1, columns)
        if columns == 3 and not np.isin(points[:, 2], (0, 1, 2)).all():
            continue
        points = points[points.any(axis=1), :2]  # 0 0 is one that nobody saw
        if (np.abs(points - center) <= size / 2 + 0.005).all():
            points = np.vstack([points, center])
            low, high = points.min(axis=0), points.max(axis=0)
            outside = np.maximum(0, np.maximum(low - size, size - high))
            signs.append(columns == 3 or bool(np.hypot(*outside) > _FAR * np.hypot(*(high - low))))
    return any(signs) if signs else None
