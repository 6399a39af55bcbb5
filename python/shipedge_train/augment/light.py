"""Light and color of an image, drawn anew; the mask has no part in it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge_train.augment.fields import swell
from shipedge_train.config import AugmentConfig

Array = NDArray[np.uint8]
Matrix = NDArray[np.float64]

_GREY = np.full((3, 3), 1 / 3)
_LEVELS = np.linspace(0, 1, 256)
# Generator of rotations about the grey axis: what they do to a color of the image is a turn of its hue.
_TURN = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)


def relight(image: Array, config: AugmentConfig, rng: Generator) -> Array:
    """Gamma, then everything that is linear in the colors as one 3x4 matrix: (h, w, 3) uint8 -> the same."""
    gray = rng.random() < config.gray
    if config.light:
        curve = _LEVELS ** math.exp(rng.normal(0, 0.25 * config.light))
        image = cv2.LUT(image, (curve * 255 + 0.5).astype(np.uint8)).astype(np.uint8, copy=False)
    if config.light or config.color or gray:
        matrix = _GREY if gray else _tint(config.color, rng)
        image = cv2.transform(image, _exposure(matrix, image, config.light, rng)).astype(np.uint8, copy=False)
    if rng.random() < config.gradient:
        image = shade(image, rng)
    return image


def _tint(strength: float, rng: Generator) -> Matrix:
    """Saturation, a turn of the hue, a little crosstalk and a gain per channel; grey keeps its level but for the gains.

    The rotation is Rodrigues' formula about (1, 1, 1) / sqrt(3).
    """
    saturation, angle = math.exp(rng.normal(0, 0.3 * strength)), rng.normal(0, 0.12 * strength)
    hue = np.eye(3) + math.sin(angle) * _TURN + (1 - math.cos(angle)) * (_TURN @ _TURN)
    crosstalk = rng.normal(0, 0.03 * strength, (3, 3))
    crosstalk -= crosstalk.mean(axis=1, keepdims=True)
    gains = np.exp(rng.normal(0, 0.08 * strength, (3, 1)))
    tint: Matrix = gains * ((hue + crosstalk) * saturation + _GREY * (1 - saturation))
    return tint


def _exposure(matrix: Matrix, image: Array, strength: float, rng: Generator) -> Matrix:
    """Brightness and contrast appended to a color matrix: (3, 3) -> (3, 4).

    Contrast is about the crop's own level, so that a dark sea stays a sea.
    """
    contrast, gain = math.exp(rng.normal(0, 0.25 * strength)), math.exp(rng.normal(0, 0.2 * strength))
    shift = rng.normal(0, 10 * strength)
    level = sum(cv2.mean(image)[:3]) / 3
    return np.hstack([matrix * contrast, np.full((3, 1), level * (gain - contrast) + shift)])


def shade(image: Array, rng: Generator) -> Array:
    """Uneven light: a smooth gain from corner to corner of the image, nearly the same in all channels."""
    knots = np.exp(rng.normal(0, 0.16, (2, 2, 1)) + rng.normal(0, 0.03, (2, 2, 3))).astype(np.float32)
    field = swell(image.shape[0], image.shape[1], knots)
    return cv2.multiply(image, field, dtype=cv2.CV_8U).astype(np.uint8, copy=False)
