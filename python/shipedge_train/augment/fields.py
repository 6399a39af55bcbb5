"""Random fields that are made once and cut anew for each sample: drawing them would cost more than all other parts."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Array = NDArray[np.uint8]

NOISE_SIGMA = 32
"""Standard deviation of `noise`, grey levels about 128: four of them fit into a byte."""

_GRAIN = 1 << 21  # an image of 768 x 768 x 3 fits
_CLOUD = 2048


def noise(shape: tuple[int, ...], rng: Generator) -> Array:
    """Independent Gaussian values, mean 128 and deviation NOISE_SIGMA: `shape` uint8, not to be written to."""
    count = int(np.prod(shape))
    grain = _grain()
    if count >= grain.size:
        grain = np.resize(grain, 2 * count)
    start = int(rng.integers(grain.size - count))
    return grain[start : start + count].reshape(shape)


def cloud(height: int, width: int, rng: Generator) -> Array:
    """Wisps: (height, width) uint8, 0 where the sky is clear, mean about 90, structure at every size."""
    zoom = max(1.0, 1.1 * max(height, width) / _CLOUD, 0.5 + rng.random())
    h, w = int(height / zoom) + 1, int(width / zoom) + 1
    top, left = int(rng.integers(_CLOUD - h)), int(rng.integers(_CLOUD - w))
    cut = _clouds()[top : top + h, left : left + w]
    return cv2.resize(cut, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)


def swell(height: int, width: int, knots: NDArray[np.float32]) -> NDArray[np.float32]:
    """A smooth field through a few knots: (k, k) or (k, k, c) float32 -> (height, width) or (height, width, c)."""
    return cv2.resize(knots, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)


@cache
def _grain() -> Array:
    values = np.random.default_rng(0).standard_normal(_GRAIN, np.float32)
    grain: Array = np.clip(values * NOISE_SIGMA + 128.5, 0, 255).astype(np.uint8)
    return grain


@cache
def _clouds() -> Array:
    """Sum of octaves, each half as wide and 0.6 times as strong as the one before (fractional Brownian motion)."""
    rng = np.random.default_rng(1)
    field = np.zeros((_CLOUD, _CLOUD), np.float32)
    for octave in range(3, 10):
        knots = rng.standard_normal((1 << octave, 1 << octave), np.float32)
        field += 0.6**octave * swell(_CLOUD, _CLOUD, knots)
    low, high = np.quantile(field[::8, ::8], (0.15, 0.98))
    clouds: Array = np.clip((field - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    return clouds
