"""What flows through the pipeline: a frame goes in, a result with its ships comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import degrees
from time import perf_counter
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shipedge._core import halve, smallest_rectangle
from shipedge.errors import SourceError
from shipedge.rle import Rle

__all__ = ["Frame", "FrameResult", "OrientedBox", "Ship"]

Pixels: TypeAlias = NDArray[np.uint8]

MAX_PIXELS = 2**32 - 2
"""Positions in a run-length mask are 32-bit numbers."""


class Frame:
    """One image, or one frame of a video or camera.

    A detector of half-size frames needs no more of most of them, and a JPEG decodes to half its size faster than to its
    whole. So `pixels` may be a function that decodes them when they are asked for.

    Attributes:
        source: the image, video or camera it came from, as text for people and files.
        index: number of the frame in its source, from 0.
        time_s: seconds since the first frame of the source; None for an image, and for raw streams, which have no
            time stamps.
        decode_ms: what reading and decoding it cost so far, in milliseconds.
        shape: (height, width), pixels.
    """

    def __init__(
        self,
        pixels: Pixels | Callable[[], Pixels],
        source: str,
        index: int = 0,
        time_s: float | None = None,
        decode_ms: float = 0.0,
        *,
        half: Pixels | None = None,
        shape: tuple[int, int] | None = None,
    ) -> None:
        """Takes the pixels, (height, width, 3) uint8 RGB; or what gives them, with `half` and `shape`.

        Raises:
            SourceError: the pixels are of another kind, there are none, or too many for 32-bit positions in a mask.
        """
        self.source, self.index, self.time_s, self.decode_ms = source, index, time_s, decode_ms
        self._pixels, self._half = pixels, half
        self.shape: tuple[int, int] = shape or _checked(pixels, source)
        if self.shape[0] * self.shape[1] > MAX_PIXELS:
            raise SourceError(f"{source}: {self.shape[1]}x{self.shape[0]} is too large, cut it into parts first")

    @property
    def pixels(self) -> Pixels:
        """(height, width, 3) uint8 RGB. Raises ImageError where they cannot be decoded."""
        if callable(self._pixels):
            start = perf_counter()
            self._pixels = self._pixels()
            self.decode_ms += (perf_counter() - start) * 1e3
        return self._pixels

    @property
    def nbytes(self) -> int:
        """Bytes of the pixels that it holds now."""
        whole = 0 if callable(self._pixels) else self._pixels.nbytes
        return whole + (0 if self._half is None else self._half.nbytes)

    def half(self, top: int, bottom: int) -> Pixels:
        """Rows `top` (even) up to `bottom` of the frame, at half size with sides rounded up.

        As its file gives it, or the mean of every 2 x 2 pixels: of these rows alone, for the whole takes a quarter of
        the memory of the frame again.
        """
        if self._half is None:
            return halve(self.pixels[top:bottom])
        return self._half[top // 2 : -(-bottom // 2)]


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
    """

    source: str
    index: int
    time_s: float | None
    shape: tuple[int, int]
    score: float
    presence: NDArray[np.uint8]
    ships: tuple[Ship, ...] = ()
    timings_ms: dict[str, float] = field(default_factory=dict)
