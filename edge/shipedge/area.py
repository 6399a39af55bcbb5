"""The part of a frame where ships count: polygons in its pixels, and the presence cells that they touch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shipedge.tiling import CELL, grid_shape

__all__ = ["Area", "Polygon", "Ring", "cells_of"]

Ring = NDArray[np.float64]
"""(n, 2) x and y, closed by a line from the last point to the first."""
Polygon = list[Ring]
"""The outer ring, then holes."""

_FINE = 8
"""Bits of a fraction of a cell, for OpenCV."""


class Area(NamedTuple):
    """The part of one frame where ships count.

    Attributes:
        polygons: in pixels of the frame.
        cells: (rows, cols) bool, the presence cells that it touches, and their neighbors.
    """

    polygons: list[Polygon]
    cells: NDArray[np.bool_]

    def scaled(self, factor: float, shape: tuple[int, int]) -> Area:
        """The same part of the frame resampled to another shape."""
        polygons = [[ring * factor for ring in polygon] for polygon in self.polygons]
        return Area(polygons, cells_of(polygons, shape))

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in one of the polygons, and in none of its holes."""
        return any(sum(_crossings(ring, x, y) for ring in polygon) % 2 == 1 for polygon in self.polygons)


def cells_of(polygons: list[Polygon], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The presence cells that polygons touch, and their neighbors: (rows, cols)."""
    import cv2

    rows, cols = grid_shape(shape)
    # A border of one cell: what covers only the outer half of the first cells is drawn in it.
    cells = np.zeros((rows + 2, cols + 2), np.uint8)
    for polygon in polygons:
        # OpenCV takes whole numbers of 32 bits; what lies far outside may move there.
        far = 2.0 ** (30 - _FINE)
        rings = [np.rint(np.clip(ring / CELL + 0.5, -far, far) * (1 << _FINE)).astype(np.int32) for ring in polygon]
        filled = np.zeros_like(cells)
        cv2.fillPoly(filled, rings, 1, shift=_FINE)
        cells |= filled
    return np.asarray(cv2.dilate(cells, np.ones((3, 3), np.uint8))[1:-1, 1:-1] > 0)


def _crossings(ring: Ring, x: float, y: float) -> int:
    """How many lines of a ring a ray from a point to the right crosses."""
    start, end = ring, np.roll(ring, -1, axis=0)
    spans = (start[:, 1] > y) != (end[:, 1] > y)
    start, end = start[spans], end[spans]
    at = start[:, 0] + (y - start[:, 1]) / (end[:, 1] - start[:, 1]) * (end[:, 0] - start[:, 0])
    return int((at > x).sum())
