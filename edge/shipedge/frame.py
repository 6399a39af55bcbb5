"""What flows through the pipeline: a frame goes in, a result with its ships comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from math import degrees
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shipedge._core import smallest_rectangle
from shipedge.errors import SourceError
from shipedge.rle import Rle
from shipedge.tiling import Halved, LazyRaster, Raster

if TYPE_CHECKING:
    from shipedge.area import Area
    from shipedge.scene import Place

__all__ = ["Captured", "EncodedImage", "Frame", "FrameResult", "OrientedBox", "Ship"]

Pixels: TypeAlias = NDArray[np.uint8]

MAX_PIXELS = 2**32 - 2
"""Positions in a run-length mask are 32-bit numbers."""


_AT_ONCE = 512
"""Rows of a scene that are read together where all are wanted."""


class Captured(NamedTuple):
    """When a camera or stream gave a frame.

    Attributes:
        time: by the clock of this machine, with its time zone.
        clock: `time.monotonic()` of that moment, seconds; what an age is measured by.
        dropped: frames of the source that were skipped since the one before, because the models were slower.
    """

    time: datetime
    clock: float
    dropped: int = 0


class EncodedImage(NamedTuple):
    """A file that is decoded when its pixels are asked for.

    Attributes:
        decode: gives the pixels, (height, width, 3) uint8 RGB.
        shape: (height, width) of them.
        half: the same at half size, sides rounded up.
    """

    decode: Callable[[], Pixels]
    shape: tuple[int, int]
    half: Pixels


class Frame:
    """One image, or one frame of a video or camera.

    A detector of half-size frames needs no more of most of them, and a JPEG decodes to half its size faster than to its
    whole. So `pixels` may be an `EncodedImage`. Of a scene, which may be larger than
    memory, only windows are read.

    Attributes:
        source: the image, video or camera it came from, as text for people and files.
        index: number of the frame in its source, from 0.
        time_s: seconds since the first frame of the source; None for an image, and for raw streams, which have no
            time stamps.
        shape: (height, width), pixels.
        scene: what windows are read from; None where the pixels are in memory.
        place: where it lies on the earth, None where that is not known.
        gsd_m: ground sample distance, meters a pixel; None where that is not known.
        area: the part of it where ships count; None: everywhere.
        captured: when a camera or stream gave it; None for files.
    """

    def __init__(
        self,
        pixels: Pixels | EncodedImage | LazyRaster,
        source: str,
        index: int = 0,
        time_s: float | None = None,
        decode_ms: float = 0.0,
        *,
        place: Place | None = None,
        gsd_m: float | None = None,
        area: Area | None = None,
        captured: Captured | None = None,
    ) -> None:
        """Takes the pixels, (height, width, 3) uint8 RGB, an encoded image or a scene.

        Raises:
            SourceError: the pixels are of another kind, there are none, or too many for 32-bit positions in a mask.
        """
        self.source, self.index, self.time_s, self._decode_ms = source, index, time_s, decode_ms
        self.place, self.gsd_m, self.area = place, gsd_m if place is None else place.gsd_m, area
        self.captured = captured
        self.scene: LazyRaster | None = None
        self._pixels: Pixels | Callable[[], Pixels] | None = None
        self._half: Pixels | None = None
        if isinstance(pixels, LazyRaster):
            self.scene, self.shape = pixels, (pixels.shape[0], pixels.shape[1])
        elif isinstance(pixels, EncodedImage):
            self._pixels, self.shape, self._half = pixels
        else:
            self._pixels, self.shape = pixels, _checked(pixels, source)
        if self.shape[0] * self.shape[1] > MAX_PIXELS:
            raise SourceError(f"{source}: {self.shape[1]}x{self.shape[0]} is too large, cut it into parts first")

    @property
    def decode_ms(self) -> float:
        """What reading and decoding it cost so far, in milliseconds."""
        return self._decode_ms + (0.0 if self.scene is None else self.scene.read_ms)

    @property
    def pixels(self) -> Pixels:
        """(height, width, 3) uint8 RGB, of a scene too. Raises ImageError where they cannot be decoded."""
        if self.scene is not None:
            whole = np.empty((*self.shape, 3), np.uint8)
            for top in range(0, self.shape[0], _AT_ONCE):
                whole[top : top + _AT_ONCE] = self.scene[top : top + _AT_ONCE, :]
            return whole
        if callable(self._pixels):
            start = perf_counter()
            self._pixels = self._pixels()
            self._decode_ms += (perf_counter() - start) * 1e3
        assert self._pixels is not None
        return self._pixels

    @property
    def nbytes(self) -> int:
        """Bytes of the pixels that it holds now."""
        return sum(pixels.nbytes for pixels in (self._pixels, self._half) if isinstance(pixels, np.ndarray))

    def raster(self, reduce: int = 1) -> Raster:
        """What windows are cut of: the pixels, or a scene that reads them; `reduce` 2: at half size, sides rounded up.

        Half size is as the file gives it, or the mean of every 2 x 2 pixels, of a window alone: the whole would take a
        quarter of the memory of the frame again.
        """
        if self.scene is not None:
            return self.scene if reduce == 1 else self.scene.half
        if reduce == 1:
            return self.pixels
        return Halved(self.pixels) if self._half is None else self._half


def _checked(pixels: object, source: str) -> tuple[int, int]:
    if not isinstance(pixels, np.ndarray):
        raise SourceError(f"{source}: pixels are {type(pixels).__name__}, expected an array (height, width, 3)")
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8 or pixels.size == 0:
        raise SourceError(f"{source}: pixels are {pixels.dtype} {pixels.shape}, expected uint8 (height, width, 3) RGB")
    return pixels.shape[0], pixels.shape[1]


class OrientedBox(NamedTuple):
    """A rectangle, turned as the ship in it is.

    Attributes:
        x: column of its middle, pixels; 0 is the left side of the frame.
        y: row of its middle, pixels; 0 is the upper side of the frame.
        length: of its longer side, pixels.
        width: of its shorter side, pixels.
        orientation: of its longer side, from the x axis towards the y axis, degrees from 0 to below 180: 0 lies along
            a row, 45 goes down to the right. Bow and stern are not told apart.
    """

    x: float
    y: float
    length: float
    width: float
    orientation: float


@dataclass(frozen=True, slots=True)
class Ship:
    """One ship of a frame.

    Attributes:
        rle: its pixels, in the coordinates of the whole frame.
        score: mean probability over the pixels that the segmenter found, 0..1.
        bbox: (left, top, right, bottom), half-open, pixels.
    """

    rle: Rle
    score: float
    bbox: tuple[int, int, int, int]

    @property
    def rectangle(self) -> OrientedBox:
        """The smallest rectangle around its pixels, turned as it may be."""
        x, y, length, width, angle = smallest_rectangle(self.rle).tolist()
        return OrientedBox(x, y, length, width, degrees(angle) % 180)


@dataclass(frozen=True, slots=True)
class FrameResult:
    """Everything the cascade says about one frame; no ships is a result too.

    Attributes:
        source: as in `Frame`.
        index: as in `Frame`.
        time_s: as in `Frame`.
        shape: (height, width) of the frame.
        score: probability that the frame shows a ship, 0..1: the best cell of `presence`.
        presence: (rows, cols) uint8, probability * 256 for each cell of 32x32 pixels.
        ships: the ships, by the position of their first pixel.
        timings_ms: milliseconds per stage: decode, detector, segmenter, post, refiner.
        place: as in `Frame`.
        gsd_m: as in `Frame`.
        scale: what the frame was resampled by before the models saw it; ships are in its own pixels all the same.
    """

    source: str
    index: int
    time_s: float | None
    shape: tuple[int, int]
    score: float
    presence: NDArray[np.uint8]
    ships: tuple[Ship, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)
    place: Place | None = None
    gsd_m: float | None = None
    scale: float = 1.0
