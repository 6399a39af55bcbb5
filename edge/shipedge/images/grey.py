"""Grey -> three equal channels, in three times the memory of the grey and not four: scenes have 100 MB of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["make_room", "spread"]

_STRIP = 1 << 18  # values, which a processor's cache holds


def make_room(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(height, width, 3) that holds the grey (height, width) in its last third: the caller drops it, then `spread`."""
    room = np.empty((*grey.shape, 3), np.uint8)
    room.reshape(-1)[2 * grey.size :] = grey.reshape(-1)
    return room


def spread(room: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What `make_room` returns, in place -> the grey three times in every pixel."""
    pixels, grey = room.reshape(-1, 3), room.reshape(-1)[2 * (room.size // 3) :]
    for start in range(0, grey.size, _STRIP):
        strip = grey[start : start + _STRIP].copy()  # no pixel is written over grey that is still to be read
        for channel in range(3):
            pixels[start : start + _STRIP, channel] = strip
    return room
