"""Pixels of any depth -> 8 bits, where it is known what is black and what is white."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from shipedge.errors import ConfigError, ImageError

__all__ = ["Levels", "Stretch", "apply_levels", "find_levels", "parse_stretch", "to_8_bits"]

Stretch = Literal["auto"] | tuple[float, float]
"""Values that become black and white, or "auto": those that 1 in 1,000 of the image's values lie below, and above."""

Levels = tuple[float, float] | None
"""Values that become black and white; None: the upper eight bits of 16."""

_SHARE = 0.1  # percent
_DARK = 1 << 14
"""Of 16 bits: where all but 1 in 1,000 values lie below a quarter, sensors of 10 to 14 bits and reflectances scaled by
10,000 are as likely as an image that is so dark, and their upper eight bits show no ship."""
_ADVICE = "say which values are black and white: --stretch LOW,HIGH, or --stretch auto"
_ENOUGH = 1 << 22  # values that percentiles are taken of
_STRIP = 1 << 18  # values that are converted at a time
_FILLS = (0, 65535, -9999, -32767, -32768, -2147483648)
"""What is written where there is no measurement; no limits are taken from them."""
_FARTHEST = 1e30  # floating point has fills beyond


def parse_stretch(text: str) -> Stretch:
    """The value of `--stretch`: auto, or LOW,HIGH as numbers. Raises ConfigError."""
    if text == "auto":
        return "auto"
    try:
        low, high = map(float, text.split(","))
    except ValueError:
        low = high = math.nan
    if not -_FARTHEST < low < high < _FARTHEST:  # NaN neither
        raise ConfigError(f"stretch is {text!r}, expected auto or two numbers LOW,HIGH with LOW below HIGH")
    return low, high


def to_8_bits(
    pixels: NDArray[Any], name: str, stretch: Stretch | None, nodata: float | None = None
) -> NDArray[np.uint8]:
    """Values of any type -> uint8 of the same shape; those that are 8 bits already stay as they are.

    Args:
        pixels: (height, width[, channels]).
        name: for messages.
        stretch: what becomes black and white. None: the upper eight bits of 16, where all of them are used.
        nodata: the value that the file writes where nothing was measured; it becomes black.

    Raises:
        ImageError: without `stretch`, values whose black and white would be a guess; with it, a range that nearly all
            values lie outside of; values that are not numbers.
    """
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return np.asarray(pixels * np.uint8(255), np.uint8)
    return apply_levels(pixels, find_levels(pixels, name, stretch, nodata), nodata)


def find_levels(pixels: NDArray[Any], name: str, stretch: Stretch | None, nodata: float | None = None) -> Levels:
    """What becomes black and white, by the values of an image or of a sample of them; arguments as `to_8_bits`.

    Raises:
        ImageError: as `to_8_bits`.
    """
    if stretch is None and pixels.dtype == np.uint16 and not pixels.any():
        return None
    measured = _measured(pixels, name, nodata)
    if stretch is None:
        _refuse_guess(measured, name)
        return None
    if stretch == "auto":
        return _span(measured)
    _refuse_range(measured, *stretch, name)
    return stretch


def apply_levels(pixels: NDArray[Any], levels: Levels, nodata: float | None = None) -> NDArray[np.uint8]:
    """Values of any type -> uint8 of the same shape; what `nodata` stands for becomes black."""
    if levels is None:
        return _by_strips(pixels, lambda values: np.where(values == nodata, 0, values >> 8))
    low, high = levels
    if high <= low:  # one value everywhere
        return np.zeros(pixels.shape, np.uint8)
    if pixels.dtype == np.uint16:
        table = _map(np.arange(1 << 16, dtype=np.float64), low, high, nodata)
        return _by_strips(pixels, lambda values: table[values])
    return _by_strips(pixels, lambda values: _map(values.astype(np.float64), low, high, nodata))


def _by_strips(pixels: NDArray[Any], convert: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[np.uint8]:
    """Every value converted, some at a time: a scene in float64, or as indices, takes gigabytes."""
    mapped = np.empty(pixels.shape, np.uint8)
    values, out = pixels.reshape(-1), mapped.reshape(-1)
    for start in range(0, values.size, _STRIP):
        out[start : start + _STRIP] = convert(values[start : start + _STRIP])
    return mapped


def _measured(pixels: NDArray[Any], name: str, nodata: float | None) -> NDArray[Any]:
    """Some values, without fills where there are others."""
    flat = pixels.reshape(-1)
    some = flat[:: max(flat.size // _ENOUGH, 1) | 1]  # an odd step meets all three channels
    some = some[np.isfinite(some)]
    if not some.size:
        raise ImageError(name, "no pixel has a value that is a number", "depth")
    fills = _FILLS if nodata is None else (*_FILLS, nodata)
    real = some[(np.abs(some.astype(np.float64)) < _FARTHEST) & ~np.isin(some.astype(np.float64), fills)]
    return np.asarray(real if real.size else some)


def _span(measured: NDArray[Any]) -> tuple[float, float]:
    """What 1 in 1,000 values lie below, and above; where nearly all are one value, the least and the most."""
    low, high = np.percentile(measured, [_SHARE, 100 - _SHARE]).tolist()
    return (low, high) if low < high else (float(measured.min()), float(measured.max()))


def _refuse_guess(measured: NDArray[Any], name: str) -> None:
    low, high = measured.min(), measured.max()
    if measured.dtype != np.uint16:
        raise ImageError(name, f"pixels are {measured.dtype}, values from {low:g} to {high:g}: {_ADVICE}", "depth")
    bright = float(np.percentile(measured, 100 - _SHARE))
    if bright < _DARK:
        text = f"16 bits a value, but nearly all values are below {bright + 1:.0f}, so it would be black"
        raise ImageError(name, f"{text}; {_ADVICE}", "depth")


def _refuse_range(measured: NDArray[Any], low: float, high: float, name: str) -> None:
    """Raise ImageError where a stretch would make the whole image black or white."""
    for clipped, what in ((measured >= high, f"above {high:g}"), (measured <= low, f"below {low:g}")):
        share = float(clipped.mean()) * 100
        if share > 100 - _SHARE:
            span = f"from {measured.min():g} to {measured.max():g}"
            raise ImageError(
                name, f"{share:.4g} % of its values are {what} (they lie {span}): another --stretch", "depth"
            )


def _map(values: NDArray[np.float64], low: float, high: float, nodata: float | None) -> NDArray[np.uint8]:
    inside = np.clip(np.nan_to_num(values, nan=low), low, high)
    mapped = np.asarray(np.rint((inside - low) * 255 / (high - low)), np.uint8)
    if nodata is not None:
        mapped[values == nodata] = 0
    return mapped
