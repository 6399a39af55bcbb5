"""Light and color of a picture, drawn anew; the mask has no part in it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge_train.config import AugmentConfig

Array = NDArray[np.uint8]


def relight(image: Array, config: AugmentConfig, rng: Generator) -> Array:
    """Color, haze and uneven light: (h, w, 3) uint8 -> the same."""
    strength = config.color
    image = _mix_channels(image, strength, config.gray, rng)
    level = np.linspace(0, 1, 256, dtype=np.float32)
    curve = level ** np.exp(rng.normal(0, 0.25 * strength))
    contrast, shift = np.exp(rng.normal(0, 0.25 * strength)), rng.normal(0, 0.04 * strength)
    pivot = curve[int(image[::8, ::8].mean())]  # about the crop's own level: a dark sea stays a sea
    curve = (curve - pivot) * contrast + pivot * np.exp(rng.normal(0, 0.2 * strength)) + shift
    gains = np.exp(rng.normal(0, 0.08 * strength, 3))
    curves = curve[:, None] * gains
    if rng.random() < config.haze:
        veil, amount = rng.uniform(0.5, 0.95), rng.uniform(0.1, 0.55)
        curves = curves * (1 - amount) + veil * amount
    table = np.clip(curves * 255, 0, 255).astype(np.uint8)[None]
    image = cv2.LUT(image, table).astype(np.uint8, copy=False)
    if rng.random() < config.gradient:
        light = np.exp(rng.normal(0, 0.18, (3, 3, 1)) + rng.normal(0, 0.03, (3, 3, 3))).astype(np.float32)
        field = cv2.resize(light, image.shape[1::-1], interpolation=cv2.INTER_CUBIC)
        image = cv2.multiply(image, field, dtype=cv2.CV_8U).astype(np.uint8, copy=False)
    return image


def _mix_channels(image: Array, strength: float, gray: float, rng: Generator) -> Array:
    """Saturation and a small turn of the hue as one 3x3 color matrix."""
    mean = np.full((3, 3), 1 / 3)
    if rng.random() < gray:
        matrix = mean
    else:
        saturation = np.exp(rng.normal(0, 0.3 * strength))
        matrix = np.eye(3) * saturation + mean * (1 - saturation)
        mixing = rng.normal(0, 0.05 * strength, (3, 3))
        matrix = matrix + mixing - mixing.mean(axis=1, keepdims=True)  # rows keep their sum: white stays white
    return cv2.transform(image, matrix.astype(np.float32)).astype(np.uint8, copy=False)
