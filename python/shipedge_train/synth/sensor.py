"""From the painted scene to the file: haze is above, here are optics, sharpening, noise and JPEG."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from shipedge_train.synth.noise import Field, softened, white


@dataclass(frozen=True, slots=True)
class Sensor:
    """One camera and its processing chain.

    Attributes:
        blur: Standard deviation of the point spread, pixels.
        halo: Amount of unsharp masking; draws the thin dark rings around bright ships.
        halo_radius: Standard deviation of the mask, pixels.
        noise: Standard deviation before the blur, 8-bit steps; the blur makes it the grain of the real pictures.
        gain: Contrast of each channel (3,).
        lift: Offset of each channel (3,), negative crushes the dark end as real deep-sea pictures show.
        gamma: Exponent of the tone curve.
        quality: JPEG quality.
    """

    blur: float
    halo: float
    halo_radius: float
    noise: float
    gain: tuple[float, float, float]
    lift: tuple[float, float, float]
    gamma: float
    quality: int


def sample_sensor(rng: np.random.Generator) -> Sensor:
    """Draw a camera: mostly soft and sharpened afterwards, one in seven crisp and grainy."""
    crisp = rng.random() < 0.15
    blur = rng.uniform(0.3, 0.65) if crisp else rng.uniform(0.85, 1.3)
    gain = np.exp(rng.normal((0.015, 0, -0.03), 0.025) + rng.normal(0, 0.07))  # whites come out warm
    lift = rng.normal((-0.022, -0.004, 0.0), (0.015, 0.006, 0.006)) + rng.normal(-0.003, 0.008)
    return Sensor(
        blur=float(blur),
        halo=float(rng.uniform(0.3, 0.8) if crisp else rng.uniform(0.5, 1.6)),
        halo_radius=float(rng.uniform(1.2, 2.4)),
        noise=float(rng.uniform(1, 5) if crisp else math.exp(rng.normal(math.log(4.5), 0.35))),
        gain=(float(gain[0]), float(gain[1]), float(gain[2])),
        lift=(float(lift[0]), float(lift[1]), float(lift[2])),
        gamma=float(math.exp(rng.normal(0, 0.08))),
        quality=95 if rng.random() < 0.7 else int(rng.integers(75, 97)),
    )


def expose(canvas: Field, sensor: Sensor, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Turn display values (h, w, 3) into the 8-bit picture (h, w, 3) the sensor would deliver."""
    picture = np.clip(canvas, 0, 1)
    if sensor.gamma != 1:
        picture = np.asarray(cv2.pow(picture, sensor.gamma), np.float32)
    # Grain of the channels is nearly the same: the colour bands are sharpened with one panchromatic band.
    grain = white(rng)
    grain *= np.float32(sensor.noise / 255)
    own = np.roll(grain, (257, 331), (0, 1)) * np.float32(0.3)
    cv2.add(picture, cv2.merge([grain + own, grain, grain - own]), dst=picture)
    picture = softened(picture, sensor.blur)
    soft = softened(picture, sensor.halo_radius)
    cv2.addWeighted(picture, 1 + sensor.halo, soft, -sensor.halo, 0, dst=picture)
    for band in range(3):
        level = picture[:, :, band]
        level *= np.float32(255 * sensor.gain[band])
        level += np.float32(255 * sensor.lift[band] + 0.5)
    return np.asarray(np.clip(picture, 0, 255, out=picture), np.uint8)


def encode_jpeg(picture: NDArray[np.uint8], quality: int) -> bytes:
    """Compress an RGB picture (h, w, 3) with 4:2:0 chroma."""
    _, data = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()
