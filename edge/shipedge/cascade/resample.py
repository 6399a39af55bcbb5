"""Frames at the ground sample distance of the models, window by window, and results back in the frame's own pixels."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from shipedge.bundle import Bundle
from shipedge.errors import BundleError, SourceError
from shipedge.files.shorten import shorten
from shipedge.frame import MAX_PIXELS, Frame, FrameResult, Ship
from shipedge.rle import Rle
from shipedge.tiling import Halved, LazyRaster, Raster, grid_shape

__all__ = ["DEFAULT_GSD_M", "Resampled", "factor_for", "resampled", "restored", "trained_gsd"]

DEFAULT_GSD_M = 1.5
"""Meters a pixel that a bundle is taken to be trained for where its manifest has no `gsd_m`: as the Airbus images."""
_TOLERATED = 1.1
"""Models see ships of other sizes anyway; a smaller difference is not worth the loss of sharpness."""
_MOST = 8
_FINEST = 32
"""Largest denominator of a factor, so that windows begin and end between pixels of both resolutions."""

Pixels = NDArray[np.uint8]


def trained_gsd(bundle: Bundle) -> float:
    """The ground sample distance of the images that a bundle was trained on, meters. Raises BundleError."""
    value = bundle.manifest.get("gsd_m", DEFAULT_GSD_M)
    if type(value) not in (int, float) or not 0.01 <= value <= 1000:
        raise BundleError(f"manifest.json: gsd_m is {shorten(value)}, expected meters per pixel")
    return float(value)


def factor_for(frame: Frame, trained_m: float) -> Fraction:
    """What the sides of a frame are to be multiplied by; 1 where its resolution is not known, or nearly right.

    Raises:
        SourceError: it is that of another kind of image, or the frame would become too large.
    """
    if frame.gsd_m is None:
        return Fraction(1)
    ratio = frame.gsd_m / trained_m
    if 1 / _TOLERATED <= ratio <= _TOLERATED:
        return Fraction(1)
    sentence = f"{frame.source}: {frame.gsd_m:.4g} m a pixel, but the models were trained for {trained_m:g} m"
    if not 1 / _MOST <= ratio <= _MOST:
        raise SourceError(f"{sentence}, expected at most {_MOST} times as much or as little")
    factor = Fraction(ratio).limit_denominator(_FINEST)
    height, width = (round(side * factor) for side in frame.shape)
    if height * width > MAX_PIXELS:
        raise SourceError(f"{sentence}, and resampled to {width}x{height} it is too large: cut it into parts first")
    return factor


def resampled(frame: Frame, factor: Fraction) -> Frame:
    """The frame with its sides multiplied by a factor; its pixels are made window by window."""
    scaled = Resampled(frame.raster(), factor)
    area = None if frame.area is None else frame.area.scaled(float(factor), (scaled.shape[0], scaled.shape[1]))
    return Frame(scaled, frame.source, frame.index, frame.time_s, frame.decode_ms, area=area)


def restored(result: FrameResult, frame: Frame, factor: Fraction) -> FrameResult:
    """What was found in the resampled frame, in the pixels of the frame; ships smaller than one of them are dropped.

    A pixel belongs to a ship where the resampled one at its middle does. The presence grid stays as it is.
    """
    ships = [ship for found in result.ships if (ship := _restored(found, frame.shape, factor)) is not None]
    ships.sort(key=lambda ship: int(ship.rle.runs[0, 0]))
    return replace(
        result,
        shape=frame.shape,
        ships=tuple(ships),
        place=frame.place,
        gsd_m=frame.gsd_m,
        scale=float(factor),
    )


def _restored(ship: Ship, shape: tuple[int, int], factor: Fraction) -> Ship | None:
    left, top, right, bottom = ship.bbox
    part = ship.rle.crop(ship.bbox).to_mask()
    (rows, y), (cols, x) = (
        _sampled(first, end, side, factor) for first, end, side in ((top, bottom, shape[0]), (left, right, shape[1]))
    )
    if not (len(rows) and len(cols)) or not (mask := part[np.ix_(rows, cols)]).any():
        return None
    height, width = shape
    rle = Rle.from_mask(mask).pad(y, height - y - len(rows), x, width - x - len(cols))
    return Ship(rle, ship.score, rle.bbox)


def _sampled(first: int, end: int, side: int, factor: Fraction) -> tuple[NDArray[np.intp], int]:
    """Where the pixels whose middles lie in first..end-1 after resampling find theirs, from 0; and the first pixel."""
    candidates = np.arange(max(int(first / factor) - 1, 0), min(int(end / factor) + 2, side))
    place = (2 * candidates + 1) * factor.numerator // (2 * factor.denominator)
    inside = (place >= first) & (place < end)
    return place[inside] - first, int(candidates[inside][0]) if inside.any() else 0


class Resampled:
    """A `LazyRaster` of another one at a multiple of its size: the mean of areas, or linear between pixels.

    With a factor of p / q, blocks of q pixels become blocks of p: every pixel is the same in whichever window it is.
    """

    dtype = np.dtype(np.uint8)

    def __init__(self, whole: Raster, factor: Fraction) -> None:
        """Takes what is resampled, and what its sides are multiplied by."""
        self._whole, self._factor = whole, factor
        height, width = (max(int(side * factor), 1) for side in whole.shape[:2])
        self.shape: tuple[int, int, int] = (height, width, 3)
        self.read_ms = 0.0

    @property
    def valid(self) -> NDArray[np.bool_] | None:
        """The cells in which something was measured; None: all."""
        valid = self._whole.valid if isinstance(self._whole, LazyRaster) else None
        if valid is None:
            return None
        rows, cols = grid_shape(self.shape[:2])
        total = np.pad(valid.cumsum(0, dtype=np.int64).cumsum(1), ((1, 0), (1, 0)))
        (top, bottom), (left, right) = (
            (
                np.minimum(np.floor(np.arange(count) / float(self._factor)).astype(int), most - 1),
                np.minimum(np.ceil((np.arange(count) + 1) / float(self._factor)).astype(int), most),
            )
            for count, most in ((rows, valid.shape[0]), (cols, valid.shape[1]))
        )
        below = total[bottom] - total[top]
        return np.asarray(below[:, right] - below[:, left] > 0)

    @property
    def half(self) -> Raster:
        """At half the size of that."""
        return Halved(self)

    def keep(self, top: int, left: int, side: int) -> None:
        """Keep what a square is made of in memory."""
        if isinstance(self._whole, LazyRaster):
            self._whole.keep(int(top / self._factor), int(left / self._factor), int(side / self._factor) + 1)

    def __getitem__(self, box: tuple[slice, slice]) -> Pixels:
        """Rows and columns, cut at the borders."""
        start = perf_counter()
        import cv2

        p, q = self._factor.numerator, self._factor.denominator
        bounds, places, sizes = [], [], []
        for part, side, own in zip(box, self.shape, self._whole.shape, strict=False):
            first, end, _ = part.indices(side)
            # One block more on either side: between pixels, the next one counts as well.
            low, high = max(first // p - 1, 0), min(-(-max(end, first) // p) + 1, -(-own // q))
            bounds.append(slice(low * q, high * q))
            places.append(slice(first - low * p, max(end, first) - low * p))
            sizes.append(high - low)
        pixels = self._whole[bounds[0], bounds[1]]
        short = [count * q - have for count, have in zip(sizes, pixels.shape, strict=False)]
        pixels = np.pad(pixels, ((0, short[0]), (0, short[1]), (0, 0)), "edge") if any(short) else pixels
        how = cv2.INTER_AREA if p < q else cv2.INTER_LINEAR
        made = cv2.resize(np.ascontiguousarray(pixels), (sizes[1] * p, sizes[0] * p), interpolation=how)
        self.read_ms += (perf_counter() - start) * 1e3
        return np.ascontiguousarray(made[places[0], places[1]], np.uint8)
