"""Probabilities of windows -> mask of the frame -> ships."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from shipedge.bundle import Thresholds
from shipedge.frame import Ship
from shipedge.parts import find_parts, is_sure, rectangles
from shipedge.rle import Rle
from shipedge.tiling import CELL

__all__ = ["Scratch", "Window", "find_ships"]

Window: TypeAlias = tuple[int, int, NDArray[np.uint8]]
"""(top, left, probability * 256 of its (side, side) pixels)."""

Scalar = TypeVar("Scalar", bound=np.generic)


class Scratch:
    """Arrays that are used again for the next frame.

    Fresh memory of this size comes from the system page by page, which costs five times the work that is done in it.
    """

    LIMIT = 1 << 24
    """Larger arrays, of the strips of a large scene, are not kept: bytes."""

    def __init__(self) -> None:
        self._arrays: dict[str, NDArray[Any]] = {}

    def take(self, name: str, shape: tuple[int, ...], dtype: type[Scalar]) -> NDArray[Scalar]:
        """An array with any content; the next `take` of this name may return the same one."""
        array = self._arrays.get(name)
        if array is None or array.shape != shape:
            array = np.empty(shape, dtype)
            if array.nbytes <= self.LIMIT:
                self._arrays[name] = array
        return array


def find_ships(
    shape: tuple[int, int],
    cells: NDArray[np.bool_],
    windows: list[Window],
    thresholds: Thresholds,
    scratch: Scratch,
) -> tuple[Ship, ...]:
    """The ships of a frame, from left to right.

    Works on full-height strips of columns: masks are stored column by column, so a strip's positions become the frame's
    by one addition, and a frame of 10,000 x 10,000 with two ships costs two strips.

    Args:
        shape: (height, width) of the frame.
        cells: (rows, cols) bool, the positive cells of the presence grid.
        windows: probabilities; everything outside of them is no ship.
        thresholds: what counts as ship.
        scratch: working memory, of one thread.
    """
    height, width = shape
    ships = []
    for left, right, strip in _strips(windows, width):
        probability = merge(strip, height, left, right, scratch.take("merged", (height, right - left), np.uint8))
        # Components may reach beyond the positive cells, but one must touch them: elsewhere in a window the detector
        # has already said that there is no ship.
        near = _pixels_of(cells[:, left // CELL : -(-right // CELL)], scratch)[:height, : right - left]
        mask = scratch.take("mask", probability.shape, np.bool_)
        parts = find_parts(probability, thresholds, mask)
        for part, shown in zip(parts, rectangles(parts) if thresholds.rectangles else parts, strict=True):
            score = part.mean(probability) / 256
            if part.mean(near) == 0 or not is_sure(part.area, score, thresholds):
                continue
            x0, top, x1, bottom = shown.bbox
            if right - left < width:
                shown = Rle(shown.runs.astype(np.int64) + np.array([left * height, 0]), shape)
            ships.append(Ship(shown, score, (x0 + left, top, x1 + left, bottom)))
    return tuple(ships)


def _pixels_of(cells: NDArray[np.bool_], scratch: Scratch) -> NDArray[np.uint8]:
    """Cells as pixels: (rows, cols) bool -> (rows * 32, cols * 32) uint8, 0 or 1."""
    rows, cols = cells.shape
    pixels = scratch.take("near", (rows, CELL, cols * CELL), np.uint8)
    pixels[:] = cells.view(np.uint8).repeat(CELL, axis=1)[:, np.newaxis]
    return pixels.reshape(rows * CELL, cols * CELL)


def _strips(windows: list[Window], width: int) -> list[tuple[int, int, list[Window]]]:
    """Windows grouped into ranges of columns that do not touch: [(left, right, windows)], from left to right."""
    strips: list[tuple[int, int, list[Window]]] = []
    for window in sorted(windows, key=lambda w: (w[1], w[0])):
        left, right = window[1], min(window[1] + window[2].shape[1], width)
        if strips and left <= strips[-1][1]:
            first, last, members = strips[-1]
            strips[-1] = (first, max(last, right), [*members, window])
        else:
            strips.append((left, right, [window]))
    return strips


def merge(
    windows: list[Window], height: int, left: int, right: int, out: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """One (height, right - left) uint8 probability from overlapping windows; zero where no window looked.

    Where two windows overlap, each decides the half that is nearer to its own middle: there it sees more around a
    pixel, while near its border a network guesses what lies beyond. The maximum of both would keep every false ship of
    those borders, and their mean would let the half-seen pixels pull down a score that the other window had right.
    """
    merged = np.empty((height, right - left), np.uint8) if out is None else out
    merged[:] = 0
    written: list[tuple[int, int]] = []
    for top, x, window in windows:
        side = window.shape[0]
        kept = [(half, merged[half].copy()) for half in (_far_half(top, x - left, *other, side) for other in written)]
        place = merged[top : top + side, x - left : x - left + side]
        place[:] = window[: place.shape[0], : place.shape[1]]
        for half, values in kept:
            merged[half] = values
        written.append((top, x - left))
    return merged


def _far_half(top: int, left: int, other_top: int, other_left: int, side: int) -> tuple[slice, slice]:
    """The half of the overlap of two windows that is nearer to the other one; an empty place where they do not meet."""
    rows = [max(top, other_top), min(top, other_top) + side]
    cols = [max(left, other_left), min(left, other_left) + side]
    # Halved across the axis along which the windows lie further apart.
    axis, before = (
        (rows, other_top < top) if abs(top - other_top) > abs(left - other_left) else (cols, other_left < left)
    )
    axis[1 if before else 0] = sum(axis) // 2
    return slice(rows[0], max(rows)), slice(cols[0], max(cols))
