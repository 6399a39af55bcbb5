"""Random variation of one sample: geometry on picture and mask together, light and sensor on the picture alone.

Everything works on uint8 and draws only from the generator it is given. The photometric part is strong on purpose: a
model that has seen only rendered scenes must not rely on their colors, sharpness or noise.
"""

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


def cut(
    image: Array, mask: Array, center: tuple[float, float], size: int, config: AugmentConfig, rng: Generator
) -> tuple[Array, Array]:
    """Cut a crop, perhaps rotated and scaled: (h, w, 3) and (h, w) -> (size, size, 3) and (size, size).

    One affine transform for both; the mask by nearest neighbour, so that it stays 0 and 1. Beyond the border of the
    picture both are mirrored.

    Args:
        image: uint8 RGB.
        mask: uint8, 0 and 1.
        center: (y, x) that lies in the middle of the crop where the picture's border allows, pixels.
        size: side of the crop, pixels.
        config: how far to go.
        rng: where randomness comes from.
    """
    height, width = mask.shape
    if rng.random() >= config.warp:
        top = int(np.clip(center[0] - size / 2, 0, height - size))
        left = int(np.clip(center[1] - size / 2, 0, width - size))
        place = (slice(top, top + size), slice(left, left + size))
        return image[place], mask[place]
    scale = float(np.exp(rng.uniform(-1, 1) * np.log(config.scale)))
    angle = rng.uniform(-config.rotation, config.rotation)
    half = min(size / 2 / scale, min(height, width) / 2)
    y = np.clip(center[0], half, height - half)
    x = np.clip(center[1], half, width - half)
    matrix = cv2.getRotationMatrix2D((float(x), float(y)), angle, scale)
    matrix[:, 2] = matrix[:, 2] + size / 2 - np.array([x, y])
    interpolation = cv2.INTER_LINEAR if scale > 0.8 else cv2.INTER_AREA
    warped = cv2.warpAffine(image, matrix, (size, size), flags=interpolation, borderMode=cv2.BORDER_REFLECT_101)
    warped_mask = cv2.warpAffine(mask, matrix, (size, size), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_REFLECT_101)
    return warped.astype(np.uint8, copy=False), warped_mask.astype(np.uint8, copy=False)


def flip(image: Array, mask: Array, rng: Generator) -> tuple[Array, Array]:
    """One of the eight symmetries of the square, the same for both."""
    turns, mirror = int(rng.integers(4)), bool(rng.integers(2))
    image, mask = np.rot90(image, turns), np.rot90(mask, turns)
    return (image[:, ::-1], mask[:, ::-1]) if mirror else (image, mask)


def cutout(image: Array, mask: Array, rng: Generator) -> tuple[Array, Array]:
    """Erase one rectangle: grey of the picture's mean there, no ship there."""
    image, mask = image.copy(), mask.copy()
    height, width = mask.shape
    h, w = rng.integers(height // 16, height // 4), rng.integers(width // 16, width // 4)
    top, left = rng.integers(0, height - h), rng.integers(0, width - w)
    image[top : top + h, left : left + w] = image[::8, ::8].mean(axis=(0, 1)).astype(np.uint8)
    mask[top : top + h, left : left + w] = 0
    return image, mask


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


def augment(image: Array, mask: Array, config: AugmentConfig, rng: Generator) -> tuple[Array, Array]:
    """Vary one crop: (h, w, 3) and (h, w) uint8 -> the same shapes, contiguous."""
    if config.flips:
        image, mask = flip(image, mask, rng)
    if rng.random() < config.cutout:
        image, mask = cutout(image, mask, rng)
    image = np.ascontiguousarray(image)
    image = degrade(relight(image, config, rng), config, rng)
    return np.ascontiguousarray(image), np.ascontiguousarray(mask)
