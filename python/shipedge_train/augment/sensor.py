"""What optics, sensor and compression do to a picture; the mask has no part in it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from shipedge_train.config import AugmentConfig

Array = NDArray[np.uint8]

# Drawing fresh Gaussian noise costs more than the rest of the augmentation: cut it from one large field instead.
# A crop of 768 x 768 x 3 fits.
_NOISE = np.random.default_rng(0).standard_normal(1 << 21).astype(np.float32)


def degrade(image: Array, config: AugmentConfig, rng: Generator) -> Array:
    """What optics, sensor and compression do: blur, lost resolution, noise, JPEG."""
    height, width = image.shape[:2]
    if rng.random() < config.blur:
        if rng.random() < 0.6:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4)).astype(np.uint8, copy=False)
        else:
            factor = rng.uniform(0.5, 0.9)
            small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            image = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.uint8, copy=False)
    if rng.random() < config.noise:
        image = _add_noise(image, rng.uniform(1, 9), rng)
    if rng.random() < config.jpeg:
        quality = int(rng.integers(35, 95))
        _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)
    return image


def _add_noise(image: Array, sigma: float, rng: Generator) -> Array:
    """Gaussian noise of `sigma` grey levels, per channel like a sensor's or the same in all like grain."""
    channels = 3 if rng.random() < 0.5 else 1
    count = image.shape[0] * image.shape[1] * channels
    start = int(rng.integers(_NOISE.size - count))
    field = _NOISE[start : start + count].reshape(*image.shape[:2], channels) * np.float32(sigma)
    noise = field if channels == 3 else cv2.merge([field] * 3)
    return cv2.add(image, noise, dtype=cv2.CV_8U).astype(np.uint8, copy=False)
