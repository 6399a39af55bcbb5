"""What an image or a crop of one looks like, in numbers that have a name."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Numbers = dict[str, float]

_TINY = 1e-6
_OCTAVES = ((0.35, 0.71), (0.25, 0.35), (0.177, 0.25), (0.125, 0.177), (0.0625, 0.125), (0.03125, 0.0625))
_QUALITY_50 = 3688.0  # sum of the luma table of the JPEG standard (annex K), which encoders scale


@functools.cache
def _bands(side: int) -> tuple[NDArray[np.bool_], ...]:
    """Where each octave of `_OCTAVES` (cycles per pixel) lies in a (side, side // 2 + 1) half spectrum."""
    radius = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    return tuple((radius >= low) & (radius < high) for low, high in _OCTAVES)


def spectrum(luma: Floats) -> list[float]:
    """Natural logarithm of the mean power in each octave, finest first, of a square field of 8-bit values."""
    side = min(luma.shape)
    window = np.hanning(side).astype(np.float32)
    field = (luma[:side, :side] - luma[:side, :side].mean()) * window[:, None] * window[None, :]
    power = np.abs(np.fft.rfft2(field)) ** 2 / float((window**2).sum()) ** 2
    return [float(np.log(power[band].mean() + 1e-3)) for band in _bands(side)]


def _gradient(luma: Floats, name: str) -> Numbers:
    """Quantiles of the gradient magnitude (central differences), 8-bit steps per pixel."""
    dx, dy = cv2.Sobel(luma, cv2.CV_32F, 1, 0, ksize=1), cv2.Sobel(luma, cv2.CV_32F, 0, 1, ksize=1)
    steep = cv2.magnitude(dx, dy) / 2
    middle, high, top = np.percentile(steep, (50, 90, 99))
    return {
        f"gradient {name} p50": float(middle),
        f"gradient {name} p90": float(high),
        f"gradient {name} p99": float(top),
    }


def _moments(field: Floats) -> tuple[float, float, float]:
    """Standard deviation, skewness and excess kurtosis."""
    away = field - field.mean()
    std = float(away.std()) + 0.05  # a constant field has neither skew nor tails
    scaled = np.clip(away / std, -12, 12)
    return std, float((scaled**3).mean()), float((scaled**4).mean())


def blockiness(luma: Floats) -> float:
    """How much steeper the borders of 8x8 JPEG blocks are than the steps between them; 1 where they do not show.

    The field has to begin at a multiple of 8 of the file's pixels.
    """
    ratios = []
    for field in (luma, luma.T):
        steps = np.abs(np.diff(field, axis=1)).mean(axis=0)
        border = np.arange(len(steps)) % 8 == 7
        ratios.append((float(steps[border].mean()) + 0.1) / (float(steps[~border].mean()) + 0.1))
    return sum(ratios) / 2


def describe(pixels: NDArray[np.uint8]) -> Numbers:
    """Color, contrast, sharpness, grain, spectrum and flatness of (h, w, 3) uint8 RGB, at least 64 px a side."""
    color = pixels.astype(np.float32)
    luma = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)
    mean, std = cv2.meanStdDev(color)
    numbers: Numbers = {}
    for band, name in enumerate(("red", "green", "blue")):
        numbers[f"{name} mean"], numbers[f"{name} std"] = float(mean[band, 0]), float(std[band, 0])
    numbers["red - green"] = numbers["red mean"] - numbers["green mean"]
    numbers["blue - green"] = numbers["blue mean"] - numbers["green mean"]
    top, low = color.max(axis=2), color.min(axis=2)
    saturation = (top - low) / (top + 8)  # the 8 keeps noise in the dark from counting as color
    numbers["saturation mean"], numbers["saturation std"] = float(saturation.mean()), float(saturation.std())
    for share in (1, 50, 99):
        numbers[f"luma p{share}"] = float(np.percentile(luma, share))
    half = np.asarray(cv2.resize(luma, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
    quarter = np.asarray(cv2.resize(half, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
    for field, name in ((luma, "1:1"), (half, "1:2"), (quarter, "1:4")):
        numbers |= _gradient(field, name)
    fine = luma - cv2.GaussianBlur(luma, (0, 0), 1.0)
    broad = cv2.GaussianBlur(luma, (0, 0), 1.0) - cv2.GaussianBlur(luma, (0, 0), 4.0)
    for field, name in ((np.asarray(fine, np.float32), "fine"), (np.asarray(broad, np.float32), "broad")):
        spread, skew, tails = _moments(field)
        numbers |= {f"{name} detail": spread, f"{name} skew": skew, f"{name} tails": tails}
    grain = color - cv2.GaussianBlur(color, (0, 0), 2.0)
    red, green, blue = (grain[:, :, band].ravel() for band in range(3))
    for one, other, name in ((red, green, "red-green"), (green, blue, "green-blue")):
        numbers[f"grain {name} correlation"] = float((one * other).mean() / (one.std() * other.std() + 0.05))
        numbers[f"grain {name} ratio"] = float(np.log((one.std() + 0.2) / (other.std() + 0.2)))
    octaves = spectrum(luma)
    for level, (_, high) in zip(octaves, _OCTAVES, strict=True):
        numbers[f"power {1 / high:.1f} px"] = level
    for k in range(len(octaves) - 1):
        numbers[f"slope {1 / _OCTAVES[k][0]:.0f} px"] = octaves[k + 1] - octaves[k]
    side = (pixels.shape[0] // 8 * 8, pixels.shape[1] // 8 * 8)
    blocks = luma[: side[0], : side[1]].reshape(side[0] // 8, 8, side[1] // 8, 8)
    local = blocks.std(axis=(1, 3))
    numbers["local contrast p10"], numbers["local contrast p50"], numbers["local contrast p90"] = (
        float(value) for value in np.percentile(local, (10, 50, 90))
    )
    numbers["flat share"] = float((local < 1).mean())
    numbers["dark share"], numbers["bright share"] = float((luma < 20).mean()), float((luma > 200).mean())
    numbers["blockiness"] = blockiness(luma)
    return numbers


def jpeg_quality(data: bytes) -> float | None:
    """Quality of a JPEG file from the sum of its luma table on the usual 1..100 scale; None where there is none."""
    at = 2
    while data[:2] == b"\xff\xd8" and at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xDB and data[at + 4] == 0:
            table = data[at + 5 : at + 69]
            scale = 100 * (sum(table) / _QUALITY_50) if len(table) == 64 else 0.0
            return None if scale <= 0 else 100 - scale / 2 if scale <= 100 else 5000 / scale
        at += 2 + max(size, 2)
    return None
