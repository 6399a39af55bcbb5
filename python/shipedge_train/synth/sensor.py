"""From the painted scene to the file: haze is above, here are optics, sharpening, noise and JPEG."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge_train.synth.noise import Field, softened, white

ARCHIVED, DELIVERED = 85, 95
"""JPEG qualities: whole scenes were stored at the first, cuts of them on the same grid of blocks at the second."""
_DARKEST = 0.02  # Below this a coarse band is noise, and its share in the color means nothing.
_FLICKER = 0.5  # Color noise for each unit of local detail: the bands see waves and facets at different moments.


@dataclass(frozen=True, slots=True)
class Sensor:
    """One camera and its processing chain.

    Attributes:
        blur: Standard deviation of the point spread, pixels.
        halo: Amount of unsharp masking; draws the thin dark rings around bright ships.
        halo_radius: Standard deviation of the mask, pixels.
        bleed: Standard deviation by which color is softer than brightness: the color bands are four times coarser
            than the panchromatic band that sharpens them.
        noise: Standard deviation before the blur, 8-bit steps; the blur makes it the grain of the real images.
        color_noise: Standard deviation of the soft mottling of each color, 8-bit steps.
        gain: Contrast of each channel (3,).
        lift: Offset of each channel (3,), negative crushes the dark end as real deep-sea images show.
        gamma: Exponent of the tone curve.
    """

    blur: float
    halo: float
    halo_radius: float
    bleed: float
    noise: float
    color_noise: float
    gain: tuple[float, float, float]
    lift: tuple[float, float, float]
    gamma: float


def sample_sensor(rng: np.random.Generator) -> Sensor:
    """Draw a camera: one transfer function for most (soft, then sharpened), one in ten crisp and grainy.

    One in five is softer and sharpened more widely, as scenes are that were enlarged: dark rings lie further out.
    """
    kind = rng.random()
    crisp, enlarged = kind < 0.1, kind > 0.8
    gain = np.exp(rng.normal((0.015, 0, -0.03), 0.025) + rng.normal(0, 0.07))  # whites come out warm
    lift = rng.normal((-0.022, -0.004, 0.0), (0.015, 0.006, 0.006)) + rng.normal(-0.003, 0.008)
    return Sensor(
        blur=float(rng.uniform(0.5, 1.0) if crisp else rng.uniform(1.3, 1.9) if enlarged else rng.normal(1.2, 0.03)),
        halo=float(rng.uniform(0.3, 1.2) if crisp else rng.uniform(1.2, 2.2) if enlarged else rng.uniform(0.6, 1.5)),
        halo_radius=float(rng.uniform(2.5, 4.0) if enlarged else rng.uniform(1.9, 2.4)),
        bleed=float(rng.uniform(2.5, 4.5)),
        noise=float(rng.uniform(1, 6) if crisp else math.exp(rng.normal(math.log(6.4), 0.35))),
        color_noise=float(math.exp(rng.normal(math.log(0.9), 0.35))),
        gain=(float(gain[0]), float(gain[1]), float(gain[2])),
        lift=(float(lift[0]), float(lift[1]), float(lift[2])),
        gamma=float(math.exp(rng.normal(0, 0.08))),
    )


def _mottling(detail: Field, amount: float, rng: np.random.Generator) -> Field:
    """Independent noise of the color bands, (h, w, 3), whose pixels are four times larger; more where detail is."""
    high, wide = detail.shape
    size = (wide // 4, high // 4)
    local = softened(np.asarray(cv2.resize(np.abs(detail), size, interpolation=cv2.INTER_AREA), np.float32), 2)
    strength = local * np.float32(_FLICKER) + np.float32(amount / 255)
    coarse = rng.standard_normal((size[1], size[0], 3), dtype=np.float32)
    coarse *= strength[:, :, None] * np.array([0.6, 0.4, 1.2], np.float32)
    return np.asarray(cv2.resize(coarse, (wide, high), interpolation=cv2.INTER_CUBIC), np.float32)


def expose(canvas: Field, sensor: Sensor, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Turn display values (h, w, 3) into the 8-bit image (h, w, 3) the sensor would deliver."""
    image = np.clip(canvas, 0, 1)
    if sensor.gamma != 1:
        image = np.asarray(cv2.pow(image, sensor.gamma), np.float32)
    for band in range(3):
        level = image[:, :, band]
        level *= np.float32(sensor.gain[band])
        level += np.float32(sensor.lift[band])
    # Fine detail, grain included, is the panchromatic band's; each color is that band times the coarse band's share.
    # So a bright hull lends its hue to the dark sea round it for as far as its light dominates the coarse pixels there.
    bright = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)
    np.clip(image, 0, None, out=image)
    image = softened(image, math.hypot(sensor.blur, sensor.bleed))
    coarse = np.maximum(np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32), np.float32(_DARKEST))
    bright += white(rng) * np.float32(sensor.noise / 255)
    bright = softened(bright, sensor.blur)
    detail = bright - softened(bright, sensor.halo_radius)
    bright += np.float32(sensor.halo) * detail
    share = np.clip(bright, 0, None) / coarse
    image *= cv2.merge([share, share, share])
    image += _mottling(detail, sensor.color_noise, rng)
    tint = np.float32(0.5 / 255)
    image += cv2.merge([tint - np.float32(0.03) * detail, np.full_like(detail, tint), tint + np.float32(0.06) * detail])
    image *= np.float32(255)
    return np.asarray(np.clip(image, 0, 255, out=image), np.uint8)


def encode_jpeg(image: NDArray[np.uint8]) -> bytes:
    """Compress an RGB image (h, w, 3) as the real ones were: with 4:2:0 chroma, and twice."""
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, scene = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, ARCHIVED])
    stored = np.asarray(cv2.imdecode(scene, cv2.IMREAD_COLOR), np.uint8)
    _, data = cv2.imencode(".jpg", stored, [cv2.IMWRITE_JPEG_QUALITY, DELIVERED])
    return data.tobytes()
