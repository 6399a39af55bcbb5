"""What optics, sensor and compression do to an image; the mask has no part in it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge_train.augment import fields
from shipedge_train.config import AugmentConfig

Array = NDArray[np.uint8]


def degrade(image: Array, config: AugmentConfig, rng: Generator) -> Array:
    """Color, blur, noise and compression, each with its own probability: (h, w, 3) uint8 -> the same."""
    if rng.random() < config.bleed:
        image = bleed(image, rng)
    if rng.random() < config.blur:
        image = blur(image, rng)
    if rng.random() < config.noise:
        image = add_noise(image, rng)
    if rng.random() < config.jpeg:
        image = recompress(image, rng)
    return image


def bleed(image: Array, rng: Generator) -> Array:
    """Color from pixels several times as large, brightness as it is: pansharpening by ratios (Brovey).

    A bright hull then lends its hue to the dark sea round it, so that color does not say where the hull ends.
    """
    soft = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(1.5, 6)), np.uint8)
    level = np.maximum(cv2.cvtColor(soft, cv2.COLOR_RGB2GRAY), 1)
    share = cv2.divide(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), level, dtype=cv2.CV_32F)
    return cv2.multiply(soft, cv2.merge([share, share, share]), dtype=cv2.CV_8U).astype(np.uint8, copy=False)


def blur(image: Array, rng: Generator) -> Array:
    """Out of focus, or fewer pixels than there seem to be."""
    height, width = image.shape[:2]
    if rng.random() < 0.6:
        sigma = rng.uniform(0.4, 1.4)
        side = 2 * math.ceil(2 * sigma) + 1
        return cv2.GaussianBlur(image, (side, side), sigma).astype(np.uint8, copy=False)
    factor = rng.uniform(0.5, 0.9)
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)


def add_noise(image: Array, rng: Generator) -> Array:
    """Gaussian noise of 1 to 9 grey levels: per channel like a sensor's, or the same in all like grain."""
    strength = rng.uniform(1, 9) / fields.NOISE_SIGMA
    if rng.random() < 0.5:
        field = fields.noise(image.shape, rng)
    else:
        field = cv2.cvtColor(fields.noise(image.shape[:2], rng), cv2.COLOR_GRAY2RGB).astype(np.uint8, copy=False)
    return cv2.addWeighted(image, 1, field, strength, -128 * strength).astype(np.uint8, copy=False)


def recompress(image: Array, rng: Generator) -> Array:
    """JPEG of a low or middling quality."""
    # Red and blue are swapped on the way in and again on the way out: reordering them twice would cost as much.
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
