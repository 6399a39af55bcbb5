"""One sample, varied: the parts in the order in which a picture comes about."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge_train.augment.light import relight
from shipedge_train.augment.sensor import degrade
from shipedge_train.config import AugmentConfig

Array = NDArray[np.uint8]


def vary(image: Array, mask: Array, config: AugmentConfig, rng: Generator) -> tuple[Array, Array]:
    """Vary light, sensor and what can be seen of a crop: (h, w, 3) and (h, w) uint8 -> the same shapes.

    Its geometry comes before: `shipedge_train.augment.geometry`.
    """
    if rng.random() < config.cutout:
        image, mask = cutout(image, mask, rng)
    return degrade(relight(image, config, rng), config, rng), mask


def cutout(image: Array, mask: Array, rng: Generator) -> tuple[Array, Array]:
    """Erase one rectangle: grey of the picture's mean there, no ship there."""
    image, mask = image.copy(), mask.copy()
    height, width = mask.shape
    h, w = rng.integers(height // 16, height // 4), rng.integers(width // 16, width // 4)
    top, left = rng.integers(0, height - h), rng.integers(0, width - w)
    image[top : top + h, left : left + w] = image[::8, ::8].mean(axis=(0, 1)).astype(np.uint8)
    mask[top : top + h, left : left + w] = 0
    return image, mask
