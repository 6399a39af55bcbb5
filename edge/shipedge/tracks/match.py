"""Which ship of a frame is which of those that are followed."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Expected", "Floats", "nearest_pairs"]

Floats: TypeAlias = NDArray[np.float64]

_UNLIKE = 1.2
"""Natural logarithm of how many times longer one of two boxes may be, and still be the same ship: 3.3."""
_SIZE = 0.3
"""What that logarithm counts beside the distance, which counts 1 at the reach of a ship."""


class Expected(NamedTuple):
    """Where ships are expected, and where ships are.

    Attributes:
        places: (n, 2) x and y of those that are followed, if the camera had not moved; pixels.
        reach: (n,) how far from there each may be by itself, pixels.
        lengths: (n,) pixels.
        centers: (m, 2) of the ships of the frame.
        center_lengths: (m,) pixels.
    """

    places: Floats
    reach: Floats
    lengths: Floats
    centers: Floats
    center_lengths: Floats

    @property
    def most(self) -> int:
        """Pairs that there can be."""
        return min(len(self.places), len(self.centers))

    def distances(self, shift: Floats, doubt: float) -> Floats:
        """(n, m) in units of the reach, after the camera has shifted the image by (x, y), give or take `doubt`."""
        away = self.centers[None] - self.places[:, None] - shift
        return np.asarray(np.hypot(away[..., 0], away[..., 1]) / (self.reach + doubt)[:, None], np.float64)

    def explained(self, shift: Floats, doubt: float) -> float:
        """How many ships lie where they are expected: 1 for one just there, 0 for one at its reach or beyond."""
        if not self.most:
            return 0.0
        distances = self.distances(shift, doubt)
        rows = np.arange(len(distances))
        nearest = distances.argmin(1)
        mutual = distances.argmin(0)[nearest] == rows
        return float(np.maximum(1 - distances[rows, nearest] ** 2, 0)[mutual].sum())

    def residual(self, shift: Floats, doubt: float) -> Floats:
        """(x, y) by which the ships, by their median, lie off from where they are expected."""
        if not self.most:
            return np.zeros(2)
        distances = self.distances(shift, doubt)
        rows = np.arange(len(distances))
        nearest = distances.argmin(1)
        good = (distances[rows, nearest] < 1) & (distances.argmin(0)[nearest] == rows)
        if not good.any():
            return np.zeros(2)
        return np.asarray(np.median(self.centers[nearest[good]] - self.places[good] - shift, axis=0), np.float64)

    def oldest(self, count: int) -> Expected:
        """Only so many of the places: of those that have been followed for longest."""
        return Expected(self.places[:count], self.reach[:count], self.lengths[:count], *self[3:])

    def pairs(self, shift: Floats, doubt: float) -> list[tuple[int, int]]:
        """(place, center) of those that are the same ship."""
        if not self.most:
            return []
        distances = self.distances(shift, doubt)
        unlike = np.abs(np.log(np.maximum(self.lengths, 1)[:, None] / np.maximum(self.center_lengths, 1)))
        return nearest_pairs(np.where((distances < 1) & (unlike < _UNLIKE), distances + _SIZE * unlike, np.inf))


def nearest_pairs(cost: Floats) -> list[tuple[int, int]]:
    """(row, column) of pairs of finite cost, the cheapest first; each row and each column is in one at most."""
    rows, columns = np.nonzero(np.isfinite(cost))
    pairs: list[tuple[int, int]] = []
    free_rows, free_columns = np.ones(cost.shape[0], bool), np.ones(cost.shape[1], bool)
    for k in np.argsort(cost[rows, columns], kind="stable").tolist():
        row, column = int(rows[k]), int(columns[k])
        if free_rows[row] and free_columns[column]:
            free_rows[row] = free_columns[column] = False
            pairs.append((row, column))
    return pairs
