"""Fast random fields: every function gives a (768, 768) float32 field of mean 0 and standard deviation near 1.

Two sources. `waves` filters fresh white noise in the frequency domain, one transform per call. `fractal` cuts a
turned and stretched window out of a few large tiles made once per process: cheap, and nobody sees that clouds of
two scenes come from one tile. The tiles have their own fixed seed, so a scene depends on its own generator only.
"""

from __future__ import annotations

import functools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]

SIZE = 768
_BANK = 1024
_TILES = 3
_EXPONENTS = (1.2, 1.8, 2.4, 3.0)  # Each is three tiles of 4 MB and 0.2 s: the nearest one serves.


def to_unit(field: NDArray[np.floating]) -> Field:
    """Shift and scale to mean 0, standard deviation 1 (a constant field becomes 0)."""
    mean, std = cv2.meanStdDev(np.asarray(field, np.float32))
    return np.asarray((field - mean[0, 0]) / max(float(std[0, 0]), 1e-6), np.float32)


@functools.cache
def _bank(exponent: float) -> tuple[Field, ...]:
    """Tileable (1024, 1024) fields with a power spectrum of 1 / k^exponent."""
    rng = np.random.default_rng([20180731, round(exponent * 1000)])
    ky = np.fft.fftfreq(_BANK)[:, None]
    kx = np.fft.rfftfreq(_BANK)[None, :]
    k = np.hypot(kx, ky)
    k[0, 0] = 1
    # Below four periods a tile one pattern would dominate every cut.
    amplitude = (np.maximum(k, 4 / _BANK) ** (-exponent / 2)).astype(np.float32)
    amplitude[0, 0] = 0
    fields = []
    for _ in range(_TILES):
        white = np.fft.rfft2(rng.standard_normal((_BANK, _BANK), dtype=np.float32))
        fields.append(to_unit(np.fft.irfft2(white * amplitude, s=(_BANK, _BANK))))
    return tuple(fields)


def fractal(
    rng: np.random.Generator,
    exponent: float = 2.4,
    zoom: float = 1.0,
    stretch: float = 1.0,
    angle: float | None = None,
) -> Field:
    """Cut a self-similar field, (768, 768).

    Args:
        rng: The scene's generator.
        exponent: Slope of the power spectrum: 1.2 is grainy, 2.4 like cloud, 3 like hills.
        zoom: Above 1 shows larger and fewer features.
        stretch: How much longer features are along `angle` than across it.
        angle: Direction of the stretch in radians; random when None.
    """
    known = min(_EXPONENTS, key=lambda have: abs(have - exponent))
    tiles = _bank(known)
    # Smooth fields hold next to nothing at two pixels: a quarter of the points gives the same image.
    step = 2 if known >= 1.8 else 1
    tile = tiles[int(rng.integers(len(tiles)))]
    turn = float(rng.uniform(-math.pi, math.pi))
    theta = turn if angle is None else angle
    cos, sin = math.cos(theta), math.sin(theta)
    along, across = step / (zoom * stretch), step / zoom
    if angle is not None and rng.random() < 0.5:
        across = -across
    # Maps image coordinates to tile coordinates: rotate onto the stretch axis, then scale.
    matrix = np.array([[along * cos, along * sin, 0], [-across * sin, across * cos, 0]], np.float64)
    matrix[:, 2] = rng.uniform(0, _BANK, 2)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    field = cv2.warpAffine(tile, matrix, (SIZE // step, SIZE // step), flags=flags, borderMode=cv2.BORDER_WRAP)
    if step > 1:
        field = cv2.resize(field, (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    return np.asarray(field, np.float32)


@functools.cache
def _grid() -> tuple[Field, Field, Field]:
    """log2 of the wave number (cycles per pixel), cos and sin of twice its direction, each (768, 385)."""
    ky = np.fft.fftfreq(SIZE)[:, None]
    kx = np.fft.rfftfreq(SIZE)[None, :]
    k = np.hypot(kx, ky)
    k[0, 0] = 1e-6
    theta = np.arctan2(ky, kx)
    octave = np.log2(k)
    return octave.astype(np.float32), np.cos(2 * theta).astype(np.float32), np.sin(2 * theta).astype(np.float32)


def wave_band(wavelength: float, direction: float, focus: float, below: float, above: float) -> Field:
    """Amplitude of one wave system, (768, 385) with unit energy.

    Args:
        wavelength: Of the peak, pixels.
        direction: In which the waves travel, radians.
        focus: 0 is the same in all directions, 8 nearly parallel crests.
        below: Width towards longer waves, octaves (standard deviation).
        above: Width towards shorter waves, octaves.
    """
    octave, cos2, sin2 = _grid()
    away = octave + math.log2(wavelength)
    away *= np.where(away > 0, np.float32(1 / above), np.float32(1 / below))
    exponent = -0.5 * away * away
    exponent += (0.5 * focus) * (cos2 * math.cos(2 * direction) + sin2 * math.sin(2 * direction) - 1)
    amplitude = np.exp(exponent, dtype=np.float32)
    return amplitude * np.float32(1 / math.sqrt(float(np.vdot(amplitude, amplitude)) + 1e-12))


def waves(rng: np.random.Generator, amplitude: Field) -> Field:
    """Random-phase field with the given (768, 385) amplitude spectrum, standard deviation 1."""
    white = rng.standard_normal((SIZE, SIZE // 2 + 1, 2), dtype=np.float32).view(np.complex64)[:, :, 0]
    return to_unit(np.fft.irfft2(white * amplitude, s=(SIZE, SIZE)))


def white(rng: np.random.Generator) -> Field:
    """White noise, (768, 768)."""
    return rng.standard_normal((SIZE, SIZE), dtype=np.float32)


def smoothstep(field: Field, low: float, high: float) -> Field:
    """0 below `low`, 1 above `high`, a smooth S between."""
    t = np.clip((field - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def shifted(field: Field, dx: float, dy: float) -> Field:
    """Move a field by (dx, dy) pixels, mirrored at the borders, same shape."""
    matrix = np.array([[1, 0, -dx], [0, 1, -dy]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(field, matrix, field.shape[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.float32)


def softened(field: Field, sigma: float) -> Field:
    """Gaussian blur of a field or image, standard deviation `sigma` pixels, same shape."""
    return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma), np.float32)


def scale(canvas: Field, factor: Field) -> None:
    """Multiply all channels of `canvas` (768, 768, 3) by `factor` (768, 768) in place."""
    cv2.multiply(canvas, cv2.merge([factor, factor, factor]), dst=canvas)


def blend(canvas: Field, color: NDArray[np.float32] | Field, weight: Field) -> None:
    """Mix a color (3,) or image (768, 768, 3) into `canvas` in place, `weight` (768, 768) in 0..1."""
    weights = cv2.merge([weight, weight, weight])
    # A color becomes an OpenCV scalar, which its type stubs do not know as an operand.
    other = (*color.tolist(), 0.0) if color.ndim == 1 else color
    change = cv2.subtract(other, canvas)  # type: ignore[arg-type]
    cv2.multiply(change, weights, dst=change)
    cv2.add(canvas, change, dst=canvas)
