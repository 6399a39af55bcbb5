"""An image file of which boxes are read where they are asked for."""

from __future__ import annotations

from collections import deque
from contextlib import nullcontext
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shipedge.images.depth import Levels, apply_levels
from shipedge.scene.gdal import gdal
from shipedge.scene.jpeg import JpegRows
from shipedge.scene.place import Place
from shipedge.tiling import CELL, Halved, Raster, grid_shape

__all__ = ["Scene"]

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""(top, left, bottom, right)."""

_AT_ONCE = 1 << 20
"""Pixels that are handed over by GDAL at a time."""
_KEPT = 24 << 20
"""Bytes of boxes that are kept because the ships in them are looked at again."""
_AROUND = 128
"""Pixels around such a box that are kept with it."""


class Scene:
    """A `Raster` of (height, width, 3) uint8 RGB, which reads what is asked for.

    A file of strips, and JPEG and PNG, which can only be decoded from the top, are read in whole rows: those of the
    last box stay in memory, so that boxes from left to right and top to bottom decode the file once. Of a tiled file
    GDAL keeps some tiles.

    Attributes:
        name: for messages.
        place: where it lies on the earth, None where the file does not say.
        valid: (rows, cols) bool, the cells of 32 x 32 pixels in which something was measured as far as they were read;
            None where the file has no such notion.
    """

    dtype = np.dtype(np.uint8)

    def __init__(
        self,
        dataset: Any,
        name: str,
        bands: list[int],
        levels: Levels,
        *,
        nodata: float | None = None,
        mask: bool = False,
        place: Place | None = None,
    ) -> None:
        """Takes an open dataset.

        Args:
            dataset: of rasterio, or rows of a JPEG.
            name: of the file.
            bands: one of grey or three of red, green and blue, from 1.
            levels: what becomes black and white; of 8 bits nothing changes.
            nodata: the value where nothing was measured.
            mask: the file says of every pixel whether it was measured.
            place: where it lies.
        """
        self._dataset, self.name, self._bands, self._levels = dataset, name, bands, levels
        self._nodata, self._mask = nodata, mask
        self.place = place
        self._read_ms = 0.0
        self._half: Scene | None = None
        self.shape: tuple[int, int, int] = (dataset.height, dataset.width, 3)
        self.valid = np.zeros(grid_shape(self.shape[:2]), np.bool_) if mask or nodata is not None else None
        self._by_gdal = not isinstance(dataset, JpegRows)
        self._by_rows = dataset.block_shapes[0][1] == dataset.width
        self._rows: Pixels = np.empty((0, dataset.width, 3), np.uint8)
        self._first, self._end = 0, 0
        self._kept: deque[tuple[Box, Pixels]] = deque()

    def __getitem__(self, box: tuple[slice, slice]) -> Pixels:
        """Rows and columns, cut at the borders of the scene. The next box may use the same memory.

        Raises:
            ImageError: the file is damaged.
        """
        (top, bottom, _), (left, right, _) = (part.indices(side) for part, side in zip(box, self.shape, strict=False))
        bottom, right = max(bottom, top), max(right, left)
        for (y0, x0, y1, x1), pixels in self._kept:
            if y0 <= top and x0 <= left and bottom <= y1 and right <= x1:
                return pixels[top - y0 : bottom - y0, left - x0 : right - x0]
        start = perf_counter()
        try:
            if not self._by_rows:
                pixels = np.empty((bottom - top, right - left, 3), np.uint8)
                self._read(top, left, pixels)
                return pixels
            self._hold(top, bottom)
            return self._rows[top - self._first : bottom - self._first, left:right]
        finally:
            self._read_ms += (perf_counter() - start) * 1e3

    @property
    def read_ms(self) -> float:
        """Milliseconds spent reading so far."""
        return self._read_ms + (0.0 if self._half is None else self._half.read_ms)

    @property
    def half(self) -> Raster:
        """The scene at half its size, as its file gives it or as the means of 2 x 2 pixels."""
        if not isinstance(self._dataset, JpegRows):
            return Halved(self)
        if self._half is None:
            self._half = Scene(self._dataset.half(), self.name, self._bands, self._levels)
        return self._half

    def keep(self, top: int, left: int, side: int) -> None:
        """Keep a square with its surroundings in memory for a later look; the oldest ones go."""
        if not self._by_rows:
            return
        box = (max(top - _AROUND, 0), max(left - _AROUND, 0), top + side + _AROUND, left + side + _AROUND)
        pixels = self[box[0] : box[2], box[1] : box[3]].copy()
        height, width = pixels.shape[:2]
        self._kept.append(((box[0], box[1], box[0] + height, box[1] + width), pixels))
        while sum(pixels.nbytes for _, pixels in self._kept) > _KEPT:
            self._kept.popleft()

    def _hold(self, top: int, bottom: int) -> None:
        """Have the rows from `top` to `bottom` in memory."""
        if self._first <= top and bottom <= self._end:
            return
        if self._first < top:  # a little more, for boxes that begin a little higher
            top = max(top - _AROUND, self._first)
        kept = self._rows[top - self._first : self._end - self._first] if self._first <= top < self._end else None
        count = 0 if kept is None else len(kept)
        rows = self._rows if bottom - top <= len(self._rows) else np.empty((bottom - top, *self.shape[1:]), np.uint8)
        if kept is not None:
            rows[:count] = kept
        self._first = self._end = 0  # nothing is held where reading fails
        self._rows = rows
        self._read(top + count, 0, rows[count : bottom - top])
        self._first, self._end = top, bottom

    def _read(self, top: int, left: int, out: Pixels) -> None:
        """Fill `out` with the pixels whose first one is at (top, left)."""
        height, width = out.shape[:2]
        step = max(getattr(self._dataset, "at_once", _AT_ONCE) // max(width, 1), 1)
        with gdal(self.name) if self._by_gdal else nullcontext():
            for row in range(0, height, step):
                self._read_some(top + row, left, out[row : row + step])

    def _read_some(self, top: int, left: int, out: Pixels) -> None:
        window = (top, top + out.shape[0]), (left, left + out.shape[1])
        if self._dataset.dtypes[0] == "uint8" and len(self._bands) == 3 and (self.valid is None or self._mask):
            values = self._dataset.read(self._bands, window=window, out=np.moveaxis(out, 2, 0))  # in one go
        else:
            values = self._dataset.read(self._bands, window=window)
        if self.valid is not None:
            measured = (
                self._dataset.read_masks(self._bands[0], window=window) > 0
                if self._mask
                else (values != self._nodata).any(axis=0)
            )
            _mark(self.valid, measured, top, left)
        if values.dtype != np.uint8:
            with np.errstate(invalid="ignore"):
                values = apply_levels(values, self._levels, self._nodata)
        if not np.may_share_memory(values, out):
            out[...] = np.moveaxis(values, 0, 2)


def _mark(valid: NDArray[np.bool_], measured: NDArray[np.bool_], top: int, left: int) -> None:
    """Set the cells in which pixels were measured, of those whose first one is at (top, left)."""
    if not measured.size:
        return
    height, width = measured.shape
    rows, cols = (
        [max(edge - start, 0) for edge in range(start // CELL * CELL, start + length, CELL)]
        for start, length in ((top, height), (left, width))
    )
    cells = np.logical_or.reduceat(np.logical_or.reduceat(measured, rows, axis=0), cols, axis=1)
    valid[top // CELL :, left // CELL :][: len(rows), : len(cols)] |= cells
