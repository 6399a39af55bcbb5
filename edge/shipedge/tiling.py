"""Windows over frames of any size: where they lie, and how their pixels are cut.

Nothing is resized. A frame smaller than a window, or one that does not end on a cell border, is continued by its own
mirror image: models see plausible sea there, not a black edge. What is found in the mirror image is thrown away.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from shipedge._core import halve

__all__ = ["CELL", "Halved", "LazyRaster", "Raster", "cut_window", "grid_shape", "tile_origins", "windows_to_cover"]

CELL = 32
"""Side of one presence cell, pixels; every window starts on a cell border."""

TILE_OVERLAP = 64
"""Pixels that neighbouring detector tiles share, so that a ship on a tile's border lies inside one of them."""


class Raster(Protocol):
    """Pixels of which boxes can be cut: an array, or a scene that reads them from its file."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width, 3)."""
        ...

    @property
    def dtype(self) -> np.dtype[np.uint8]:
        """uint8."""
        ...

    def __getitem__(self, box: tuple[slice, slice], /) -> NDArray[np.uint8]:
        """Rows and columns of it, cut at its borders. The next box may use the same memory."""
        ...


@runtime_checkable
class LazyRaster(Raster, Protocol):
    """Pixels that are read when they are asked for."""

    @property
    def read_ms(self) -> float:
        """Milliseconds spent reading so far."""
        ...

    @property
    def half(self) -> Raster:
        """The same at half size, sides rounded up."""
        ...

    @property
    def valid(self) -> NDArray[np.bool_] | None:
        """(rows, cols) bool, the cells in which something was measured, as far as they were read; None: all."""
        ...

    def keep(self, top: int, left: int, side: int) -> None:
        """Keep a square and what is around it in memory for a later look, as far as there is room."""
        ...


class Halved:
    """A raster at half its size, as `halve` makes it."""

    dtype = np.dtype(np.uint8)

    def __init__(self, whole: Raster) -> None:
        """Takes the raster, of which twice as large boxes are cut."""
        self._whole = whole
        self.shape = (-(-whole.shape[0] // 2), -(-whole.shape[1] // 2), 3)

    def __getitem__(self, box: tuple[slice, slice]) -> NDArray[np.uint8]:
        """Rows and columns of it."""
        rows, cols = box
        return halve(self._whole[2 * rows.start : 2 * rows.stop, 2 * cols.start : 2 * cols.stop])


def grid_shape(shape: tuple[int, int]) -> tuple[int, int]:
    """Presence cells of a frame: (height, width) pixels -> (rows, cols), the last ones possibly cut by the border."""
    return -(-shape[0] // CELL), -(-shape[1] // CELL)


def tile_origins(shape: tuple[int, int], tile: int, overlap: int = TILE_OVERLAP) -> list[tuple[int, int]]:
    """Tiles that cover a frame: (height, width) -> [(top, left), ...], row by row, all multiples of 32.

    Neighbours share at least `overlap` pixels; the last tile of a row or column is moved inside the frame.
    """
    rows, cols = grid_shape(shape)
    return [(top, left) for top in _starts(rows * CELL, tile, overlap) for left in _starts(cols * CELL, tile, overlap)]


def _starts(length: int, tile: int, overlap: int) -> list[int]:
    if length <= tile:
        return [0]
    return [*range(0, length - tile, tile - overlap), length - tile]


def cut_window(
    pixels: Raster, top: int, left: int, size: int, out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """A (size, size, channels) window whose origin lies in the frame, mirrored beyond the right and bottom border.

    Returns a view when the window lies inside the frame; otherwise a copy, into `out` where given.
    """
    inside = pixels[top : top + size, left : left + size]
    if inside.shape[:2] == (size, size):
        return inside
    window = np.empty((size, size, *pixels.shape[2:]), pixels.dtype) if out is None else out
    height, width = inside.shape[:2]
    # Index arrays, not numpy.pad: a window wider than twice what is left of the frame is mirrored again and again.
    window[:height, :width] = inside
    window[:height, width:] = np.take(inside, _mirror(width, size), axis=1)
    window[height:] = np.take(window, _mirror(height, size), axis=0)
    return window


def _mirror(length: int, size: int) -> NDArray[np.intp]:
    """Where the pixels length..size-1 come from: 0 1 2 3 | 2 1 0 1 2 3 2 ... (the border is not repeated)."""
    period = max(2 * (length - 1), 1)
    place = np.arange(length, size) % period
    return np.minimum(place, period - place) if length > 1 else np.zeros(size - length, np.intp)


def windows_to_cover(cells: NDArray[np.bool_], window: int, margin: int = CELL) -> list[tuple[int, int]]:
    """Few windows in which every positive cell lies at least `margin` pixels from the window's border.

    At the border of the frame there is nothing more to see, and the margin is not asked for. Greedy: the place that
    covers most cells first, then centred on what it covers, so that ships get as much context as there is.

    Args:
        cells: (rows, cols) bool, one per 32x32 pixels of the frame.
        window: side of the windows, pixels, a multiple of 32 and more than two margins.
        margin: pixels, a multiple of 32.

    Returns:
        [(top, left), ...] pixels, multiples of 32; a window larger than the frame starts at 0.
    """
    side, rim = window // CELL, margin // CELL
    rows, cols = cells.shape
    if side >= max(rows, cols):
        return [(0, 0)] if cells.any() else []
    row_lo, row_hi = _reach(rows, side, rim)
    col_lo, col_hi = _reach(cols, side, rim)
    left_over = cells.copy()
    windows: list[tuple[int, int]] = []
    while left_over.any():
        total = np.pad(left_over.cumsum(0, dtype=np.int64).cumsum(1), ((1, 0), (1, 0)))
        below = total[row_hi] - total[row_lo]
        inner = below[:, col_hi] - below[:, col_lo]
        row, col = (int(i) for i in np.unravel_index(inner.argmax(), inner.shape))
        found = np.argwhere(left_over[row_lo[row] : row_hi[row], col_lo[col] : col_hi[col]])
        (top, left), (bottom, right) = (
            np.array([row_lo[row], col_lo[col]]) + edge for edge in (found.min(0), found.max(0))
        )
        row = _centred(int(top), int(bottom) + 1, row_lo, row_hi, side)
        col = _centred(int(left), int(right) + 1, col_lo, col_hi, side)
        left_over[row_lo[row] : row_hi[row], col_lo[col] : col_hi[col]] = False
        windows.append((row * CELL, col * CELL))
    return windows


def _reach(length: int, side: int, rim: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Half-open range of cells that a window at each possible origin covers with its margin, along one axis."""
    start = np.arange(max(length - side, 0) + 1)
    low, high = start + rim, start + side - rim
    low[0], high[-1] = 0, length
    return low, high


def _centred(first: int, end: int, low: NDArray[np.intp], high: NDArray[np.intp], side: int) -> int:
    """The origin that keeps cells first..end-1 covered and lies closest to having them in its middle."""
    fits = np.flatnonzero((low <= first) & (end <= high))
    return int(fits[np.abs(2 * fits + side - first - end).argmin()])
