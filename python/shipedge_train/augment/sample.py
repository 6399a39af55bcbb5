"""One sample, varied: the parts in the order in which a picture comes about."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge.errors import DatasetError
from shipedge_train.augment.air import glint, haze
from shipedge_train.augment.light import relight
from shipedge_train.augment.sensor import degrade
from shipedge_train.config import AugmentConfig

Array = NDArray[np.uint8]


def vary(image: Array, mask: Array, config: AugmentConfig, rng: Generator) -> tuple[Array, Array]:
    """Vary light, air, sensor and what can be seen of a crop: (h, w, 3) and (h, w) uint8 -> the same shapes.

    Its geometry comes before: `shipedge_train.augment.geometry`. The inputs are left as they are; where nothing
    changed, they are returned.

    Raises:
        DatasetError: no picture, or no mask of 0 and 1 of its size: a picture that was loaded as a mask stops here.
    """
    check_pair(image, mask)
    if rng.random() < config.glint:
        image = glint(image, rng)
    image = relight(image, config, rng)
    if rng.random() < config.haze:
        image = haze(image, rng)
    if rng.random() < config.cutout:
        image, mask = cutout(image, mask, rng)
    return degrade(image, config, rng), mask


def cutout(image: Array, mask: Array, rng: Generator) -> tuple[Array, Array]:
    """Erase one rectangle: the picture's mean color there, no ship there."""
    image, mask = image.copy(), mask.copy()
    height, width = mask.shape
    h, w = int(rng.integers(height // 16, height // 4)), int(rng.integers(width // 16, width // 4))
    top, left = int(rng.integers(0, height - h)), int(rng.integers(0, width - w))
    image[top : top + h, left : left + w] = np.rint(cv2.mean(image)[:3])
    mask[top : top + h, left : left + w] = 0
    return image, mask


def check_pair(image: Array, mask: Array) -> None:
    """Refuse what is no picture with its mask.

    Raises:
        DatasetError: says what is wrong with which of the two.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise DatasetError(f"picture is {image.shape} {image.dtype}, expected (height, width, 3) uint8")
    if mask.shape != image.shape[:2] or mask.dtype != np.uint8:
        raise DatasetError(f"mask is {mask.shape} {mask.dtype}, expected {image.shape[:2]} uint8 like its picture")
    if mask.size and mask.max() > 1:
        raise DatasetError(f"mask has values up to {mask.max()}, expected 0 and 1: is it a picture?")
