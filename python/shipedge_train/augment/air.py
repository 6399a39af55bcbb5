"""What lies between ship and camera: haze, thin cloud and the sun's reflection; the mask has no part in it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge_train.augment.fields import NOISE_SIGMA, cloud, noise, swell

Array = NDArray[np.uint8]


def haze(image: Array, rng: Generator) -> Array:
    """A veil of bright grey, even or in wisps: (h, w, 3) uint8 -> the same; no ship vanishes in it."""
    veil = float(rng.uniform(130, 245))
    even = float(rng.uniform(0.05, 0.4))
    hazy = cv2.convertScaleAbs(image, alpha=1 - even, beta=veil * even).astype(np.uint8, copy=False)
    if rng.random() < 0.5:
        return hazy
    wisps = cv2.cvtColor(cloud(*image.shape[:2], rng), cv2.COLOR_GRAY2RGB)
    thickness = float(rng.uniform(0.3, 0.75)) / 255
    dimmed = cv2.multiply(image, 255 - wisps, scale=thickness)
    # image * (1 - thickness * wisps) + veil * thickness * wisps, in bytes: the dimmed part holds 255 - wisps
    lit = cv2.addWeighted(image, 1 - 255 * thickness, wisps, veil * thickness, 0)
    return cv2.add(lit, dimmed).astype(np.uint8, copy=False)


def glint(image: Array, rng: Generator) -> Array:
    """The sun in the waves: a bright patch full of sparkle: (h, w, 3) uint8 -> the same."""
    height, width = image.shape[:2]
    patch = swell(height, width, rng.uniform(-0.6, 0.8, (3, 3)).astype(np.float32))
    sparkle = cv2.GaussianBlur(noise((height, width), rng), (3, 3), 0.6)
    # waves brighten where they face the sun: the noise counts from one deviation below its mean
    light = cv2.multiply(
        cv2.subtract(sparkle, 128.0 - NOISE_SIGMA), patch, scale=float(rng.uniform(0.4, 1.6)), dtype=cv2.CV_8U
    )
    return cv2.add(image, cv2.cvtColor(light, cv2.COLOR_GRAY2RGB)).astype(np.uint8, copy=False)
