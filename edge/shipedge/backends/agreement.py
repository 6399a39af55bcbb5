"""Does an accelerator say what the CPU says? Asked on an image with ships that comes with the package."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from shipedge.backends.base import Model
from shipedge.bundle import ModelFile, Models, Thresholds
from shipedge.images import decode_image
from shipedge.tiling import cut_window

__all__ = ["disagreement", "milliseconds", "sample_windows"]

_SAMPLE = "s77-000064.jpg"
_SHIP = (386, 291)
"""Row and column of the middle of a ship in it."""
_NEAR = 8
"""Steps of 1/256 by which a value may differ: float16 on a GPU was at most 2 off, int8 models that run as float 7."""
_FAR = 0.001
"""Share of values that may differ by more, where a steep edge of the network doubles an error of rounding."""
_FLIPPED = 0.01
"""Share of the pixels or cells above the threshold that may fall on its other side, those near it aside."""
_ROUNDS = 5

Pixels = NDArray[np.uint8]


@cache
def _sample() -> Pixels:
    return decode_image(resources.files("shipedge").joinpath("samples", _SAMPLE).read_bytes(), _SAMPLE)


def sample_windows(file: ModelFile) -> list[Pixels]:
    """What the model is asked: a window around a ship, and its negative, which the answer to the first does not fit."""
    pixels = _sample()
    height, width = file.input[1:3]
    side = max(height, width)
    top, left = (min(max(middle - side // 2, 0), 768 - min(side, 768)) for middle in _SHIP)
    window = np.ascontiguousarray(cut_window(pixels, top, left, side)[:height, :width])
    return [window, 255 - window]


def disagreement(
    files: Models, cpu: Sequence[Model], other: Sequence[Model], thresholds: Thresholds
) -> tuple[str, list[float]]:
    """Where the answers differ, or "" where they agree; and the seconds of the first call of each of `other`.

    Compared are all values, and the presence cells and pixels of the mask that the thresholds make of them. Both sides
    run the same files: two precisions of one network differ by more than two devices.

    Raises:
        BackendError: a model failed.
    """
    seconds = []
    levels = [thresholds.cell, thresholds.pixel, None]
    for file, here, there, threshold in zip(files, cpu, other, levels, strict=False):
        windows = sample_windows(file)
        expected = np.stack([here(window) for window in windows]).astype(int)
        start = perf_counter()
        first = there(windows[0])
        seconds.append(perf_counter() - start)
        found = np.stack([first, *(there(window) for window in windows[1:])]).astype(int)
        if says := _difference(expected, found, threshold):
            return f"wrong answers: {file.name} {says}", seconds
    return "", seconds


def _difference(expected: NDArray[np.int_], found: NDArray[np.int_], threshold: float | None) -> str:
    off = np.abs(expected - found)
    far = int((off > _NEAR).sum())
    if far > _FAR * off.size:
        return f"differs from the CPU in {far:,} of {off.size:,} values by up to {off.max()}/256"
    if threshold is None:
        return ""
    level = threshold * 256
    above = expected >= level
    flipped = int(((above != (found >= level)) & (np.abs(expected - level) > _NEAR)).sum())
    if flipped > _FLIPPED * max(int(above.sum()), 1):
        return f"puts {flipped:,} of {int(above.sum()):,} values on the other side of the threshold than the CPU"
    return ""


def milliseconds(*sides: tuple[Models, Sequence[Model]]) -> list[float]:
    """One call of each model, in turns with the other sides so that what else the machine does hits all alike.

    Args:
        sides: the files of each side and its models, which have been called before.

    Returns:
        The sum of the shortest calls of each side.
    """
    totals = [0.0] * len(sides)
    for pairs in zip(*(zip(files, models, strict=True) for files, models in sides), strict=True):
        windows = [np.zeros(file.input[1:], np.uint8) for file, _ in pairs]
        best = [float("inf")] * len(sides)
        for _ in range(_ROUNDS):
            for k, (_, model) in enumerate(pairs):
                start = perf_counter()
                model(windows[k])
                best[k] = min(best[k], perf_counter() - start)
        totals = [total + 1e3 * least for total, least in zip(totals, best, strict=True)]
    return totals
