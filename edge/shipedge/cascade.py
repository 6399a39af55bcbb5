"""The cascade: frame -> presence grid -> windows worth segmenting -> mask -> ships."""

from __future__ import annotations

from time import perf_counter
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shipedge import rle
from shipedge.backends import Model, default_threads, open_model
from shipedge.bundle import Bundle
from shipedge.errors import SourceError
from shipedge.frame import Frame, FrameResult, Ship
from shipedge.tiling import CELL, cut_window, grid_shape, tile_origins, windows_to_cover

__all__ = ["Cascade"]

MAX_PIXELS = 2**32 - 2
"""Positions in a run-length mask are 32-bit numbers."""

Window: TypeAlias = tuple[int, int, NDArray[np.uint8]]
"""(top, left, probability of its (side, side) pixels)."""


class Cascade:
    """Both models of a bundle, ready to run; call it with one frame after the other.

    One object belongs to one thread at a time: the runtime keeps its tensors between calls.

    Attributes:
        bundle: the bundle it was made from.
        threads: threads that each model may use.
        backend: the runtime that runs the models.
    """

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        """Opens both models on the first runtime that works here. Raises BackendError when none does."""
        self.bundle = bundle
        self.threads = default_threads() if threads is None else threads
        self._detector: Model = open_model(bundle.detector, self.threads)
        self._segmenter: Model = open_model(bundle.segmenter, self.threads)
        self.backend = self._detector.backend
        self._picture, self._cell, self._pixel = (
            _level(t) for t in (bundle.thresholds.picture, bundle.thresholds.cell, bundle.thresholds.pixel)
        )

    def __call__(self, frame: Frame) -> FrameResult:
        """Finds the ships of one frame.

        Raises:
            SourceError: the frame is not (height, width, 3) uint8, has no pixels, or is too large for 32-bit positions.
        """
        _check(frame)
        start = perf_counter()
        presence = self._detect(frame.pixels)
        detected = perf_counter()
        top = int(presence.max())
        windows: list[Window] = []
        cells = presence >= self._cell
        if top >= self._picture:
            windows = self._segment(frame.pixels, cells)
        segmented = perf_counter()
        ships = self._ships(frame.pixels.shape[:2], cells, windows)
        end = perf_counter()
        timings = {
            "decode": frame.decode_ms,
            "detector": (detected - start) * 1e3,
            "segmenter": (segmented - detected) * 1e3,
            "post": (end - segmented) * 1e3,
        }
        shape = (frame.pixels.shape[0], frame.pixels.shape[1])
        return FrameResult(frame.source, frame.index, frame.time_s, shape, top / 256, presence, ships, timings)

    def _detect(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Presence of the whole frame: where tiles overlap, the one that is surer of a ship is believed.

        A ship that the border of one tile cuts looks weak there and strong in the neighbour, hence the maximum.
        """
        rows, cols = grid_shape((pixels.shape[0], pixels.shape[1]))
        presence = np.zeros((rows, cols), np.uint8)
        for top, left in tile_origins((pixels.shape[0], pixels.shape[1]), self._detector.window):
            found = self._detector(cut_window(pixels, top, left, self._detector.window))
            place = presence[top // CELL :, left // CELL :][: found.shape[0], : found.shape[1]]
            np.maximum(place, found[: place.shape[0], : place.shape[1]], out=place)
        return presence

    def _segment(self, pixels: NDArray[np.uint8], cells: NDArray[np.bool_]) -> list[Window]:
        """Probabilities around the positive cells: [(top, left, (window, window) uint8)]."""
        side = self._segmenter.window
        places = windows_to_cover(cells, side)
        return [(top, left, self._segmenter(cut_window(pixels, top, left, side))) for top, left in places]

    def _ships(self, shape: tuple[int, ...], cells: NDArray[np.bool_], windows: list[Window]) -> tuple[Ship, ...]:
        """Ships of the frame from the windows' probabilities.

        Works on full-height strips of columns: masks are stored column by column, so a strip's positions become the
        frame's by one addition, and a frame of 10,000 x 10,000 with two ships costs two strips.
        """
        height, width = shape[:2]
        ships = []
        for left, right, strip_windows in _strips(windows, width):
            probability = _merge(strip_windows, height, left, right)
            # Components may reach beyond the positive cells, but one must touch them: elsewhere in a window the
            # detector has already said that there is no ship.
            near = cells[:, left // CELL : -(-right // CELL)].view(np.uint8)
            near = near.repeat(CELL, axis=1).repeat(CELL, axis=0)[:height, : right - left]
            mask = probability >= self._pixel
            for part in rle.components(mask, 8, self.bundle.thresholds.min_area):
                if part.mean(near) == 0:
                    continue
                x0, top, x1, bottom = part.bbox
                runs = part.runs.astype(np.int64) + np.array([left * height, 0])
                ships.append(
                    Ship(
                        rle=part if (left, right) == (0, width) else rle.Rle(runs, (height, width)),
                        score=part.mean(probability) / 256,
                        bbox=(x0 + left, top, x1 + left, bottom),
                    )
                )
        return tuple(ships)


def _check(frame: Frame) -> None:
    pixels = frame.pixels
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or pixels.size == 0:
        raise SourceError(
            f"{frame.source}: pixels are {pixels.dtype} {pixels.shape}, expected uint8 (height, width, 3) RGB"
        )
    if pixels.shape[0] * pixels.shape[1] > MAX_PIXELS:
        raise SourceError(f"{frame.source}: {pixels.shape[1]}x{pixels.shape[0]} is too large, cut it into parts first")


def _level(threshold: float) -> int:
    """The smallest uint8 value v with v / 256 >= threshold; 255 where only 256 would do."""
    return min(int(np.ceil(threshold * 256)), 255)


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


def _merge(windows: list[Window], height: int, left: int, right: int) -> NDArray[np.uint8]:
    """One (height, right - left) uint8 probability from overlapping windows; zero where no window looked.

    Where two windows overlap, each decides the half that is nearer to its own middle: there it sees more around a
    pixel, while near its border a network guesses what lies beyond. The maximum of both would keep every false ship of
    those borders, and their mean would let the half-seen pixels pull down a score that the other window had right.
    """
    merged = np.zeros((height, right - left), np.uint8)
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
