"""What lies between ship and camera: haze, thin cloud and the sun's reflection; the mask has no part in it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge_train.augment.fields import cloud, noise, swell

Array = NDArray[np.uint8]


def haze(image: Array, rng: Generator) -> Array:
    """A veil of bright grey, even or in wisps: (h, w, 3) uint8 -> the same; no ship vanishes in it."""
    veil = float(rng.uniform(130, 245))
    even = float(rng.uniform(0.05, 0.4))
    hazy = cv2.convertScaleAbs(image, alpha=1 - even, beta=veil * even).astype(np.uint8, copy=False)
    if rng.random() < 0.5:
        return hazy
    wisps = cv2.cvtColor(cloud(image.shape[0], image.shape[1], rng), cv2.COLOR_GRAY2RGB)
    thickness = float(rng.uniform(0.3, 0.75)) / 255
    dimmed = cv2.multiply(image, 255 - wisps, scale=thickness)
    # image * (1 - thickness * wisps) + veil * thickness * wisps, in bytes: the dimmed part holds 255 - wisps
    lit = cv2.addWeighted(image, 1 - 255 * thickness, wisps, veil * thickness, 0)
    return cv2.add(lit, dimmed).astype(np.uint8, copy=False)


def glint(image: Array, rng: Generator) -> Array:
    """The sun in the waves: a bright patch in which the image's own waves sparkle: (h, w, 3) uint8 -> the same."""
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    crests = cv2.subtract(grey, cv2.blur(grey, (7, 7)))
    facets = cv2.addWeighted(crests, 4, noise((height, width), rng), 0.25, 0)
    patch = swell(height, width, rng.uniform(-0.6, 0.8, (3, 3)).astype(np.float32))
    light = cv2.multiply(facets, patch, scale=float(rng.uniform(0.6, 2)), dtype=cv2.CV_8U)
    return cv2.add(image, cv2.cvtColor(light, cv2.COLOR_GRAY2RGB)).astype(np.uint8, copy=False)
