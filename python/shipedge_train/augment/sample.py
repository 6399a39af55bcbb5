"""One sample, varied: the parts in the order in which an image comes about."""

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

_NEAR, _FAR = (np.ones((side, side), np.uint8) for side in (7, 25))
_REACH = 12  # pixels around ships, as far as _FAR
_FAINT = 8.0  # grey levels beyond the waves' own; a ship that stands out less is a label without a ship


def vary(image: Array, mask: Array, config: AugmentConfig, rng: Generator) -> tuple[Array, Array]:
    """Vary light, air, sensor and what can be seen of a crop: (h, w, 3) and (h, w) uint8 -> the same shapes.

    Its geometry comes before: `shipedge_train.augment.geometry`. The inputs are left as they are; where nothing
    changed, they are returned.

    Raises:
        DatasetError: no image, or no mask of 0 and 1 of its size: an image that was loaded as a mask stops here.
    """
    check_pair(image, mask)
    if rng.random() < config.fade:
        image = fade(image, mask, rng)
    if rng.random() < config.glint:
        image = glint(image, rng)
    image = relight(image, config, rng)
    if rng.random() < config.haze:
        image = haze(image, rng)
    if rng.random() < config.cutout:
        image, mask = cutout(image, mask, rng)
    return degrade(image, config, rng), mask


def fade(image: Array, mask: Array, rng: Generator) -> Array:
    """Ships that stand out less from the water around them, never so little that nobody would see them.

    A network that knows bright hulls only outlines the bright parts of a grey one.
    """
    if not mask.any():
        return image
    left, top, width, height = cv2.boundingRect(mask)
    place = (slice(max(top - _REACH, 0), top + height + _REACH), slice(max(left - _REACH, 0), left + width + _REACH))
    part, ship = image[place].astype(np.float32), mask[place]
    around = part[(cv2.dilate(ship, _FAR) > 0) & (cv2.dilate(ship, _NEAR) == 0)]
    if not len(around):
        return image
    around = around[:: max(len(around) // 1000, 1)]
    water = np.median(around, axis=0)
    waves = float(np.median(np.abs(around - water).max(axis=1)))
    contrast = float(np.abs(part[ship > 0] - water).max(axis=1).mean())
    keep = max(rng.uniform(0.3, 0.9), (_FAINT + 2 * waves) / max(contrast, 1.0))
    if keep >= 1:
        return image
    soft = cv2.GaussianBlur(ship * np.float32(1 - keep), (13, 13), 2)[..., np.newaxis]
    image = image.copy()
    image[place] = np.rint(part + soft * (water - part))
    return image


def cutout(image: Array, mask: Array, rng: Generator) -> tuple[Array, Array]:
    """Erase one rectangle: the image's mean color there, no ship there."""
    image, mask = image.copy(), mask.copy()
    height, width = mask.shape
    h, w = int(rng.integers(height // 16, height // 4)), int(rng.integers(width // 16, width // 4))
    top, left = int(rng.integers(0, height - h)), int(rng.integers(0, width - w))
    image[top : top + h, left : left + w] = np.rint(cv2.mean(image)[:3])
    mask[top : top + h, left : left + w] = 0
    return image, mask


def check_pair(image: Array, mask: Array) -> None:
    """Refuse what is no image with its mask.

    Raises:
        DatasetError: says what is wrong with which of the two.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise DatasetError(f"image is {image.shape} {image.dtype}, expected (height, width, 3) uint8")
    if mask.shape != image.shape[:2] or mask.dtype != np.uint8:
        raise DatasetError(f"mask is {mask.shape} {mask.dtype}, expected {image.shape[:2]} uint8 like its image")
    if mask.size and mask.max() > 1:
        raise DatasetError(f"mask has values up to {mask.max()}, expected 0 and 1: is it an image?")
