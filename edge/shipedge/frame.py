"""What flows through the pipeline: a frame goes in, a result with its ships comes out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from shipedge.rle import Rle

__all__ = ["Frame", "FrameResult", "Ship"]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture, or one frame of a video or camera.

    Attributes:
        pixels: (height, width, 3) uint8 RGB.
        source: the picture, video or camera it came from, as text for people and files.
        index: number of the frame in its source, from 0.
        time_s: seconds since the first frame of the source; None for an image, and for raw streams, which have no
            time stamps.
        decode_ms: what reading and decoding it cost, in milliseconds.
    """

    pixels: NDArray[np.uint8]
    source: str
    index: int = 0
    time_s: float | None = None
    decode_ms: float = 0.0


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
