"""Pixels of any depth -> 8 bits, where it is known what is black and what is white."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ConfigError, ImageError

__all__ = ["Stretch", "parse_stretch", "to_8_bits"]

Stretch = Literal["auto"] | tuple[float, float]
"""Values that become black and white, or "auto": those that 1 in 1,000 of the image's values lie below, and above."""

_SHARE = 0.1  # percent
_DARK = 1 << 14
"""Of 16 bits: where all but 1 in 1,000 values lie below a quarter, sensors of 10 to 14 bits and reflectances scaled by
10,000 are as likely as an image that is so dark, and their upper eight bits show no ship."""
_ADVICE = "say which values are black and white: --stretch LOW,HIGH, or --stretch auto"
_ENOUGH = 1 << 22  # values that percentiles are taken of


def parse_stretch(text: str) -> Stretch:
    """The value of `--stretch`: auto, or LOW,HIGH as numbers. Raises ConfigError."""
    if text == "auto":
        return "auto"
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        low = high = math.nan
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ConfigError(f"stretch is {text!r}, expected auto or two numbers LOW,HIGH with LOW below HIGH")
    return low, high


def to_8_bits(pixels: NDArray[Any], name: str, stretch: Stretch | None) -> NDArray[np.uint8]:
    """Values of any type -> uint8 of the same shape; those that are 8 bits already stay as they are.

    Args:
        pixels: (height, width[, channels]).
        name: for messages.
        stretch: what becomes black and white. None: the upper eight bits of 16, where all of them are used.

    Raises:
        ImageError: without `stretch`, values whose black and white would be a guess; values that are not numbers.
    """
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return np.asarray(pixels * np.uint8(255), np.uint8)
    if stretch is None:
        return _upper_bits(pixels, name)
    low, high = _limits(pixels, name) if stretch == "auto" else stretch
    if high <= low:  # one value everywhere
        return np.zeros(pixels.shape, np.uint8)
    if pixels.dtype == np.uint16:
        values = np.arange(1 << 16, dtype=np.float64)
        return np.asarray(_map(values, low, high)[pixels], np.uint8)
    mapped = np.empty(pixels.shape, np.uint8)
    for row, out in zip(pixels, mapped, strict=True):  # row by row: a scene in float64 takes gigabytes
        out[...] = _map(row.astype(np.float64), low, high)
    return mapped


def _upper_bits(pixels: NDArray[Any], name: str) -> NDArray[np.uint8]:
    if pixels.dtype != np.uint16:
        finite = pixels[np.isfinite(pixels)]
        span = f"from {finite.min():g} to {finite.max():g}" if finite.size else "that are not numbers"
        raise ImageError(name, f"pixels are {pixels.dtype}, values {span}: {_ADVICE}", "depth")
    if pixels.max(initial=0):
        bright = float(np.percentile(_some(pixels), 100 - _SHARE))
        if bright < _DARK:
            raise ImageError(
                name,
                f"of 16 bits nearly all values are up to {bright:.0f}, which looks black to us: {_ADVICE}",
                "depth",
            )
    return np.asarray(pixels >> 8, np.uint8)


def _limits(pixels: NDArray[Any], name: str) -> tuple[float, float]:
    some = _some(pixels)
    some = some[np.isfinite(some)]
    if not some.size:
        raise ImageError(name, "no pixel has a value that is a number", "depth")
    low, high = np.percentile(some, [_SHARE, 100 - _SHARE]).tolist()
    return low, high


def _some(pixels: NDArray[Any]) -> NDArray[Any]:
    flat = pixels.reshape(-1)
    return flat[:: max(flat.size // _ENOUGH, 1) | 1]  # an odd step meets all three channels


def _map(values: NDArray[np.float64], low: float, high: float) -> NDArray[np.uint8]:
    inside = np.clip(np.nan_to_num(values, nan=low), low, high)
    return np.asarray(np.rint((inside - low) * 255 / (high - low)), np.uint8)
