"""How far two frames are shifted against each other: phase correlation of reduced frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["Peak", "View", "peaks"]

Plane: TypeAlias = NDArray[np.float32]

_SIDE = 320
"""Frames are halved until their longer side is at most this: 1280x720 becomes 320x180."""
_BLUR = 9
"""Pixels of the reduced frame over which light may change slowly: shadows of clouds, the dark rim of a lens."""
_BELL = 0.5
"""Standard deviation of a peak of the correlation, pixels."""
_APART = 3
"""Pixels of the correlation on either side that belong to the same peak."""


class Peak(NamedTuple):
    """One answer of a correlation.

    Attributes:
        x: by which the second frame is shifted, pixels of the reduced frame.
        y: likewise.
        strength: standard deviations of the correlation by which it stands out; noise alone reaches 8.
    """

    x: float
    y: float
    strength: float


class View:
    """One frame, reduced, as spectra: `sea` of all that is no ship, `whole` of everything.

    Attributes:
        frame: (height, width) of the frame.
        step: pixels of the frame for one of the reduced frame.
    """

    def __init__(self, pixels: NDArray[np.uint8], boxes: Sequence[Sequence[int]]) -> None:
        """Of a (height, width, 3) RGB frame; boxes are (left, top, right, bottom) of its ships."""
        self.frame, self.step = (pixels.shape[0], pixels.shape[1]), 1
        while max(pixels.shape[:2]) > _SIDE and min(pixels.shape[:2]) > 1:  # the fast case of OpenCV's area mean
            height, width = (side // 2 for side in pixels.shape[:2])
            half = cv2.resize(pixels[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
            pixels, self.step = np.asarray(half, np.uint8), 2 * self.step
        grey = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)
        if grey.shape[1] % 2:  # `peaks` needs an even width
            grey = np.column_stack([grey, grey[:, -1]])
        self._detail = np.asarray(grey - cv2.blur(grey, (_BLUR, _BLUR)), np.float32)
        self._boxes = boxes

    @cached_property
    def whole(self) -> Plane:
        """The spectrum of everything."""
        return _spectrum(self._detail)

    @cached_property
    def sea(self) -> Plane:
        """The spectrum of what is no ship."""
        if not self._boxes:
            return self.whole
        detail, rim = self._detail.copy(), _BLUR // 2
        for left, top, right, bottom in self._boxes:
            rows = slice(max(top // self.step - rim, 0), bottom // self.step + rim + 1)
            detail[rows, max(left // self.step - rim, 0) : right // self.step + rim + 1] = 0
        return _spectrum(detail)


@lru_cache(maxsize=4)
def _window(height: int, width: int) -> Plane:
    """Fades the borders out, where content comes and goes."""
    down, across = (np.hanning(side + 2)[1:-1].astype(np.float32) for side in (height, width))
    return np.multiply.outer(down, across)


@lru_cache(maxsize=4)
def _lowpass(height: int, width: int) -> Plane:
    """Makes peaks bells of `_BELL` pixels; the finest detail is noise."""
    down = np.fft.fftfreq(height)[:, None]
    across = np.fft.rfftfreq(width)[None, 1 : width // 2]
    return np.exp(-2 * (np.pi * _BELL) ** 2 * (down**2 + across**2)).astype(np.float32)


def _spectrum(detail: Plane) -> Plane:
    """As OpenCV packs it: (real, imaginary) pairs in each row; the first and the last column are of another kind."""
    height, width = detail.shape
    return np.asarray(cv2.dft((detail - detail.mean()) * _window(height, width)), np.float32)


def peaks(first: Plane, second: Plane, most: int) -> list[Peak]:
    """The highest peaks of the phase correlation, by which `second` is shifted against `first`."""
    cross = np.asarray(cv2.mulSpectrums(second, first, 0, conjB=True), np.float32)
    height, width = cross.shape
    cross[:, [0, -1]] = 0  # no content that repeats in every column or every other one
    values = cross[:, 1:-1].view(np.complex64)
    values *= _lowpass(height, width) / (np.abs(values) + np.float32(1e-6))
    surface = np.asarray(cv2.idft(cross, flags=cv2.DFT_REAL_OUTPUT | cv2.DFT_SCALE), np.float32)
    deviation = max(float(surface.std()), 1e-12)
    found = []
    for _ in range(most):
        row, column = divmod(int(np.argmax(surface)), width)
        x, y = _between(surface[row], column), _between(surface[:, column], row)
        found.append(Peak(x, y, float(surface[row, column]) / deviation))
        around = np.arange(-_APART, _APART + 1)
        surface[np.ix_((row + around) % height, (column + around) % width)] = 0
    return found


def _between(line: Plane, at: int) -> float:
    """The place of a peak between the samples, as that of a bell; beyond the middle it is negative."""
    size = len(line)
    before, peak, after = (max(float(line[(at + offset) % size]), 1e-9) for offset in (-1, 0, 1))
    bend = math.log(before * after / peak**2)
    place = at + (math.log(before / after) / (2 * bend) if bend < 0 else 0.0)
    return place - size if place > size / 2 else place
